#include "vault/keyring/keyring_file.hpp"

#include <exception>

#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/keyring/format.hpp"

namespace muniment {

namespace {

constexpr std::array copy_names{keyring_format::first_copy, keyring_format::second_copy};

struct Copy {
  std::string name;
  Bytes bytes;                    // empty if there is no file
  std::exception_ptr unreadable;  // what the system said, if it did not give the bytes
  std::optional<Keyring> keyring;
};

Copy read_copy(FileSystem& files, const FileSystem::Path& directory, std::string_view name) {
  Copy copy;
  copy.name = name;
  try {
    const auto file = files.find(directory / name);
    if (file) copy.bytes = file->read_at(0, limits::keyring_bytes_max);
  } catch (const Error&) {  // a disk that cannot read one copy any more is what the other is for
    copy.unreadable = std::current_exception();
  }
  copy.keyring = Keyring::decode(copy.bytes);
  return copy;
}

[[noreturn]] void fail_without_copy(const std::array<Copy, 2>& copies) {
  const std::string hint =
      "put back a backup of the keyring; without one, the recovery sheet gives the reading keys";
  for (const Copy& copy : copies) {
    if (copy.keyring) {
      throw Error(ErrorCode::damaged,
                  "keyring: it belongs to another vault, " + copy.keyring->identity().vault.hex(),
                  hint);
    }
  }
  for (const Copy& copy : copies) {
    if (copy.unreadable) std::rethrow_exception(copy.unreadable);
  }
  const bool missing = copies[0].bytes.empty() && copies[1].bytes.empty();
  throw Error(ErrorCode::damaged,
              missing ? "keyring: both copies are missing" : "keyring: both copies are damaged",
              hint);
}

}  // namespace

LoadedKeyring load_keyring(FileSystem& files, const FileSystem::Path& directory,
                           const VaultId& vault) {
  std::array copies{read_copy(files, directory, copy_names[0]),
                    read_copy(files, directory, copy_names[1])};
  Copy* newest = nullptr;
  for (Copy& copy : copies) {
    if (!copy.keyring || copy.keyring->identity().vault != vault) continue;
    if (!newest || copy.keyring->generation() > newest->keyring->generation()) newest = &copy;
  }
  if (!newest) fail_without_copy(copies);

  LoadedKeyring loaded{std::move(*newest->keyring), {}};
  for (const Copy& copy : copies) {
    if (!equal(copy.bytes, newest->bytes)) loaded.damaged_copies.push_back(copy.name);
  }
  return loaded;
}

void save_keyring(FileSystem& files, const FileSystem::Path& directory, Keyring& keyring) {
  keyring.advance_generation();
  const Bytes bytes = keyring.encode();
  write_file_atomically(files, directory / keyring_format::second_copy, bytes);
  write_file_atomically(files, directory / keyring_format::first_copy, bytes);
}

void repair_keyring(FileSystem& files, const FileSystem::Path& directory,
                    const LoadedKeyring& loaded) {
  const Bytes bytes = loaded.keyring.encode();
  for (const std::string& name : loaded.damaged_copies) {
    write_file_atomically(files, directory / name, bytes);
  }
}

}  // namespace muniment
