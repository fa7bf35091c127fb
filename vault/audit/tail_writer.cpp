#include "vault/audit/tail_writer.hpp"

#include <algorithm>

#include "vault/audit/format.hpp"
#include "vault/audit/tile_store.hpp"
#include "vault/base/error.hpp"
#include "vault/base/lock_wait.hpp"

namespace muniment {

using namespace access_format;
using tail_format::RecordType;

void AccessTailWriter::make_directory() {
  if (x_files.file_size(x_directory / log_names[0])) return;
  for (const FileSystem::Path& made : {x_directory.parent_path(), x_directory}) {
    x_files.make_directory(made);
    x_files.sync_directory(made.parent_path());
  }
}

bool AccessTailWriter::is_unchanged() {
  if (!x_tail || x_tail->unlike.any()) return false;
  const Bytes& known = x_tail->content;
  // Two logs that end with the same signed checkpoint at the same place are the same.
  const std::size_t end = std::min<std::size_t>(known.size(), 4096);
  for (const std::string_view name : log_names) {
    const auto file = x_files.find(x_directory / name);
    if (!file || file->size() != known.size()) return false;
    if (!equal(file->read_at(known.size() - end, end), ByteView(known).last(end))) return false;
  }
  return true;
}

void AccessTailWriter::refresh() {
  if (is_unchanged()) return;
  x_tail.reset();
  auto found = load_access_tail(x_files, x_directory, x_name, x_log, TailDepth::quick);
  if (!found) return start_over();
  if (found->unlike.any()) {
    write_access_tail(x_files, x_directory, found->content);
    found->unlike.reset();
  }
  x_tail = std::move(found);
}

void AccessTailWriter::start_over() {
  x_tail.emplace();
}

std::uint64_t AccessTailWriter::salvage() {
  std::uint64_t bytes = 0;
  for (const std::string_view name : log_names) {
    bytes = std::max(bytes, x_files.file_size(x_directory / name).value_or(0));
  }
  auto found = salvage_access_tail(x_files, x_directory, x_name, x_log);
  start_over();
  if (!found) return bytes;
  bytes -= std::min<std::uint64_t>(bytes, found->content.size());
  write_access_tail(x_files, x_directory, found->content);
  x_tail = std::move(found);
  x_tail->unlike.reset();
  return bytes;
}

void AccessTailWriter::commit(std::span<const std::string> entries, const SignedNote& checkpoint) {
  if (!x_tail->content.empty() && entries.size() < rotation_entries) {
    return append(entries, checkpoint);
  }
  AccessTail next = *x_tail;
  for (const std::string& entry : entries) {
    next.frontier.append(leaf_hash(as_bytes(entry)));
    next.entries.push_back(entry);
    if (next.entries.size() == rotation_entries) move_out_full(next);
  }
  next.checkpoint = checkpoint;
  replace(std::move(next));
}

void AccessTailWriter::append(std::span<const std::string> entries, const SignedNote& checkpoint) {
  Frontier frontier = x_tail->frontier;
  Bytes records;
  for (const std::string& entry : entries) {
    frontier.append(leaf_hash(as_bytes(entry)));
    append_record(records, x_tail->content.size() + records.size(), RecordType::entry,
                  as_bytes(entry));
  }
  append_record(records, x_tail->content.size() + records.size(), RecordType::checkpoint,
                as_bytes(encode(checkpoint)));
  write(records);
  muniment::append(x_tail->content, records);
  x_tail->entries.insert(x_tail->entries.end(), entries.begin(), entries.end());
  x_tail->frontier = std::move(frontier);
  x_tail->checkpoint = checkpoint;
  ++x_tail->commits;
}

// Adds records to both copies, or leaves them as they were. One copy is synced, the other left to
// the system, and the next commit begins with that one: so there is always a copy that ends with a
// commit which is on disk, and it takes one sync to have another.
void AccessTailWriter::write(ByteView records) {
  const std::uint64_t end = x_tail->content.size();
  const std::size_t first = x_tail->commits % log_names.size();
  bool is_doubtful = false;  // what was in the copy before may not be on disk either
  std::array<std::unique_ptr<File>, 2> copies;
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    copies[copy] = x_files.open_or_create(x_directory / log_names[copy]);
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
      if (is_doubtful) write_access_tail(x_files, x_directory, before);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what was half written is told apart
    }
    throw;
  }
}

void AccessTailWriter::rotate_if_long() try {
  if (x_tail->entries.size() < rotation_entries) return;
  AccessTail next = *x_tail;
  move_out_full(next);
  replace(std::move(next));
} catch (const Error&) {
  x_tail.reset();
}

// Writes full bundles and tiles, whose entries the tail need not hold then.
void AccessTailWriter::move_out_full(AccessTail& tail) const {
  TileStore(x_files, x_directory, tail).write_full();
  const auto kept = static_cast<std::size_t>(tail.size() % tile_width_max);
  const auto kept_begin = tail.entries.end() - static_cast<std::ptrdiff_t>(kept);
  for (auto entry = tail.entries.begin(); entry != kept_begin; ++entry) {
    tail.before.append(leaf_hash(as_bytes(*entry)));
  }
  tail.entries.erase(tail.entries.begin(), kept_begin);
  tail.base = tail.before.size();
}

// Both copies, whole.
void AccessTailWriter::replace(AccessTail tail) {
  tail.commits = 1;
  tail.content = encode_access_tail(x_name, tail.before, tail.entries, tail.checkpoint);
  write_access_tail(x_files, x_directory, tail.content);
  x_tail = std::move(tail);
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

}  // namespace muniment
