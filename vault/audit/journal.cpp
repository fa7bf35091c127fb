#include "vault/audit/journal.hpp"

#include <exception>

#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

AccessPermit::AccessPermit(AccessJournal& journal, AccessSubject subject, std::uint64_t intent,
                           const Activity& activity)
    : x_journal(journal),
      x_activity(activity),
      x_subject(std::move(subject)),
      x_intent(intent),
      x_exceptions(std::uncaught_exceptions()) {}

AccessPermit::~AccessPermit() {
  x_journal.end(*this, std::uncaught_exceptions() > x_exceptions);
}

AccessJournal::AccessJournal(AccessLogPlace place, const LogKey& key, std::vector<Auditor> auditors,
                             AccessActor actor, std::chrono::milliseconds wait)
    : x_clock(place.clock),
      x_log(std::move(place), key, std::move(auditors)),
      x_actor(std::move(actor)),
      x_wait(wait) {}

AccessJournal::~AccessJournal() {
  if (x_waiting.empty()) return;
  try {
    x_log.leave(x_waiting, x_wait, Unattended());
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the intents are there
  }
}

AccessRecord AccessJournal::record_of(const AccessSubject& subject, AccessStage stage) const {
  AccessRecord record;
  record.time = std::max<UnixSeconds>(x_clock.now(), 0);
  record.act = subject.act;
  record.stage = stage;
  record.member = x_actor.member;
  record.user = x_actor.user;
  record.collection = subject.collection;
  record.snapshot = subject.snapshot;
  // Nothing that is stored has a longer one.
  record.path = subject.path.substr(0, limits::path_bytes_max);
  record.detail = subject.detail;
  record.purpose = x_actor.purpose;
  return record;
}

std::uint64_t AccessJournal::write(std::span<const AccessRecord> records,
                                   const Activity& activity) {
  try {
    return x_log.append(records, x_wait, activity);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::io) throw;
    throw Error(
        ErrorCode::io,
        "the access log cannot be written, so nothing is done: " + std::string(error.what()),
        "make room, or make the vault's folder 'access' writable");
  }
}

std::uint64_t AccessJournal::append(AccessRecord record, const Activity& activity) {
  std::vector<AccessRecord> records = x_waiting;
  records.push_back(std::move(record));
  const std::uint64_t first = write(records, activity);
  x_waiting.clear();
  return first + records.size() - 1;
}

std::shared_ptr<AccessPermit> AccessJournal::begin(AccessSubject subject,
                                                   const Activity& activity) {
  const std::uint64_t intent = append(record_of(subject, AccessStage::intent), activity);
  return std::shared_ptr<AccessPermit>(
      new AccessPermit(*this, std::move(subject), intent, activity));
}

void AccessJournal::event_with_next(AccessSubject subject, AccessOutcome outcome) {
  AccessRecord record = record_of(subject, AccessStage::event);
  record.outcome = outcome;
  x_waiting.push_back(std::move(record));
}

void AccessJournal::event(AccessSubject subject, AccessOutcome outcome, const Activity& activity) {
  AccessRecord record = record_of(subject, AccessStage::event);
  record.outcome = outcome;
  static_cast<void>(append(std::move(record), activity));
}

void AccessJournal::follow(const AccessFollows& known, AccessSubject subject,
                           const Activity& activity) {
  AccessRecord record = record_of(subject, AccessStage::event);
  record.outcome = AccessOutcome::ok;
  x_log.append(known, record, x_wait, activity);
}

void AccessJournal::flush(const Activity& activity) {
  if (x_waiting.empty()) return;
  static_cast<void>(write(x_waiting, activity));
  x_waiting.clear();
}

void AccessJournal::end(const AccessPermit& permit, bool failed) noexcept {
  AccessRecord record = record_of(permit.x_subject, AccessStage::done);
  // What is said in the intent is not said again.
  record.path.clear();
  record.detail.clear();
  record.purpose.clear();
  record.intent = permit.x_intent;
  if (failed) {
    record.outcome =
        permit.x_activity.stop_requested() ? AccessOutcome::interrupted : AccessOutcome::failed;
  } else {
    record.outcome = permit.x_partly ? AccessOutcome::partly : AccessOutcome::ok;
  }
  if (permit.x_files > 0 || permit.x_bytes > 0) {
    record.counts = AccessCounts{permit.x_files, permit.x_bytes};
  }
  x_waiting.push_back(std::move(record));
}

std::optional<std::uint64_t> AccessJournal::salvage(const Activity& activity) {
  AccessSubject subject{.act = access_act::log};
  subject.detail = "damaged in both copies; what could not be read of its end was given up";
  AccessRecord record = record_of(subject, AccessStage::event);
  record.outcome = AccessOutcome::partly;
  return x_log.salvage(record, x_wait, activity);
}

}  // namespace muniment
