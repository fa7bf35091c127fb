#include "vault/note/sshsig.hpp"

#include <doctest/doctest.h>

#include "tests/note/keys.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/vectors.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/sha512.hpp"

namespace muniment {

namespace {

constexpr std::string_view name_space = "muniment-test";
const Bytes message = to_bytes("what is signed\n");

const SshSignature& sample() {
  static const auto signature = ssh_sign(test::fixed_key<AuthorityPurpose>(1), name_space, message);
  return signature;
}

// One of OpenSSH's own test signatures, if it is of a kind that we read.
struct Vector {
  Bytes blob;
  std::optional<SshSignature> signature;
  Bytes message;
  std::string name_space;
};

Vector read_vector(const std::filesystem::path& folder, const std::string& name) {
  const auto blob = dearmor_sshsig(test::read_text(folder / (name + ".sig")));
  REQUIRE(blob);
  return {*blob, decode_sshsig(*blob), to_bytes(test::read_text(folder / "signed-data")),
          test::read_text(folder / "namespace")};
}

// The seed in an unencrypted OpenSSH private key: it stands before the public key, both as one
// string of 64.
SigningKey<AuthorityPurpose> seed_in(const std::filesystem::path& file, ByteView public_key) {
  std::string text = test::read_text(file);
  const auto begin = text.find('\n');
  const auto end = text.find("-----END");
  REQUIRE(end != std::string::npos);
  text = text.substr(begin, end - begin);
  std::erase(text, '\n');
  const auto blob = from_base64(text);
  REQUIRE(blob);
  const auto place = as_text(*blob).rfind(as_text(public_key));
  REQUIRE((place != std::string_view::npos && place >= 32));
  return *SigningKey<AuthorityPurpose>::from_bytes(ByteView(*blob).subspan(place - 32, 32));
}

Bytes u32(std::size_t value) {
  Bytes bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<std::byte>(value >> shift & 0xffU));
  }
  return bytes;
}

// What a token signs, written down a second time from PROTOCOL.sshsig and PROTOCOL.u2f.
Bytes token_message(const SshSignature& signature) {
  Bytes data = to_bytes("SSHSIG");
  const Sha512Digest digest = sha512(message);
  for (const ByteView part :
       {as_bytes(signature.name_space), ByteView(), as_bytes("sha512"), digest.view()}) {
    append(data, u32(part.size()));
    append(data, part);
  }
  Bytes result;
  append(result, sha256(as_bytes(signature.key.application)).view());
  result.push_back(std::byte{signature.flags});
  append(result, u32(signature.counter));
  append(result, sha256(data).view());
  return result;
}

}  // namespace

TEST_CASE("sshsig: what was signed verifies, in golden bytes") {
  const Bytes blob = encode_sshsig(sample());
  CHECK(test::matches_golden("note/sshsig", as_bytes(armor_sshsig(blob))));
  CHECK(decode_sshsig(blob) == sample());
  CHECK(ssh_verify(sample(), sample().key, name_space, message));
}

TEST_CASE("sshsig: another namespace, message or signer is refused") {
  const SshPublicKey& signer = sample().key;
  CHECK_FALSE(ssh_verify(sample(), signer, "muniment-tests", message));
  CHECK_FALSE(ssh_verify(sample(), signer, "", message));
  CHECK_FALSE(ssh_verify(sample(), signer, name_space, {}));
  SshPublicKey other = signer;
  other.key = verify_key(test::fixed_key<AuthorityPurpose>(2));
  CHECK_FALSE(ssh_verify(sample(), other, name_space, message));

  // Signed for one act, presented for another: the text of the namespace alone does not help.
  SshSignature moved = sample();
  moved.name_space = "muniment-grant";
  CHECK_FALSE(ssh_verify(moved, signer, "muniment-grant", message));
  // Another's key on a signature of one's own.
  SshSignature dressed = sample();
  dressed.key = other;
  CHECK_FALSE(ssh_verify(dressed, other, name_space, message));
  CHECK_FALSE(ssh_verify(dressed, signer, name_space, message));
}

