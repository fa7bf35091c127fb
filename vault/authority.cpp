#include "vault/authority.hpp"

#include "vault/keyring/age.hpp"

namespace muniment {

namespace {

constexpr std::string_view name = "authority";
constexpr std::size_t bytes_max = 65536;

}  // namespace

void save_authority(FileSystem& files, const std::filesystem::path& vault,
                    const ReadingSecretKey& reading, const AuthorityKey& authority,
                    Random& random) {
  write_file_atomically(files, vault / name,
                        age_encrypt(public_key(reading), authority.view(), random));
}

std::optional<AuthorityKey> find_authority(FileSystem& files, const std::filesystem::path& vault,
                                           const ReadingSecretKey& reading) {
  const Bytes sealed = read_sealed_authority(files, vault);
  if (sealed.empty()) return std::nullopt;
  const auto opened = age_decrypt(reading, sealed);
  const auto* seed = std::get_if<SecretBytes>(&opened);
  return seed == nullptr ? std::nullopt : AuthorityKey::from_bytes(seed->view());
}

Bytes read_sealed_authority(FileSystem& files, const std::filesystem::path& vault) {
  return read_file_within(files, vault / name, bytes_max).value_or(Bytes());
}

void restore_sealed_authority(FileSystem& files, const std::filesystem::path& vault,
                              ByteView sealed) {
  if (sealed.empty() || files.file_size(vault / name)) return;
  write_file_atomically(files, vault / name, sealed);
}

}  // namespace muniment
