#include "vault/keyring/credential.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/keyring/errors.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

TEST_CASE("credential: secrets shorter or longer than the limits are refused") {
  using test::error_code;
  CHECK(error_code([] { (void)Credential::passphrase(SecretBytes()); }) == ErrorCode::usage);
  CHECK(error_code([] { (void)Credential::passphrase(SecretBytes(4097)); }) == ErrorCode::usage);
  CHECK(error_code([] { (void)Credential::key_file(SecretBytes(31)); }) == ErrorCode::usage);
  CHECK(error_code([] {
          (void)Credential::key_file(SecretBytes(limits::key_file_bytes_max + 1));
        }) == ErrorCode::usage);
  CHECK(Credential::passphrase(SecretBytes(1)).kind() == CredentialKind::passphrase);
  CHECK(Credential::passphrase(SecretBytes(4096)).secret().size() == 4096);
  CHECK(Credential::key_file(SecretBytes(32)).kind() == CredentialKind::key_file);
  CHECK(Credential::key_file(SecretBytes(limits::key_file_bytes_max)).secret().size() ==
        limits::key_file_bytes_max);
}

TEST_CASE("secret file: it is read whole, and said to be open to others if it is") {
  using std::filesystem::perms;
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "key";
  std::ofstream(path, std::ios::binary) << std::string("a\0b\n", 4);
  std::filesystem::permissions(path, perms::owner_read);
  const SecretFile closed = read_secret_file(path, 4);
  CHECK(as_text(closed.content.view()) == std::string_view("a\0b\n", 4));
  CHECK_FALSE(closed.open_to_others);
  std::filesystem::permissions(path, perms::owner_read | perms::group_read);
  CHECK(read_secret_file(path, 4).open_to_others);
  std::filesystem::permissions(path, perms::owner_read | perms::others_read);
  CHECK(read_secret_file(path, 4).open_to_others);
}

TEST_CASE("secret file: one that is absent, a folder, or too large is refused by name") {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "key";
  const auto code = [&](std::size_t limit) {
    return test::error_code([&] { (void)read_secret_file(path, limit); });
  };
  CHECK(code(8) == ErrorCode::not_found);
  std::ofstream(path) << "123456789";
  CHECK(code(9) == std::nullopt);
  CHECK(code(8) == ErrorCode::limit);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK(code(8) == ErrorCode::io);
}

}  // namespace muniment