TEST_CASE("sshsig: OpenSSH's signature by a key in software verifies, and is ours byte for byte") {
  const auto folder = test::find_vectors("sshsig");
  if (!folder) return;
  const Vector vector = read_vector(*folder, "ed25519");
  REQUIRE(vector.signature);
  const SshSignature& signature = *vector.signature;
  CHECK(ssh_verify(signature, signature.key, vector.name_space, vector.message));
  CHECK_FALSE(ssh_verify(signature, signature.key, "file", vector.message));
  CHECK(encode_sshsig(signature) == vector.blob);
  CHECK(armor_sshsig(vector.blob) == test::read_text(*folder / "ed25519.sig"));
  const auto seed = seed_in(*folder / "ed25519", signature.key.key.view());
  CHECK(ssh_sign(seed, vector.name_space, vector.message) == signature);
}

TEST_CASE("sshsig: OpenSSH's signature by a token verifies, and its presence flag counts") {
  const auto folder = test::find_vectors("sshsig");
  if (!folder) return;
  const Vector vector = read_vector(*folder, "ed25519_sk");
  REQUIRE(vector.signature);
  const SshSignature& good = *vector.signature;
  const auto verifies = [&](const SshSignature& signature) {
    return ssh_verify(signature, signature.key, vector.name_space, vector.message);
  };
  CHECK(good.key.kind == SshKeyKind::sk_ed25519);
  CHECK(good.flags == 0x01);
  CHECK(good.counter == 0x12345678);
  CHECK(verifies(good));
  CHECK(encode_sshsig(good) == vector.blob);

  SshSignature changed = good;
  changed.counter ^= 1U;
  CHECK_FALSE(verifies(changed));
  changed = good;
  changed.flags = 0x05;
  CHECK_FALSE(verifies(changed));
  changed = good;
  changed.key.application = "ssh:other";
  CHECK_FALSE(verifies(changed));
  changed = good;
  changed.key = {SshKeyKind::ed25519, good.key.key, {}};
  CHECK_FALSE(verifies(changed));
}

TEST_CASE("sshsig: a token that nobody touched is refused however well it signed") {
  // A token made by hand: it signs SHA256(application) || flags || counter || SHA256(signed data).
  const auto key = test::fixed_key<AuthorityPurpose>(3);
  SshSignature signature;
  signature.key = {SshKeyKind::sk_ed25519, verify_key(key), "ssh:"};
  signature.name_space = name_space;
  signature.counter = 7;
  const auto sign_with = [&](std::uint8_t flags) {
    signature.flags = flags;
    signature.signature = sign(key, token_message(signature));
    return ssh_verify(signature, signature.key, name_space, message);
  };
  CHECK(sign_with(0x01));
  CHECK(sign_with(0x05));
  CHECK_FALSE(sign_with(0x00));
  CHECK_FALSE(sign_with(0x04));
}

TEST_CASE("sshsig: kinds of keys that are not supported are refused, and named") {
  const auto folder = test::find_vectors("sshsig");
  if (!folder) return;
  for (const auto& [name, type] : {std::pair{"rsa", "ssh-rsa"},
                                   {"ecdsa", "ecdsa-sha2-nistp256"},
                                   {"ecdsa_sk", "sk-ecdsa-sha2-nistp256@openssh.com"},
                                   {"ecdsa_sk_webauthn", "sk-ecdsa-sha2-nistp256@openssh.com"},
                                   {"mldsa44-ed25519", "ssh-mldsa44-ed25519@openssh.com"}}) {
    CAPTURE(name);
    const Vector vector = read_vector(*folder, name);
    CHECK_FALSE(vector.signature);
    CHECK(sshsig_key_type(vector.blob) == type);
  }
}

