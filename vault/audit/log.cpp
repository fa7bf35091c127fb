#include "vault/audit/log.hpp"

#include <algorithm>
#include <iterator>

#include "vault/audit/format.hpp"
#include "vault/audit/spool.hpp"
#include "vault/audit/tile_store.hpp"
#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/base/lock_wait.hpp"

namespace muniment {

using namespace access_format;
using tail_format::RecordType;

AccessLog::AccessLog(AccessLogPlace place, const LogKey& key, std::vector<Auditor> auditors)
    : x_place(std::move(place)), x_key(key.clone()), x_auditors(std::move(auditors)) {
  VAULT_ASSERT(!x_auditors.empty());
}

std::unique_ptr<FileLock> lock_access_log(FileSystem& files, const FileSystem::Path& directory,
                                          std::chrono::milliseconds wait,
                                          const Activity& activity) {
  constexpr std::chrono::milliseconds between_tries{5};
  auto held = wait_for_lock(files, directory / lock_name, {wait, between_tries}, activity);
  if (held) return held;
  throw Error(ErrorCode::busy, std::string(access_log_label) + ": another process is writing to it",
              "wait for it to end, or give it more time with --wait SECONDS");
}

std::vector<LedgerDamage> heal_access_log(FileSystem& files, const FileSystem::Path& directory,
                                          const LedgerName& name, const VerifyKey<LogPurpose>& log,
                                          std::chrono::milliseconds wait,
                                          const Activity& activity) {
  if (files.list(directory).empty()) return {};
  const auto held = lock_access_log(files, directory, wait, activity);
  const auto tail = load_access_tail(files, directory, name, log, TailDepth::both_copies);
  if (!tail || tail->unlike.none()) return {};
  write_access_tail(files, directory, tail->content);
  return tail->damage;
}

void AccessLog::make_directory() {
  if (x_place.files.file_size(x_place.directory / log_names[0])) return;
  const FileSystem::Path above = x_place.directory.parent_path();
  for (const FileSystem::Path& made : {above, x_place.directory}) {
    x_place.files.make_directory(made);
    x_place.files.sync_directory(made.parent_path());
  }
}

std::uint64_t AccessLog::append(std::span<const AccessRecord> records,
                                std::chrono::milliseconds wait, const Activity& activity) {
  VAULT_ASSERT(!records.empty());
  make_directory();
  const auto held = lock_access_log(x_place.files, x_place.directory, wait, activity);
  refresh();
  return append_locked(records);
}

void AccessLog::append(const AccessFollows& known, const AccessRecord& said,
                       std::chrono::milliseconds wait, const Activity& activity) {
  make_directory();
  const auto held = lock_access_log(x_place.files, x_place.directory, wait, activity);
  refresh();
  static_cast<void>(append_locked({&said, 1}, encode(known)));
}

void AccessLog::leave(std::span<const AccessRecord> records, std::chrono::milliseconds wait,
                      const Activity& activity) {
  VAULT_ASSERT(!records.empty());
  make_directory();
  const auto held = lock_access_log(x_place.files, x_place.directory, wait, activity);
  refresh();
  if (leave_waiting(waiting_place(), records, x_place.random)) return;
  static_cast<void>(append_locked(records));
}

bool AccessLog::is_unchanged() {
  if (!x_tail || x_tail->unlike.any()) return false;
  const Bytes& known = x_tail->content;
  // Two logs that end with the same signed checkpoint at the same place are the same.
  const std::size_t end = std::min<std::size_t>(known.size(), 4096);
  for (const std::string_view name : log_names) {
    const auto file = x_place.files.find(x_place.directory / name);
    if (!file || file->size() != known.size()) return false;
    if (!equal(file->read_at(known.size() - end, end), ByteView(known).last(end))) return false;
  }
  return true;
}

void AccessLog::refresh() {
  if (is_unchanged()) return;
  x_tail.reset();
  auto found = load_access_tail(x_place.files, x_place.directory, x_place.name, verify_key(x_key),
                                TailDepth::quick);
  if (!found) {
    x_tail.emplace();
    return;
  }
  if (found->unlike.any()) {
    write_access_tail(x_place.files, x_place.directory, found->content);
    found->unlike.reset();
  }
  x_tail = std::move(found);
}

std::optional<RatchetState> AccessLog::current_state() const {
  auto state = load_state(x_place.files, x_place.directory, x_place.name, x_key);
  const AccessTail& tail = *x_tail;
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
  if (x_tail->size() == 0 && x_place.follows) batch.entries.push_back(encode(*x_place.follows));
  if (!clear.empty()) batch.entries.push_back(std::move(clear));
  const UnixSeconds now = x_place.clock.now();
  const bool continues = batch.state && batch.state->steps < segment_steps_max &&
                         batch.state->auditors == auditors_digest(x_auditors) &&
                         now < batch.state->begun + segment_seconds_max &&
                         now >= batch.state->begun;
  if (!continues) begin(batch);
  take_waiting(batch);
  take_spool(batch);
  batch.first_record = x_tail->size() + batch.entries.size();
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
  const bool lost = !batch.state && x_tail->size() > 0;
  const bool set_back = batch.state && x_place.clock.now() < batch.state->begun;
  std::uint64_t known = 0;
  if (lost) {
    const auto state = load_state(x_place.files, x_place.directory, x_place.name, x_key);
    if (state && state->size > x_tail->size()) known = state->size;
  }
  RatchetKey first = RatchetKey::generate(x_place.random);
  std::ranges::move(begin_segment(x_place.name, first, x_auditors, x_place.random),
                    std::back_inserter(batch.entries));
  batch.begins_segment = true;
  batch.state.emplace(
      RatchetState{std::move(first), 0, 0, x_place.clock.now(), auditors_digest(x_auditors)});
  if (x_tail->size() == 0 && x_place.follows) {
    note(batch,
         "this device was put back to an older state, so this log begins; the first entry "
         "says which one ended");
  } else if (known > 0) {
    note(batch, "the log was put back: it had " + std::to_string(known) + " entries, and has " +
                    std::to_string(x_tail->size()));
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
  return {x_place.files, x_place.directory, x_place.name, x_key, x_tail->size()};
}

void AccessLog::take_waiting(Batch& batch) {
  const std::vector<AccessRecord> waiting = read_waiting(waiting_place());
  batch.has_waiting = !waiting.empty();
  for (const AccessRecord& record : waiting) add(batch, record);
}

void AccessLog::commit(Batch batch) {
  Frontier frontier = x_tail->frontier;
  Bytes records;
  for (const std::string& entry : batch.entries) {
    frontier.append(leaf_hash(as_bytes(entry)));
    append_record(records, x_tail->content.size() + records.size(), RecordType::entry,
                  as_bytes(entry));
  }
  const TreeHead head = frontier.head();
  const std::string origin = x_place.name.origin();
  SignedNote checkpoint = sign_checkpoint({origin, head.size, head.root}, origin, x_key);
  if (x_tail->content.empty()) {
    Bytes content = encode_access_tail(x_place.name, {}, batch.entries, checkpoint);
    write_access_tail(x_place.files, x_place.directory, content);
    x_tail->content = std::move(content);
  } else {
    append_record(records, x_tail->content.size() + records.size(), RecordType::checkpoint,
                  as_bytes(encode(checkpoint)));
    write(records);
    muniment::append(x_tail->content, records);
  }
  std::ranges::move(batch.entries, std::back_inserter(x_tail->entries));
  x_tail->frontier = std::move(frontier);
  x_tail->checkpoint = std::move(checkpoint);
  ++x_tail->commits;
  batch.state->size = x_tail->size();
  save_state(x_place.files, x_place.directory,
             encode_state(*batch.state, x_place.name, x_key, x_place.random),
             batch.begins_segment ? StateSync::now : StateSync::later);
  if (batch.has_waiting) clear_waiting(waiting_place());
  if (batch.has_spool) clear_spool(x_place.files, x_place.directory);
  if (x_tail->entries.size() >= rotation_entries) rotate();
}

// Adds records to both copies, or leaves them as they were. One copy is synced, the other left to
// the system, and the next commit begins with that one: so there is always a copy that ends with a
// commit which is on disk, and it takes one sync to have another.
void AccessLog::write(ByteView records) {
  const std::uint64_t end = x_tail->content.size();
  const std::size_t first = x_tail->commits % log_names.size();
  bool is_doubtful = false;  // what was in the copy before may not be on disk either
  std::array<std::unique_ptr<File>, 2> copies;
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    copies[copy] = x_place.files.open_or_create(x_place.directory / log_names[copy]);
  }
  try {
    copies[first]->write_at(end, records);
    is_doubtful = true;
    copies[first]->sync();
    is_doubtful = false;
    copies[1 - first]->write_at(end, records);
  } catch (const Error&) {
    const Bytes before = std::move(x_tail->content);
    x_tail.reset();
    try {
      for (const auto& copy : copies) copy->truncate(end);
      if (is_doubtful) write_access_tail(x_place.files, x_place.directory, before);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what was half written is told apart
    }
    throw;
  }
}

// Full bundles leave the tail. If there is no room for that now, there will be later.
void AccessLog::rotate() try {
  const AccessTail& tail = *x_tail;
  const TileStore tiles(x_place.files, x_place.directory, tail);
  tiles.write_full();
  const auto kept = static_cast<std::size_t>(tail.size() % tile_width_max);
  const auto moved = tail.entries.size() - kept;
  AccessTail next;
  next.before = tail.before;
  for (std::size_t i = 0; i < moved; ++i) {
    next.before.append(leaf_hash(as_bytes(tail.entries[i])));
  }
  next.base = next.before.size();
  next.entries.assign(tail.entries.begin() + static_cast<std::ptrdiff_t>(moved),
                      tail.entries.end());
  next.frontier = tail.frontier;
  next.checkpoint = tail.checkpoint;
  next.commits = 1;
  next.content = encode_access_tail(x_place.name, next.before, next.entries, next.checkpoint);
  write_access_tail(x_place.files, x_place.directory, next.content);
  x_tail = std::move(next);
} catch (const Error&) {
  x_tail.reset();
}

std::optional<std::uint64_t> AccessLog::salvage(const AccessRecord& said,
                                                std::chrono::milliseconds wait,
                                                const Activity& activity) {
  make_directory();
  const auto held = lock_access_log(x_place.files, x_place.directory, wait, activity);
  try {
    refresh();
    return std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  const VerifyKey<LogPurpose> log = verify_key(x_key);
  std::uint64_t bytes = 0;
  for (const std::string_view name : log_names) {
    bytes = std::max(bytes, x_place.files.file_size(x_place.directory / name).value_or(0));
  }
  auto found = salvage_access_tail(x_place.files, x_place.directory, x_place.name, log);
  x_tail.emplace();
  if (found) {
    bytes -= std::min<std::uint64_t>(bytes, found->content.size());
    write_access_tail(x_place.files, x_place.directory, found->content);
    x_tail = std::move(found);
    x_tail->unlike.reset();
  }
  append_locked({&said, 1});
  return bytes;
}

}  // namespace muniment
