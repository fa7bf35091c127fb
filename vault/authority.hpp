// The file `authority`: a new authority key of the member, sealed to this device's reading key. It
// takes the place of the keyring's once a charter lists it. An age file with the 32-byte seed.
#pragma once

#include <filesystem>

#include "vault/base/file.hpp"
#include "vault/keyring/device_keys.hpp"

namespace muniment {

void save_authority(FileSystem& files, const std::filesystem::path& vault,
                    const ReadingSecretKey& reading, const AuthorityKey& authority, Random& random);

// Empty if there is none, or it does not open.
[[nodiscard]] std::optional<AuthorityKey> find_authority(FileSystem& files,
                                                         const std::filesystem::path& vault,
                                                         const ReadingSecretKey& reading);

// The file as it is, for a backup; empty if there is none, or it is too large to be one.
[[nodiscard]] Bytes read_sealed_authority(FileSystem& files, const std::filesystem::path& vault);
// Puts it back where there is none.
void restore_sealed_authority(FileSystem& files, const std::filesystem::path& vault,
                              ByteView sealed);

}  // namespace muniment
