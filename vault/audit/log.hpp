// The access log of this device, for writing (DESIGN §6). What is appended is on disk when append
// returns: only then may a key be used for what was announced.
//
// A log takes part in nothing else: it has a lock of its own, so that readers are not kept out by
// whoever holds the vault's. Any number of processes may append; each continues what the others
// wrote.
#pragma once

#include <chrono>

#include "vault/audit/state.hpp"
#include "vault/audit/tail_writer.hpp"
#include "vault/audit/waiting.hpp"
#include "vault/base/activity.hpp"

namespace muniment {

// Must outlive the logs that use it.
struct AccessLogPlace {
  FileSystem& files;
  Random& random;
  const Clock& clock;
  FileSystem::Path directory;  // made with the one above it, if they are absent
  LedgerName name;             // of an access_collection()
  // What a log that is begun here says of the one before; empty for a device's first.
  std::optional<AccessFollows> follows{};
};

// Not thread-safe.
class AccessLog {
 public:
  // `auditors` are at least one, in ascending order of `who`. Nothing is touched before the first
  // append.
  AccessLog(AccessLogPlace place, const LogKey& key, std::vector<Auditor> auditors);

  // One commit. Returns the index of the first record's entry. What failed unlocks have spooled is
  // taken in before it. Error(busy) if another process holds the log for longer than `wait`; an
  // Error(io) leaves the log as it was, or with entries that announce what then did not happen.
  std::uint64_t append(std::span<const AccessRecord> records, std::chrono::milliseconds wait,
                       const Activity& activity);

  // Leaves `records` to the next append, by whatever process: they may be lost with the power, and
  // are in no checkpoint before. Errors as above.
  void leave(std::span<const AccessRecord> records, std::chrono::milliseconds wait,
             const Activity& activity);

  // The same, behind an entry with what became known of a log that ended before this one.
  void append(const AccessFollows& known, const AccessRecord& said, std::chrono::milliseconds wait,
              const Activity& activity);

  // For a log that is damaged in both copies: goes on after the last commit that is whole, and says
  // so in it. Returns how many bytes were given up; empty, and nothing happens, if it is not
  // damaged.
  std::optional<std::uint64_t> salvage(const AccessRecord& said, std::chrono::milliseconds wait,
                                       const Activity& activity);

 private:
  // A commit in the making.
  struct Batch {
    std::vector<std::string> entries;
    std::uint64_t first_record = 0;  // index of its entry
    std::optional<RatchetState> state;
    bool has_spool = false;
    bool has_waiting = false;
    bool begins_segment = false;
  };

  // Holds the log's lock, and knows what other processes wrote.
  [[nodiscard]] std::unique_ptr<FileLock> begin_writing(std::chrono::milliseconds wait,
                                                        const Activity& activity);
  [[nodiscard]] const AccessTail& tail() const { return x_writer.tail(); }
  // `clear` is an entry that comes first, if it is not empty.
  std::uint64_t append_locked(std::span<const AccessRecord> records, std::string clear = {});
  // The ratchet as it has to stand for the next entry; empty if a new segment has to begin.
  [[nodiscard]] std::optional<RatchetState> current_state() const;
  // Adds what happened to the log itself.
  void note(Batch& batch, std::string detail);
  void begin(Batch& batch);
  void add(Batch& batch, const AccessRecord& record);
  void take_spool(Batch& batch);
  void take_waiting(Batch& batch);
  [[nodiscard]] WaitingPlace waiting_place() const;
  void commit(Batch batch);

  AccessLogPlace x_place;
  LogKey x_key;
  std::vector<Auditor> x_auditors;
  AccessTailWriter x_writer;
  MemberId x_last_member;  // who spoke last, for what the log says itself
};

// Writes down `record` for a log whose key is not open: sealed to the auditors, folded in by the
// next append. Nothing happens if there are spooled_max already. The spool can be deleted by
// whoever can write to the disk, without a trace.
void spool(FileSystem& files, Random& random, const FileSystem::Path& directory,
           const AccessRecord& record, std::span<const Auditor> auditors);

}  // namespace muniment
