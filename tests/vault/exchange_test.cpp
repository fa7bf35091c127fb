#include "vault/exchange.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"

namespace muniment {
namespace {

SigningKey<AuthorityPurpose> authority() {
  test::FixedRandom random(40);
  return SigningKey<AuthorityPurpose>::generate(random);
}

Card some_card() {
  test::FixedRandom random(41);
  return {random.fixed<MemberId>(),
          SaltedName::make("Süddeutsche Zeitung", random),
          {SshKeyKind::ed25519, verify_key(authority()), {}},
          random.fixed<DeviceId>()};
}

Exchange some_exchange() {
  test::FixedRandom random(42);
  Exchange exchange;
  exchange.consortium = random.fixed<ConsortiumId>();
  exchange.from = random.fixed<DeviceId>();
  exchange.charters = {{1, random.fixed<Sha256Digest>()}, {2, random.fixed<Sha256Digest>()}};
  const auto log = SigningKey<LogPurpose>::generate(random);
  exchange.ledgers.push_back(sign_first_commit({exchange.consortium, {}, exchange.from},
                                               {"muniment/test/v1\n", "second"}, log));
  return exchange;
}

TEST_CASE("card: it is the golden one, and its words are always the same") {
  const std::string text = encode(some_card(), authority());
  CHECK(test::matches_golden("vault/card.txt", as_bytes(text)));
  CHECK(decode_card(text) == some_card());
  CHECK(decode_card("\r\n " + text + "\n\n") == some_card());
  const std::string words = fingerprint_words(some_card()) + "\n";
  CHECK(test::matches_golden("vault/card-words.txt", as_bytes(words)));
}

TEST_CASE("exchange: none is made that is too long to be taken in") {
  Exchange exchange = some_exchange();
  LedgerCopy& ledger = exchange.ledgers.front();
  ledger.entries.assign(exchange_text_bytes_max / 65535, std::string(65535, 'x'));
  const auto error = test::error_of([&] { static_cast<void>(encode(exchange)); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::limit);
}

TEST_CASE("card: whatever is altered in it, it is refused or shows other words") {
  const std::string text = encode(some_card(), authority());
  test::for_each_bit_flip(as_bytes(text), [&](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    const auto card = decode_card(as_text(bytes));
    REQUIRE((!card || *card == some_card()));
  });
  Card other = some_card();
  other.name.name = "Sueddeutsche Zeitung";
  CHECK(fingerprint_words(other) != fingerprint_words(some_card()));
}

TEST_CASE("card: one that another key signed is refused") {
  test::FixedRandom random(43);
  const auto stranger = SigningKey<AuthorityPurpose>::generate(random);
  CHECK_FALSE(decode_card(encode(some_card(), stranger)));
}

TEST_CASE("exchange: its record is the golden one, and strict") {
  const std::string text = encode_exchange_record(some_exchange());
  CHECK(test::matches_golden("vault/exchange.txt", as_bytes(text)));
  const auto decoded = decode_exchange_record(text);
  REQUIRE(decoded);
  CHECK(encode_exchange_record(*decoded) == text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto cut = decode_exchange_record(text.substr(0, size));
    REQUIRE((!cut || encode_exchange_record(*cut) == text.substr(0, size)));
  }
}

TEST_CASE("exchange: what mail programs do to a text is forgiven, what cuts it short is not") {
  const std::string text = encode(some_exchange());
  const std::string record = encode_exchange_record(some_exchange());
  const auto gives_record = [&](const std::string& received) {
    const auto decoded = decode_exchange(received);
    return decoded && encode_exchange_record(*decoded) == record;
  };
  CHECK(gives_record(text));
  std::string wrapped = "Dear all,\r\n";
  for (const char c : text) wrapped += c == '\n' ? std::string("\r\n  ") : std::string(1, c);
  CHECK(gives_record(wrapped + "\r\nbest"));
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    REQUIRE_FALSE(decode_exchange(text.substr(0, size)));
  }
}

TEST_CASE("exchange: a text that would unpack to more than is allowed is refused unread") {
  Bytes packed(8, std::byte{0xff});
  const std::string text =
      "-----BEGIN MUNIMENT TEXT-----\n" + to_base64(packed) + "\n-----END MUNIMENT TEXT-----\n";
  CHECK_FALSE(decode_exchange(text));
}

}  // namespace
}  // namespace muniment
