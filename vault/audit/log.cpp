#include "vault/audit/log.hpp"

#include <iterator>

#include "vault/audit/format.hpp"
#include "vault/audit/spool.hpp"
#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

namespace muniment {

using namespace access_format;

AccessLog::AccessLog(AccessLogPlace place, const LogKey& key, std::vector<Auditor> auditors)
    : x_place(std::move(place)),
      x_key(key.clone()),
      x_auditors(std::move(auditors)),
      x_writer(x_place.files, x_place.directory, x_place.name, verify_key(x_key)) {
  VAULT_ASSERT(!x_auditors.empty());
}

std::unique_ptr<FileLock> AccessLog::begin_writing(std::chrono::milliseconds wait,
                                                   const Activity& activity) {
  x_writer.make_directory();
  auto held = lock_access_log(x_place.files, x_place.directory, wait, activity);
  x_writer.refresh();
  return held;
}

std::uint64_t AccessLog::append(std::span<const AccessRecord> records,
                                std::chrono::milliseconds wait, const Activity& activity) {
  VAULT_ASSERT(!records.empty());
  const auto held = begin_writing(wait, activity);
  return append_locked(records);
}

void AccessLog::append(const AccessFollows& known, const AccessRecord& said,
                       std::chrono::milliseconds wait, const Activity& activity) {
  const auto held = begin_writing(wait, activity);
  static_cast<void>(append_locked({&said, 1}, encode(known)));
}

void AccessLog::leave(std::span<const AccessRecord> records, std::chrono::milliseconds wait,
                      const Activity& activity) {
  VAULT_ASSERT(!records.empty());
  const auto held = begin_writing(wait, activity);
  if (leave_waiting(waiting_place(), records, x_place.random)) return;
  static_cast<void>(append_locked(records));
}

std::optional<RatchetState> AccessLog::current_state() const {
  auto state = load_state(x_place.files, x_place.directory, x_place.name, x_key);
  const AccessTail& tail = this->tail();
  if (!state || state->size > tail.size() || state->size < tail.base) return std::nullopt;
  // A crash may have come between the entries and the state.
  for (std::uint64_t i = state->size; i < tail.size(); ++i) {
    const AccessEntryKind kind = kind_of(tail.entries[i - tail.base]);
    if (kind == AccessEntryKind::segment) return std::nullopt;
    if (kind != AccessEntryKind::access) continue;
    state->key = next_ratchet_key(state->key);
    ++state->steps;
  }
  state->size = tail.size();
  return state;
}

std::uint64_t AccessLog::append_locked(std::span<const AccessRecord> records, std::string clear) {
  x_last_member = records.front().member;
  Batch batch;
  batch.state = current_state();
  if (tail().size() == 0 && x_place.follows) batch.entries.push_back(encode(*x_place.follows));
  if (!clear.empty()) batch.entries.push_back(std::move(clear));
  const UnixSeconds now = x_place.clock.now();
  const bool continues = batch.state && batch.state->steps < segment_steps_max &&
                         batch.state->auditors == auditors_digest(x_auditors) &&
                         now < batch.state->begun + segment_seconds_max &&
                         now >= batch.state->begun;
  if (!continues) begin(batch);
  take_waiting(batch);
  take_spool(batch);
  batch.first_record = tail().size() + batch.entries.size();
  for (const AccessRecord& record : records) add(batch, record);
  const std::uint64_t first = batch.first_record;
  commit(std::move(batch));
  return first;
}

void AccessLog::note(Batch& batch, std::string detail) {
  AccessRecord record;
  record.time = std::max<UnixSeconds>(x_place.clock.now(), 0);
  record.act = access_act::log;
  record.member = x_last_member;
  record.detail = std::move(detail);
  record.outcome = AccessOutcome::ok;
  add(batch, record);
}

void AccessLog::begin(Batch& batch) {
  const bool lost = !batch.state && tail().size() > 0;
  const bool set_back = batch.state && x_place.clock.now() < batch.state->begun;
  std::uint64_t known = 0;
  if (lost) {
    const auto state = load_state(x_place.files, x_place.directory, x_place.name, x_key);
    if (state && state->size > tail().size()) known = state->size;
  }
  RatchetKey first = RatchetKey::generate(x_place.random);
  std::ranges::move(begin_segment(x_place.name, first, x_auditors, x_place.random),
                    std::back_inserter(batch.entries));
  batch.begins_segment = true;
  batch.state.emplace(
      RatchetState{std::move(first), 0, 0, x_place.clock.now(), auditors_digest(x_auditors)});
  if (tail().size() == 0 && x_place.follows) {
    note(batch,
         "this device was put back to an older state, so this log begins; the first entry "
         "says which one ended");
  } else if (known > 0) {
    note(batch, "the log was put back: it had " + std::to_string(known) + " entries, and has " +
                    std::to_string(tail().size()));
  } else if (lost) {
    note(batch, "the ratchet's state was lost");
  } else if (set_back) {
    note(batch, "the clock was set back");
  }
}

void AccessLog::add(Batch& batch, const AccessRecord& record) {
  RatchetState& state = *batch.state;
  batch.entries.push_back(encode(seal_record(state.key, x_place.name, record, x_place.random)));
  state.key = next_ratchet_key(state.key);
  ++state.steps;
}

void AccessLog::take_spool(Batch& batch) {
  std::vector<std::string> spooled = read_spool(x_place.files, x_place.directory);
  batch.has_spool = !spooled.empty();
  std::ranges::move(spooled, std::back_inserter(batch.entries));
}

WaitingPlace AccessLog::waiting_place() const {
  return {x_place.files, x_place.directory, x_place.name, x_key, tail().size()};
}

void AccessLog::take_waiting(Batch& batch) {
  const std::vector<AccessRecord> waiting = read_waiting(waiting_place());
  batch.has_waiting = !waiting.empty();
  for (const AccessRecord& record : waiting) add(batch, record);
}

void AccessLog::commit(Batch batch) {
  Frontier frontier = tail().frontier;
  for (const std::string& entry : batch.entries) frontier.append(leaf_hash(as_bytes(entry)));
  const TreeHead head = frontier.head();
  const std::string origin = x_place.name.origin();
  const SignedNote checkpoint = sign_checkpoint({origin, head.size, head.root}, origin, x_key);
  x_writer.commit(batch.entries, checkpoint);
  batch.state->size = head.size;
  save_state(x_place.files, x_place.directory,
             encode_state(*batch.state, x_place.name, x_key, x_place.random),
             batch.begins_segment ? StateSync::now : StateSync::later);
  if (batch.has_waiting) {
    clear_waiting({x_place.files, x_place.directory, x_place.name, x_key, head.size});
  }
  if (batch.has_spool) clear_spool(x_place.files, x_place.directory);
  // After the ratchet's state, which is told from the tail's entries if it was lost.
  x_writer.rotate_if_long();
}

std::optional<std::uint64_t> AccessLog::salvage(const AccessRecord& said,
                                                std::chrono::milliseconds wait,
                                                const Activity& activity) {
  x_writer.make_directory();
  const auto held = lock_access_log(x_place.files, x_place.directory, wait, activity);
  try {
    x_writer.refresh();
    return std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  const std::uint64_t given_up = x_writer.salvage();
  append_locked({&said, 1});
  return given_up;
}

}  // namespace muniment
