#include "vault/note/ssh.hpp"

#include <doctest/doctest.h>

#include "tests/note/keys.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/vectors.hpp"
#include "vault/crypto/base64.hpp"

namespace muniment {

namespace {

SshPublicKey software_key() {
  return {SshKeyKind::ed25519, verify_key(test::fixed_key<AuthorityPurpose>(1)), {}};
}

SshPublicKey token_key() {
  return {SshKeyKind::sk_ed25519, verify_key(test::fixed_key<AuthorityPurpose>(2)), "ssh:"};
}

// `type SP base64` of an OpenSSH public key file, its comment left away.
std::string authorized_key_in(const std::filesystem::path& file) {
  const std::string text = test::read_text(file);
  return text.substr(0, text.find_first_of(" \n", text.find(' ') + 1));
}

}  // namespace

TEST_CASE("ssh key: OpenSSH's own keys decode and encode to the same text") {
  const auto folder = test::find_vectors("sshsig");
  if (!folder) return;
  const std::string software = authorized_key_in(*folder / "ed25519.pub");
  const auto key = decode_authorized_key(software);
  REQUIRE(key);
  CHECK(key->kind == SshKeyKind::ed25519);
  CHECK(key->application.empty());
  CHECK(encode_authorized_key(*key) == software);

  const std::string token = authorized_key_in(*folder / "ed25519_sk.pub");
  const auto token_key = decode_authorized_key(token);
  REQUIRE(token_key);
  CHECK(token_key->kind == SshKeyKind::sk_ed25519);
  CHECK(token_key->application == "ssh:");
  CHECK(encode_authorized_key(*token_key) == token);
}

TEST_CASE("ssh key: kinds that are not supported are refused, and named") {
  const auto folder = test::find_vectors("sshsig");
  if (!folder) return;
  for (const auto& [file, type] : {std::pair{"rsa.pub", "ssh-rsa"},
                                   {"ecdsa.pub", "ecdsa-sha2-nistp256"},
                                   {"ecdsa_sk.pub", "sk-ecdsa-sha2-nistp256@openssh.com"},
                                   {"ecdsa_sk_webauthn.pub", "sk-ecdsa-sha2-nistp256@openssh.com"},
                                   {"mldsa44-ed25519.pub", "ssh-mldsa44-ed25519@openssh.com"}}) {
    CAPTURE(file);
    const std::string text = authorized_key_in(*folder / file);
    CHECK_FALSE(decode_authorized_key(text));
    const auto blob = from_base64(text.substr(text.find(' ') + 1));
    REQUIRE(blob);
    CHECK_FALSE(decode_ssh_key(*blob));
    CHECK(ssh_blob_type(*blob) == type);
  }
}

TEST_CASE("ssh key: every cut is refused, every flipped bit is refused or another key") {
  for (const SshPublicKey& key : {software_key(), token_key()}) {
    Bytes blob = encode_ssh_key(key);
    CHECK(decode_ssh_key(blob) == key);
    test::for_each_truncation(blob, [](ByteView cut) { CHECK_FALSE(decode_ssh_key(cut)); });
    test::for_each_bit_flip(blob, [&](ByteView flipped, std::size_t) {
      const auto other = decode_ssh_key(flipped);
      if (!other) return;
      CHECK(*other != key);
      CHECK(equal(encode_ssh_key(*other), flipped));
    });
    blob.push_back(std::byte{0});
    CHECK_FALSE(decode_ssh_key(blob));
  }
}

TEST_CASE("ssh key: lengths that lie are refused") {
  for (const std::string_view hex : {"", "00", "0000000b", "ffffffff", "7fffffff00", "00000000"}) {
    Bytes blob(hex.size() / 2);
    REQUIRE(from_hex(hex, blob));
    CHECK_FALSE(decode_ssh_key(blob));
    CHECK(ssh_blob_type(blob).empty());
  }
}

TEST_CASE("ssh key: a text with another type, a comment or other spaces is refused") {
  const std::string good = encode_authorized_key(software_key());
  const std::string blob = good.substr(good.find(' ') + 1);
  CHECK(decode_authorized_key(good) == software_key());
  for (const std::string& bad : std::vector<std::string>{
           blob, ' ' + good, good + ' ', good + '\n', good + " comment", "ssh-ed25519  " + blob,
           "ssh-ed25519\t" + blob, "ssh-rsa " + blob, "sk-ssh-ed25519@openssh.com " + blob,
           "SSH-ED25519 " + blob, "ssh-ed25519 ", "ssh-ed25519", ""}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_authorized_key(bad));
  }
}

}  // namespace muniment
