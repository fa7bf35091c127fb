#include "vault/keyring/age.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/vectors.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/keys.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

ReadingSecretKey test_key(std::uint64_t seed = 1) {
  FixedRandom random(seed);
  return ReadingSecretKey::generate(random);
}

Bytes test_file(ByteView plaintext) {
  FixedRandom random(2);
  return age_encrypt(public_key(test_key()), plaintext, random);
}

std::optional<Bytes> decrypt(ByteView file, std::uint64_t key = 1) {
  const auto result = age_decrypt(test_key(key), file);
  const auto* plaintext = std::get_if<SecretBytes>(&result);
  if (plaintext == nullptr) return std::nullopt;
  return Bytes(plaintext->view().begin(), plaintext->view().end());
}

bool run(const std::filesystem::path& folder, const std::string& command) {
  const std::string line = "cd '" + folder.string() + "' && " + command + " >/dev/null 2>&1";
  return std::system(line.c_str()) == 0;
}

bool has_stock_age() {
  const bool found = run("/",
                         "age --version | grep -Eq '^v?(1\\.([3-9]|[1-9][0-9])|[2-9])' && "
                         "command -v age-keygen");
  if (!found) test::skip("age 1.3 or newer is not installed");
  return found;
}

}  // namespace

TEST_CASE("age: a payload of any number of chunks comes back") {
  constexpr std::size_t chunk = 65536;
  FixedRandom random;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 7}) {
    CAPTURE(size);
    const Bytes plaintext = random.bytes(size);
    CHECK(decrypt(test_file(plaintext)) == plaintext);
  }
}

TEST_CASE("age: the golden file is written, and read, as ever") {
  const Bytes file = test_file(as_bytes("muniment"));
  CHECK(test::matches_golden("keyring/muniment.age", file));
  CHECK(decrypt(test::read_golden("keyring/muniment.age")) == to_bytes("muniment"));
}

TEST_CASE("age: another key gets no match") {
  const auto result = age_decrypt(test_key(2), test_file(as_bytes("muniment")));
  CHECK(std::get<AgeRefusal>(result) == AgeRefusal::no_match);
}

TEST_CASE("age: every flipped bit, cut and trailing byte is refused") {
  const Bytes file = test_file(as_bytes("muniment"));
  test::for_each_bit_flip(file, [](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(decrypt(damaged));
  });
  test::for_each_truncation(file, [](ByteView cut) { CHECK_FALSE(decrypt(cut)); });
  for (const char* tail : {"a", "\n", "0123456789abcdef0123"}) {
    Bytes longer = file;
    append(longer, as_bytes(tail));
    CHECK_FALSE(decrypt(longer));
  }
}

TEST_CASE("age: a machine that repeats its random numbers uses other keys for other contents") {
  const Bytes first = test_file(as_bytes("first content"));
  const Bytes second = test_file(as_bytes("other content"));
  const auto header_of = [](const Bytes& file) { return *parse_age_header(file); };
  CHECK_FALSE(equal(header_of(first).payload_nonce, header_of(second).payload_nonce));
  CHECK(header_of(first).stanzas.front().arguments[1] !=
        header_of(second).stanzas.front().arguments[1]);
}

TEST_CASE("age: keys are written as c2sp.org/age has them") {
  // The identity is the example there; the digest is that of the recipient beside it.
  const std::string text =
      "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
  const auto key = parse_age_identity<ReadingPurpose>(text);
  REQUIRE(key);
  CHECK(as_text(age_identity(*key).view()) == text);
  const std::string recipient = age_recipient(public_key(*key));
  CHECK(recipient.starts_with("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5"));
  CHECK(sha256(as_bytes(recipient)).hex() ==
        "a091dd7e0ee9d62b75173dcc98441a0424baa941e66a8776e570a4ae60ff61ea");
  CHECK(parse_age_recipient<ReadingPurpose>(recipient) == public_key(*key));
}

TEST_CASE("age: keys of other kinds, sizes and cases are none") {
  const std::string identity(as_text(age_identity(test_key()).view()));
  const std::string recipient = age_recipient(public_key(test_key()));
  std::string mixed = identity;
  mixed.front() = 'a';
  std::string capitals = recipient;
  for (char& c : capitals) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  CHECK_FALSE(parse_age_identity<ReadingPurpose>(mixed));
  CHECK_FALSE(parse_age_identity<ReadingPurpose>(recipient));
  CHECK_FALSE(parse_age_identity<ReadingPurpose>(identity + "\n"));
  CHECK_FALSE(parse_age_recipient<ReadingPurpose>(capitals));
  CHECK_FALSE(parse_age_recipient<ReadingPurpose>(identity));
  CHECK_FALSE(parse_age_identity<ReadingPurpose>(
      "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"));
}

TEST_CASE("age: stock age opens what is sealed here, for the right key only") {
  if (!has_stock_age()) return;
  const test::TemporaryDirectory folder;
  const Bytes file = test_file(as_bytes("muniment"));
  std::ofstream(folder.path() / "file.age", std::ios::binary) << as_text(file);
  std::ofstream(folder.path() / "identity") << as_text(age_identity(test_key(1)).view()) << '\n';
  std::ofstream(folder.path() / "other") << as_text(age_identity(test_key(2)).view()) << '\n';
  CHECK(run(folder.path(), "age -d -i identity -o plain file.age"));
  CHECK(test::read_text(folder.path() / "plain") == "muniment");
  CHECK_FALSE(run(folder.path(), "age -d -i other -o nothing file.age"));
}

TEST_CASE("age: what stock age seals opens here") {
  if (!has_stock_age()) return;
  const test::TemporaryDirectory folder;
  std::ofstream(folder.path() / "plain") << "muniment";
  std::ofstream(folder.path() / "to") << age_recipient(public_key(test_key())) << '\n';
  REQUIRE(run(folder.path(), "age -R to -o file.age plain"));
  const std::string file = test::read_text(folder.path() / "file.age");
  CHECK(decrypt(as_bytes(file)) == to_bytes("muniment"));
  CHECK_FALSE(decrypt(as_bytes(file), 2));
}

}  // namespace muniment
