// Which packs a deposit has put into the store before its ledger lists them. Nobody on this device
// can open them again, so after a crash they are of no use: they are deleted, never adopted.
#pragma once

#include <functional>
#include <memory>

#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"
#include "vault/store/pack_store.hpp"

namespace muniment {

// The file `depositing` in the vault's directory: pack ids, one after the other. The caller holds
// the vault's lock throughout, and removed what an earlier deposit abandoned.
class DepositJournal {
 public:
  // Makes nothing yet.
  DepositJournal(FileSystem& files, std::filesystem::path directory)
      : x_files(files), x_directory(std::move(directory)) {}

  // Durable when it returns; only then may the pack be put into the store.
  void add(const PackId& pack);

 private:
  FileSystem& x_files;
  std::filesystem::path x_directory;
  std::unique_ptr<File> x_file;
  std::uint64_t x_bytes = 0;
};

// Deletes the packs that the journal names and no ledger lists, then the journal; returns how many
// packs that were. Does nothing where there is no journal.
std::uint64_t remove_abandoned_deposit(FileSystem& files, const std::filesystem::path& directory,
                                       PackStore& store,
                                       const std::function<bool(const PackId&)>& is_listed);

}  // namespace muniment
