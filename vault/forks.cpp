#include "vault/forks.hpp"

#include "vault/base/limits.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

void save(FileSystem& files, const std::filesystem::path& vault, const std::filesystem::path& path,
          std::string_view text) {
  if (files.file_size(path)) return;
  files.make_directory(path.parent_path());
  files.sync_directory(vault);
  write_file_atomically(files, path, as_bytes(text));
}

}  // namespace

std::filesystem::path fork_path(const std::filesystem::path& vault, const LedgerId& ledger) {
  return vault / "forks" / ledger.hex();
}

std::filesystem::path fork_path(const std::filesystem::path& vault, const CharterFork& fork) {
  const std::string digest = sha256(as_bytes(fork.other.text)).hex();
  const std::uint32_t number = decode_charter(fork.other.text)->number;
  return vault / "forks" / ("charter-" + std::to_string(number) + "-" + digest.substr(0, 16));
}

void save_fork(FileSystem& files, const std::filesystem::path& vault, const ForkEntry& fork) {
  save(files, vault, fork_path(vault, fork.fork.name.id()), encode(fork));
}

void save_fork(FileSystem& files, const std::filesystem::path& vault, const CharterFork& fork) {
  RecordWriter record("muniment/charter-fork/v1");
  record.key("previous").base64(as_bytes(fork.previous));
  record.key("charter").base64(as_bytes(encode(fork.one)));
  record.key("charter").base64(as_bytes(encode(fork.other)));
  save(files, vault, fork_path(vault, fork), record.finish());
}

std::vector<ForkEntry> list_forks(FileSystem& files, const std::filesystem::path& vault) {
  std::vector<ForkEntry> result;
  for (const std::string& name : files.list(vault / "forks")) {
    const std::filesystem::path path = vault / "forks" / name;
    const auto bytes = read_file_within(files, path, limits::ledger_entry_bytes_max);
    auto fork = bytes ? decode_fork_entry(as_text(*bytes)) : std::nullopt;
    if (fork && is_proof(*fork)) result.push_back(std::move(*fork));
  }
  return result;
}

}  // namespace muniment
