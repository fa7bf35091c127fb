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
  if (files.file_size(vault / name).value_or(0) > bytes_max) return std::nullopt;
  const auto bytes = read_file(files, vault / name, bytes_max);
  if (!bytes) return std::nullopt;
  const auto opened = age_decrypt(reading, *bytes);
  const auto* seed = std::get_if<SecretBytes>(&opened);
  return seed == nullptr ? std::nullopt : AuthorityKey::from_bytes(seed->view());
}

}  // namespace muniment
