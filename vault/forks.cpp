#include "vault/forks.hpp"

#include "vault/base/limits.hpp"

namespace muniment {

std::filesystem::path fork_path(const std::filesystem::path& vault, const LedgerId& ledger) {
  return vault / "forks" / ledger.hex();
}

void save_fork(FileSystem& files, const std::filesystem::path& vault, const ForkEntry& fork) {
  const std::filesystem::path path = fork_path(vault, fork.fork.name.id());
  if (files.file_size(path)) return;
  files.make_directory(path.parent_path());
  files.sync_directory(vault);
  write_file_atomically(files, path, as_bytes(encode(fork)));
}

std::vector<LedgerName> list_forks(FileSystem& files, const std::filesystem::path& vault) {
  std::vector<LedgerName> result;
  for (const std::string& name : files.list(vault / "forks")) {
    const std::filesystem::path path = vault / "forks" / name;
    if (files.file_size(path).value_or(0) > limits::ledger_entry_bytes_max) continue;
    const auto bytes = read_file(files, path, limits::ledger_entry_bytes_max);
    const auto fork = bytes ? decode_fork_entry(as_text(*bytes)) : std::nullopt;
    if (fork && is_proof(*fork)) result.push_back(fork->fork.name);
  }
  return result;
}

}  // namespace muniment
