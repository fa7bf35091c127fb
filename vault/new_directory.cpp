#include "vault/new_directory.hpp"

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"
#include "vault/catalog/catalog.hpp"
#include "vault/keyring/keyring_file.hpp"
#include "vault/marker.hpp"

namespace muniment {

namespace {

// True if it was made.
bool make(FileSystem& files, const std::filesystem::path& directory) {
  std::error_code error;
  const bool there = std::filesystem::exists(directory, error);
  if (!error && there && !std::filesystem::is_empty(directory, error)) {
    throw Error(ErrorCode::exists,
                escape(directory.native()) + ": " +
                    (files.file_size(directory / marker_name) ? "there is a vault already"
                                                              : "the directory is not empty"),
                "name a directory that does not exist yet");
  }
  if (error) throw io_error(escape(directory.native()), "look at", error.value());
  if (there) return false;
  std::filesystem::create_directories(std::filesystem::absolute(directory).parent_path(), error);
  if (error) throw io_error(escape(directory.native()), "create the folder above", error.value());
  files.make_directory(directory);
  return true;
}

void clear(const std::filesystem::path& directory) noexcept {
  std::error_code ignored;
  for (const char* name :
       {"packs", "ledgers", "tmp", "keyring", "keyring.new", "keyring.2", "keyring.2.new",
        "muniment.new", "catalog.db", "catalog.db-wal", "catalog.db-shm", "catalog.db.new"}) {
    std::filesystem::remove_all(directory / name, ignored);
  }
  std::filesystem::remove(directory / marker_name, ignored);
}

}  // namespace

NewVaultDirectory::NewVaultDirectory(FileSystem& files, std::filesystem::path directory)
    : x_files(files), x_directory(std::move(directory)), x_made(make(files, x_directory)) {
  try {
    for (const char* name : {"packs", "ledgers", "tmp"}) files.make_directory(x_directory / name);
  } catch (...) {
    clear(x_directory);
    std::error_code ignored;
    if (x_made) std::filesystem::remove(x_directory, ignored);
    throw;
  }
}

NewVaultDirectory::~NewVaultDirectory() {
  if (x_kept) return;
  clear(x_directory);
  std::error_code ignored;
  if (x_made) std::filesystem::remove(x_directory, ignored);
}

void NewVaultDirectory::finish(Keyring& keyring, const CatalogKey& catalog_key, Random& random) {
  const KeyringIdentity& identity = keyring.identity();
  save_keyring(x_files, x_directory, keyring);
  static_cast<void>(Catalog::create(x_files, x_directory / "catalog.db", catalog_key,
                                    {identity.vault, identity.consortium}, random));
  write_file_atomically(x_files, x_directory / marker_name, as_bytes(encode_marker(identity)));
  x_files.sync_directory(x_directory);
  x_files.sync_directory(x_directory.parent_path());
  x_kept = true;
}

}  // namespace muniment
