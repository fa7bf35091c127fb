#include "vault/access_logs.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/access-log/v1";
constexpr std::string_view name_of_file = "access-log";
constexpr std::size_t bytes_max = std::size_t{1} << 20U;

std::string encode(const AccessLogs& logs) {
  RecordWriter record(type);
  record.key("present").hex(logs.present.view());
  for (const AccessFollows& log : logs.ended) write_follows(record, log);
  const std::string text = record.finish();
  return text + "sha256 " + sha256(as_bytes(text)).hex() + "\n";
}

std::optional<AccessLogs> decode(std::string_view text) {
  RecordReader record(text, type);
  AccessLogs logs;
  logs.present = record.key("present").hex<CollectionId>();
  while (auto log = read_follows_if(record)) logs.ended.push_back(std::move(*log));
  static_cast<void>(record.key("sha256").word());
  if (!record.done() || !is_access_collection(logs.present) || encode(logs) != text) {
    return std::nullopt;
  }
  return logs;
}

std::uint64_t size_of(const std::optional<SignedNote>& note) {
  const auto checkpoint = note ? decode_checkpoint(note->text) : std::nullopt;
  return checkpoint ? checkpoint->size : 0;
}

}  // namespace

AccessLogs find_access_logs(FileSystem& files, const std::filesystem::path& vault) {
  const std::filesystem::path path = vault / name_of_file;
  if (!files.file_size(path)) return {};
  const auto bytes = read_file_within(files, path, bytes_max);
  auto logs = bytes ? decode(as_text(*bytes)) : std::nullopt;
  if (logs) return std::move(*logs);
  throw Error(ErrorCode::damaged,
              "the file 'access-log' is damaged, so it is not known which access log goes on",
              "'muniment log repair' begins another one, which says so");
}

void save_access_logs(FileSystem& files, const std::filesystem::path& vault,
                      const AccessLogs& logs) {
  write_file_atomically(files, vault / name_of_file, as_bytes(encode(logs)));
}

AccessLogs begin_another(const AccessLogs& logs, const LedgerName& present,
                         const std::optional<SignedNote>& last, Random& random) {
  AccessLogs next{access_collection(random.fixed<AccessLogNumber>()), {{present, last}}};
  for (const AccessFollows& log : logs.ended) {
    if (log.log != present) next.ended.push_back(log);
  }
  return next;
}

bool note_end(AccessLogs& logs, const LedgerName& name, const SignedNote& note) {
  const auto log = std::ranges::find(logs.ended, name, &AccessFollows::log);
  if (log == logs.ended.end() || size_of(log->checkpoint) >= size_of(note)) return false;
  log->checkpoint = note;
  return true;
}

}  // namespace muniment
