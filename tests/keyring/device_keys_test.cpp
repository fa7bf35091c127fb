#include "vault/keyring/device_keys.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

ServiceKeys service_keys() {
  FixedRandom random(1);
  return ServiceKeys::generate(random);
}

ReadingKeys reading_keys(bool with_authority) {
  FixedRandom random(2);
  ReadingKeys keys = ReadingKeys::generate(random);
  if (with_authority) keys.authority = AuthorityKey::generate(random);
  return keys;
}

// A content of one class with these bytes first.
SecretBytes content_of(std::initializer_list<unsigned> start) {
  SecretBytes content(1024);
  std::ranges::transform(start, content.mutable_view().begin(),
                         [](unsigned value) { return static_cast<std::byte>(value); });
  return content;
}

}  // namespace

TEST_CASE("device keys: both contents come back whole") {
  const auto service = decode_keys<ServiceKeys>(encode_keys(service_keys()).view());
  REQUIRE(service);
  CHECK(equal(service->transport.view(), service_keys().transport.view()));
  CHECK(equal(service->log.view(), service_keys().log.view()));
  CHECK(equal(service->witness.view(), service_keys().witness.view()));
  CHECK(equal(service->replica.view(), service_keys().replica.view()));
  for (const bool with_authority : {false, true}) {
    const ReadingKeys keys = reading_keys(with_authority);
    const auto reading = decode_keys<ReadingKeys>(encode_keys(keys).view());
    REQUIRE(reading);
    CHECK(equal(reading->reading.view(), keys.reading.view()));
    CHECK(equal(reading->catalog.view(), keys.catalog.view()));
    REQUIRE(reading->authority.has_value() == with_authority);
    if (with_authority) CHECK(equal(reading->authority->view(), keys.authority->view()));
  }
}

TEST_CASE("device keys: the length says neither what is within nor whether there is an authority") {
  CHECK(encode_keys(service_keys()).size() == 1024);
  CHECK(encode_keys(reading_keys(false)).size() == 1024);
  CHECK(encode_keys(reading_keys(true)).size() == 1024);
}

TEST_CASE("device keys: fields of a later program are kept and written back in their place") {
  ReadingKeys keys = reading_keys(true);
  keys.unknown.push_back({9, SecretBytes::copy_of(as_bytes("later"))});
  keys.unknown.push_back({700, SecretBytes(2000)});
  const SecretBytes content = encode_keys(keys);
  CHECK(content.size() == 3 * 1024);
  const auto decoded = decode_keys<ReadingKeys>(content.view());
  REQUIRE(decoded);
  REQUIRE(decoded->unknown.size() == 2);
  CHECK(decoded->unknown[0].tag == 9);
  CHECK(as_text(decoded->unknown[0].value.view()) == "later");
  CHECK(equal(encode_keys(*decoded).view(), content.view()));
}

TEST_CASE("device keys: another version is refused by name") {
  const SecretBytes content = content_of({2, 0});
  CHECK(test::error_code([&] { (void)decode_keys<ServiceKeys>(content.view()); }) ==
        ErrorCode::unsupported);
}

TEST_CASE("device keys: a key that is missing, of another size, or twice there is refused") {
  CHECK_FALSE(decode_keys<ServiceKeys>(content_of({1, 0}).view()));
  CHECK_FALSE(decode_keys<ReadingKeys>(content_of({1, 0, 1, 0, 31, 0}).view()));
  ReadingKeys keys = reading_keys(false);
  keys.unknown.push_back({3, SecretBytes(31)});  // an authority key of the wrong size
  CHECK_FALSE(decode_keys<ReadingKeys>(encode_keys(keys).view()));
  keys.unknown.front() = {2, SecretBytes(32)};
  CHECK_FALSE(decode_keys<ReadingKeys>(encode_keys(keys).view()));
}

TEST_CASE("device keys: one value has one content") {
  const SecretBytes content = encode_keys(reading_keys(true));
  test::for_each_bit_flip(content.view(), [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    std::optional<ReadingKeys> keys;
    if (test::error_code([&] { keys = decode_keys<ReadingKeys>(damaged); })) return;
    CHECK((!keys || equal(encode_keys(*keys).view(), damaged)));
  });
  test::for_each_truncation(content.view(),
                            [](ByteView cut) { CHECK_FALSE(decode_keys<ReadingKeys>(cut)); });
  SecretBytes longer(2048);
  std::ranges::copy(content.view(), longer.mutable_view().begin());
  CHECK_FALSE(decode_keys<ReadingKeys>(longer.view()));
}

}  // namespace muniment
