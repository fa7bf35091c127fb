// The directory of a vault that is being made: it goes away again unless all went well.
#pragma once

#include "vault/base/file.hpp"

namespace muniment {

class NewVaultDirectory {
 public:
  // Makes it, with the folders of a vault. Error(exists) unless it is absent or empty.
  NewVaultDirectory(FileSystem& files, std::filesystem::path directory);
  ~NewVaultDirectory();
  NewVaultDirectory(NewVaultDirectory&&) = delete;

  void keep() noexcept { x_kept = true; }

 private:
  std::filesystem::path x_directory;
  bool x_made = false;  // it was absent
  bool x_kept = false;
};

}  // namespace muniment