TEST_CASE("sshsig: every cut is refused, and no flipped bit verifies") {
  SshSignature token = sample();
  token.key.kind = SshKeyKind::sk_ed25519;
  token.key.application = "ssh:";
  token.flags = 1;
  for (const SshSignature& signature : {sample(), token}) {
    const Bytes blob = encode_sshsig(signature);
    CHECK(decode_sshsig(blob) == signature);
    test::for_each_truncation(blob, [](ByteView cut) { CHECK_FALSE(decode_sshsig(cut)); });
    test::for_each_bit_flip(blob, [&](ByteView flipped, std::size_t) {
      const auto other = decode_sshsig(flipped);
      if (!other) return;
      CHECK(equal(encode_sshsig(*other), flipped));
      CHECK(*other != signature);
      CHECK_FALSE(ssh_verify(*other, sample().key, name_space, message));
    });
  }
}

TEST_CASE("sshsig: another version, hash, reserved data or trailing bytes are refused") {
  const std::string good(as_text(encode_sshsig(sample())));
  const auto refused = [&](std::string_view from, std::string_view to, std::string_view end = {}) {
    std::string text = good;
    text += end;
    const auto place = text.find(from);
    REQUIRE(place != std::string::npos);
    text.replace(place, from.size(), to);
    return !decode_sshsig(as_bytes(text));
  };
  using std::string_view_literals::operator""sv;
  CHECK_FALSE(refused("sha512", "sha512"));
  CHECK(refused("sha512", "sha256"));
  CHECK(refused("\0\0\0\6sha512"sv, "\0\0\0\7sha5120"sv));
  CHECK(refused("SSHSIG\0\0\0\1"sv, "SSHSIG\0\0\0\2"sv));
  CHECK(refused("SSHSIG", "SSHSIg"));
  CHECK(refused("\0\0\0\0\0\0\0\6sha512"sv, "\0\0\0\1x\0\0\0\6sha512"sv));
  CHECK(refused("\0\0\0\15muniment-test"sv, "\0\0\0\0"sv));
  CHECK_FALSE(decode_sshsig(as_bytes(good + '\0')));
  // Within the signature, whose length was 0x53.
  CHECK(refused("\0\0\0\x53\0\0\0\x0bssh"sv, "\0\0\0\x54\0\0\0\x0bssh"sv, "\0"sv));
  CHECK(sshsig_key_type(as_bytes("SSHSIg\0\0\0\1\0\0\0\3abc"sv)).empty());
}

TEST_CASE("sshsig: armor is what ssh-keygen writes, and nothing else is read") {
  const Bytes blob = encode_sshsig(sample());
  const std::string good = armor_sshsig(blob);
  CHECK(dearmor_sshsig(good) == blob);
  for (const std::size_t size : {1U, 52U, 53U, 105U, 106U, 157U, 158U}) {  // 52.5 bytes fill a line
    const Bytes bytes(size, std::byte{1});
    CHECK(dearmor_sshsig(armor_sshsig(bytes)) == bytes);
  }
  std::string crlf = good;
  crlf.replace(crlf.find('\n'), 1, "\r\n");
  std::string joined = good;
  joined.erase(joined.find('\n', 40), 1);
  const std::string end = "-----END SSH SIGNATURE-----\n";
  for (const std::string& bad : std::vector<std::string>{
           "", end, good.substr(0, good.find('\n') + 1), ' ' + good, good + '\n', "\n" + good,
           good + good, crlf, joined, good.substr(1), good.substr(0, good.size() - 1)}) {
    CAPTURE(bad);
    CHECK_FALSE(dearmor_sshsig(bad));
  }
  test::for_each_truncation(as_bytes(good),
                            [](ByteView cut) { CHECK_FALSE(dearmor_sshsig(as_text(cut))); });
  test::for_each_bit_flip(as_bytes(good), [&](ByteView flipped, std::size_t) {
    const auto other = dearmor_sshsig(as_text(flipped));
    if (!other) return;
    CHECK(*other != blob);
    CHECK(armor_sshsig(*other) == as_text(flipped));
  });
}

}  // namespace muniment
