#include "vault/snapshot/deposit_journal.hpp"

#include "vault/base/limits.hpp"
#include "vault/pack/format.hpp"

namespace muniment {

namespace {

constexpr std::string_view journal_name = "depositing";

// A million packs of 16 MiB.
constexpr std::size_t journal_bytes_max = 32 * limits::mib;

}  // namespace

void DepositJournal::add(const PackId& pack) {
  if (!x_file) {
    x_file = x_files.open_or_create(x_directory / journal_name);
    x_files.sync_directory(x_directory);
  }
  x_file->write_at(x_bytes, pack.view());
  x_file->sync();
  x_bytes += PackId::size;
}

std::uint64_t remove_abandoned_deposit(FileSystem& files, const std::filesystem::path& directory,
                                       PackStore& store,
                                       const std::function<bool(const PackId&)>& is_listed) {
  const auto bytes = read_file(files, directory / journal_name, journal_bytes_max);
  if (!bytes) return 0;
  std::uint64_t removed = 0;
  // An id that a power cut tore belongs to a pack that was not put into the store yet.
  for (ByteView rest = *bytes; rest.size() >= PackId::size; rest = rest.subspan(PackId::size)) {
    const PackId pack(rest.first<PackId::size>());
    if (!is_listed(pack) && store.remove(pack_key(pack))) ++removed;
  }
  store.flush();  // the packs go before the journal does
  files.remove(directory / journal_name);
  return removed;
}

}  // namespace muniment
