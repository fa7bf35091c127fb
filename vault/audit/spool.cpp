#include "vault/audit/spool.hpp"

#include "vault/audit/format.hpp"
#include "vault/audit/log.hpp"
#include "vault/base/limits.hpp"
#include "vault/ledger/tail.hpp"

namespace muniment {

namespace {

constexpr std::size_t spool_bytes_max =
    access_format::spooled_max * tail_format::entry_record_bytes_max;

// Records as in a ledger's tail, without a header.
struct Spool {
  std::vector<std::string> entries;
  std::uint64_t end = 0;  // of the last whole one
};

Spool parse(ByteView bytes) {
  Spool spool;
  while (spool.entries.size() < access_format::spooled_max) {
    const auto record = decode_record(bytes.subspan(spool.end), spool.end);
    if (!record || !decode_spooled_entry(as_text(record->payload))) break;
    spool.entries.emplace_back(as_text(record->payload));
    spool.end += record->whole.size();
  }
  return spool;
}

}  // namespace

std::vector<std::string> read_spool(FileSystem& files, const FileSystem::Path& directory) {
  const auto file = files.find(directory / access_format::spool_name);
  if (!file) return {};
  return parse(file->read_at(0, spool_bytes_max)).entries;
}

void clear_spool(FileSystem& files, const FileSystem::Path& directory) {
  files.remove(directory / access_format::spool_name);
  files.sync_directory(directory);
}

void spool(FileSystem& files, Random& random, const FileSystem::Path& directory,
           const AccessRecord& record, std::span<const Auditor> auditors) {
  files.make_directory(directory.parent_path());
  files.make_directory(directory);
  const auto file = files.open_or_create(directory / access_format::spool_name);
  const Spool there = parse(file->read_at(0, spool_bytes_max));
  Bytes records;
  const std::vector<std::string> entries = seal_spooled(record, auditors, random);
  if (there.entries.size() + entries.size() > access_format::spooled_max) return;
  for (const std::string& entry : entries) {
    append_record(records, there.end + records.size(), tail_format::RecordType::entry,
                  as_bytes(entry));
  }
  file->write_at(there.end, records);
  file->truncate(there.end + records.size());
  file->sync();
}

}  // namespace muniment
