#include "vault/keyring/slip39.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/fixed.hpp"
#include "tests/support/vectors.hpp"
#include "vault/keyring/slip39_share.hpp"
#include "vault/keyring/slip39_words.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

using Result = std::variant<SecretBytes, Slip39Problem>;

SecretBytes secret_text(std::string_view text) {
  return SecretBytes::copy_of(as_bytes(text));
}

std::vector<SecretBytes> copies(std::span<const SecretBytes> shares) {
  std::vector<SecretBytes> result;
  for (const SecretBytes& share : shares) result.push_back(SecretBytes::copy_of(share.view()));
  return result;
}

// The secret in hexadecimal; empty if there is a problem.
std::string secret_of(const Result& result) {
  const auto* secret = std::get_if<SecretBytes>(&result);
  return secret != nullptr ? to_hex(secret->view()) : std::string();
}

Slip39Problem problem_of(const Result& result) {
  return std::get<Slip39Problem>(result);
}

std::vector<SecretBytes> split(ByteView secret, const Slip39Group& group) {
  FixedRandom random(3);
  return std::move(slip39_split(secret, {}, {.groups = {group}}, random).front());
}

void replace_word(SecretBytes& share, std::size_t place, std::string_view word) {
  const std::string text(as_text(share.view()));
  std::size_t at = 0;
  for (std::size_t i = 0; i < place; ++i) at = text.find(' ', at) + 1;
  const std::size_t end = std::min(text.find(' ', at), text.size());
  share = secret_text(text.substr(0, at) + std::string(word) + text.substr(end));
}

}  // namespace

TEST_CASE("slip39: the list has 1,024 sorted words that their first four letters tell apart") {
  std::set<std::string_view> starts;
  for (unsigned i = 0; i < slip39_word_count; ++i) {
    const std::string_view word = slip39_word(i);
    CHECK(word.size() >= 4);
    CHECK(word.size() <= 8);
    CHECK(starts.insert(word.substr(0, 4)).second);
    CHECK((i == 0 || slip39_word(i - 1) < word));
    CHECK(find_slip39_word(word) == i);
  }
  CHECK(slip39_word(0) == "academic");
  CHECK(slip39_word(1023) == "zero");
  CHECK(find_slip39_word("ZerO") == 1023);
  CHECK_FALSE(find_slip39_word("zer"));
  CHECK_FALSE(find_slip39_word("zeros"));
  CHECK_FALSE(find_slip39_word(""));
}

TEST_CASE("slip39: all 45 published vectors give the secret or the refusal that they state") {
  const auto folder = test::find_vectors("slip39");
  if (!folder) return;
  const auto vectors = nlohmann::json::parse(test::read_text(*folder / "vectors.json"));
  CHECK(vectors.size() == 45);
  for (const auto& vector : vectors) {
    const auto name = vector.at(0).get<std::string>();
    CAPTURE(name);
    std::vector<SecretBytes> shares;
    for (const auto& share : vector.at(1)) shares.push_back(secret_text(share.get<std::string>()));
    const Result result = slip39_combine(shares, as_bytes("TREZOR"));
    CHECK(secret_of(result) == vector.at(2).get<std::string>());
  }
}

TEST_CASE("slip39: a secret of every length comes back from any threshold of its shares") {
  FixedRandom random;
  for (std::size_t size = 16; size <= 64; size += 2) {
    const Bytes secret = random.bytes(size);
    const auto shares = split(secret, {.threshold = 3, .count = 5});
    REQUIRE(shares.size() == 5);
    CHECK(secret_of(slip39_combine(std::span(shares).first(3), {})) == to_hex(secret));
    CHECK(secret_of(slip39_combine(std::span(shares).last(3), {})) == to_hex(secret));
  }
}

TEST_CASE("slip39: groups are put together from the groups that are needed") {
  FixedRandom random;
  const Bytes secret = random.bytes(32);
  const Slip39Options options{
      .group_threshold = 2, .groups = {{1, 1}, {2, 3}, {16, 16}}, .iteration_exponent = 1};
  const auto groups = slip39_split(secret, as_bytes("word"), options, random);
  REQUIRE(groups.size() == 3);
  REQUIRE(groups[2].size() == 16);
  std::vector<SecretBytes> shares = copies(std::span(groups[1]).last(2));
  CHECK(problem_of(slip39_combine(shares, {})).reason == Slip39Refusal::too_few_groups);
  shares.push_back(SecretBytes::copy_of(groups[0][0].view()));
  CHECK(secret_of(slip39_combine(shares, as_bytes("word"))) == to_hex(secret));
  // Another passphrase is another secret, by design.
  CHECK(secret_of(slip39_combine(shares, as_bytes("other"))) != to_hex(secret));
  shares.push_back(SecretBytes::copy_of(groups[2][0].view()));
  CHECK(problem_of(slip39_combine(shares, as_bytes("word"))).reason == Slip39Refusal::too_many);
  shares = copies(groups[2]);
  shares.push_back(SecretBytes::copy_of(groups[0][0].view()));
  CHECK(secret_of(slip39_combine(shares, as_bytes("word"))) == to_hex(secret));
}

