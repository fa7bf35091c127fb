// The directory of a vault that is being made: it goes away again unless all went well.
#pragma once

#include "vault/base/file.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/crypto/random.hpp"
#include "vault/keyring/keyring.hpp"

namespace muniment {

class NewVaultDirectory {
 public:
  // Makes it, with the folders of a vault. Error(exists) unless it is absent or empty.
  NewVaultDirectory(FileSystem& files, std::filesystem::path directory);
  ~NewVaultDirectory();
  NewVaultDirectory(NewVaultDirectory&&) = delete;

  // Writes both copies of the keyring, an empty catalog and, last, the marker: with it, and not
  // before, the directory is a vault, and it stays. Ledgers must be there already.
  void finish(Keyring& keyring, const CatalogKey& catalog_key, Random& random);

 private:
  FileSystem& x_files;
  std::filesystem::path x_directory;
  bool x_made = false;  // it was absent
  bool x_kept = false;
};

}  // namespace muniment
