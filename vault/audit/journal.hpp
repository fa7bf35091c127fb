// Who writes to the access log, and for what: the actor and the purpose, kept from one act to the
// next. An act begins with an intent, which is on disk when begin() returns, and gives a permit:
// without one, snapshot/Reader hands nothing out. How the act ended is written when the next one
// begins; when the journal ends, it is left to the log's next writer.
#pragma once

#include <atomic>
#include <memory>

#include "vault/audit/log.hpp"

namespace muniment {

struct AccessActor {
  MemberId member;
  std::string user;     // the name that the local user chose; may be empty
  std::string purpose;  // may be empty
};

// What is about to be done, to what.
struct AccessSubject {
  std::string_view act;
  std::optional<CollectionId> collection{};
  std::optional<AccessSnapshot> snapshot{};
  std::string path{};
  std::string detail{};  // made by access_detail
};

class AccessJournal;

// Lasts as long as the act. Thread-safe. The journal and the activity must outlive it.
class AccessPermit {
 public:
  AccessPermit(AccessPermit&&) = delete;
  // Ends the act: `ok`, unless something else was noted or an exception is under way.
  ~AccessPermit();

  // What was handed out.
  void count(std::uint64_t files, std::uint64_t bytes) noexcept {
    x_files.fetch_add(files, std::memory_order_relaxed);
    x_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  // Not all of it could be done.
  void note_partly() noexcept { x_partly.store(true, std::memory_order_relaxed); }

 private:
  friend class AccessJournal;
  AccessPermit(AccessJournal& journal, AccessSubject subject, std::uint64_t intent,
               const Activity& activity);

  AccessJournal& x_journal;
  const Activity& x_activity;
  AccessSubject x_subject;
  std::uint64_t x_intent;
  int x_exceptions;  // under way when the act began
  std::atomic<std::uint64_t> x_files{0};
  std::atomic<std::uint64_t> x_bytes{0};
  std::atomic<bool> x_partly{false};
};

// Not thread-safe, except through its permits.
class AccessJournal {
 public:
  AccessJournal(AccessLogPlace place, const LogKey& key, std::vector<Auditor> auditors,
                AccessActor actor, std::chrono::milliseconds wait);
  // Leaves what waits to the log's next writer. If that fails, the acts stand without outcomes.
  ~AccessJournal();
  AccessJournal(AccessJournal&&) = delete;

  void set_actor(AccessActor actor) { x_actor = std::move(actor); }
  [[nodiscard]] const AccessActor& actor() const noexcept { return x_actor; }

  // Error(io) if it cannot be written: then nothing may be done.
  [[nodiscard]] std::shared_ptr<AccessPermit> begin(AccessSubject subject,
                                                    const Activity& activity);
  // What is over as soon as it is said. Errors as above.
  void event(AccessSubject subject, AccessOutcome outcome, const Activity& activity);
  // As event, but written with the next intent or event, or by flush.
  void event_with_next(AccessSubject subject, AccessOutcome outcome);
  // Writes what waits. Errors as above.
  void flush(const Activity& activity);
  // What became known of a log that ended before this one; `subject` says how. Errors as above.
  void follow(const AccessFollows& known, AccessSubject subject, const Activity& activity);
  // See AccessLog::salvage.
  std::optional<std::uint64_t> salvage(const Activity& activity);

 private:
  friend class AccessPermit;
  [[nodiscard]] AccessRecord record_of(const AccessSubject& subject, AccessStage stage) const;
  void end(const AccessPermit& permit, bool failed) noexcept;
  // Writes `record` behind what waits; returns its index.
  std::uint64_t append(AccessRecord record, const Activity& activity);
  // Returns the index of the first. Error(io) says that nothing is done.
  std::uint64_t write(std::span<const AccessRecord> records, const Activity& activity);

  const Clock& x_clock;
  AccessLog x_log;
  AccessActor x_actor;
  std::chrono::milliseconds x_wait;
  std::vector<AccessRecord> x_waiting;
};

}  // namespace muniment