TEST_CASE("slip39: one share too few is said with how many are missing") {
  const auto shares =
      split(as_bytes("a secret of exactly thirty-two b"), {.threshold = 3, .count = 5});
  const Slip39Problem two = problem_of(slip39_combine(std::span(shares).first(2), {}));
  CHECK(two.reason == Slip39Refusal::too_few_shares);
  CHECK(two.missing == 1);
  CHECK(to_text(two) == "too few shares: 1 more needed");
  CHECK(problem_of(slip39_combine({}, {})).reason == Slip39Refusal::too_few_shares);
}

TEST_CASE("slip39: a share too many, given twice, or of another secret is named") {
  FixedRandom random(9);
  const Bytes secret = random.bytes(32);
  const auto shares = split(secret, {.threshold = 2, .count = 3});
  const Slip39Problem extra = problem_of(slip39_combine(shares, {}));
  CHECK(extra.reason == Slip39Refusal::too_many);
  CHECK(extra.share == 2);

  std::vector<SecretBytes> twice = copies(std::span(shares).first(1));
  twice.push_back(SecretBytes::copy_of(shares[0].view()));
  CHECK(problem_of(slip39_combine(twice, {})).reason == Slip39Refusal::duplicate);
  CHECK(problem_of(slip39_combine(twice, {})).share == 1);

  const auto others = slip39_split(secret, {}, {.groups = {{2, 3}}}, random);
  std::vector<SecretBytes> mixed = copies(std::span(shares).first(1));
  mixed.push_back(SecretBytes::copy_of(others[0][1].view()));
  CHECK(problem_of(slip39_combine(mixed, {})).reason == Slip39Refusal::different_secret);
  CHECK(problem_of(slip39_combine(mixed, {})).share == 1);
}

TEST_CASE("slip39: a wrong word in any place is found in its share") {
  FixedRandom random(4);
  const Bytes secret = random.bytes(32);
  const auto shares = split(secret, {.threshold = 2, .count = 2});
  for (std::size_t place = 0; place < 33; ++place) {
    CAPTURE(place);
    std::vector<SecretBytes> damaged = copies(shares);
    replace_word(damaged[1], place, slip39_word(static_cast<unsigned>(random.below(1024))));
    if (equal(damaged[1].view(), shares[1].view())) continue;
    const Slip39Problem problem = problem_of(slip39_combine(damaged, {}));
    CHECK(problem.reason == Slip39Refusal::checksum);
    CHECK(problem.share == 1);
  }
  std::vector<SecretBytes> unknown = copies(shares);
  replace_word(unknown[1], 6, "muniment");
  const Slip39Problem problem = problem_of(slip39_combine(unknown, {}));
  CHECK(problem.reason == Slip39Refusal::word_unknown);
  CHECK(problem.word == 6);
  CHECK(to_text(problem) == "share 2: word 7 is not in the list of words");
}

TEST_CASE("slip39: an altered share whose checksum was made to fit is noticed by the digest") {
  FixedRandom random(5);
  const auto shares = split(random.bytes(32), {.threshold = 2, .count = 2});
  auto decoded = decode_slip39_share(shares[1].view());
  auto& share = std::get<Slip39Share>(decoded);
  share.value.mutable_view()[31] ^= std::byte{1};
  std::vector<SecretBytes> forged = copies(std::span(shares).first(1));
  forged.push_back(encode_slip39_share(share));
  CHECK(problem_of(slip39_combine(forged, {})).reason == Slip39Refusal::digest);
}

TEST_CASE("slip39: white space and capitals do not matter, the number of words does") {
  FixedRandom random(6);
  const Bytes secret = random.bytes(32);
  const auto shares = split(secret, {});
  const std::string text(as_text(shares[0].view()));
  const auto combine = [](const std::string& share) {
    std::vector<SecretBytes> one;
    one.push_back(secret_text(share));
    return slip39_combine(one, {});
  };
  std::string shouted = "\n  ";
  for (const char c : text) {
    if (c == ' ') {
      shouted += "\r\n\t ";
    } else {
      shouted += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  CHECK(secret_of(combine(shouted + "\n")) == to_hex(secret));
  CHECK(problem_of(combine(text.substr(0, text.rfind(' ')))).reason == Slip39Refusal::length);
  CHECK(problem_of(combine("academic acid")).reason == Slip39Refusal::length);
  CHECK(problem_of(combine("")).reason == Slip39Refusal::length);
  std::string endless;
  for (int i = 0; i < 100; ++i) endless += "academic ";
  CHECK(problem_of(combine(endless)).reason == Slip39Refusal::length);
}

TEST_CASE(
    "slip39: a share with impossible numbers or padding is refused though its checksum holds") {
  const auto refusal = [](const Slip39Share& share) {
    const auto result = decode_slip39_share(encode_slip39_share(share).view());
    const auto* problem = std::get_if<Slip39Problem>(&result);
    return problem != nullptr ? std::optional(problem->reason) : std::nullopt;
  };
  Slip39Share share;
  share.value = SecretBytes(32);
  CHECK_FALSE(refusal(share));
  share.group_threshold = 2;
  CHECK(refusal(share) == Slip39Refusal::malformed);
  share.group_threshold = 1;
  share.group_index = 1;
  CHECK(refusal(share) == Slip39Refusal::malformed);
}

}  // namespace muniment
