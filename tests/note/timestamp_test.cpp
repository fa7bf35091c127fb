#include "vault/note/timestamp.hpp"

#include <doctest/doctest.h>

#include "tests/note/timestamp_replies.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/note/der.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

// What tests/golden/note/timestamp.tsr answers: made once with `openssl ts`, by an authority called
// "Test Time Stamps" of "Time Office", whose keys were thrown away.
Sha256Digest digest() {
  return sha256(as_bytes("a checkpoint\n"));
}

Bytes golden() {
  return read_golden("note/timestamp.tsr");
}

std::optional<UnixSeconds> time_of(const std::string& text) {
  const auto reply = decode_timestamp_reply(timestamp_reply(digest(), text));
  return reply ? std::optional(reply->time) : std::nullopt;
}

}  // namespace

TEST_CASE("time stamp: the query is that of openssl") {
  const Bytes query = timestamp_query(digest());
  CHECK(matches_golden("note/timestamp.tsq", query));
  CHECK(query.size() == 59);
}

TEST_CASE("time stamp: a reply of openssl says of what, when and who") {
  const auto reply = decode_timestamp_reply(golden());
  REQUIRE(reply);
  CHECK(reply->digest == digest());
  CHECK(reply->authority == "Test Time Stamps, Time Office");
  CHECK(reply->time == 1795997135);
}

TEST_CASE("time stamp: every truncation, whatever follows, and many a flipped bit are refused") {
  const Bytes good = golden();
  for_each_truncation(good, [](ByteView cut) { CHECK_FALSE(decode_timestamp_reply(cut)); });
  Bytes longer = good;
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_timestamp_reply(longer));
  // Signatures and certificates are openssl's affair; what is read here is no longer the same only
  // where it was flipped.
  std::size_t refused = 0;
  for_each_bit_flip(good, [&](ByteView flipped, std::size_t) {
    refused += decode_timestamp_reply(flipped) ? 0 : 1;
  });
  CHECK(refused > 800);
  CHECK_FALSE(decode_timestamp_reply(Bytes(timestamp_bytes_max + 1)));
}

TEST_CASE("time stamp: times") {
  CHECK(time_of("19700101000000Z") == 0);
  CHECK(time_of("20240229235960Z") == 1709251200);
  CHECK(time_of("20261129120000.25Z") == 1795953600);
  for (const char* text :
       {"", "Z", "20261129120000", "20261129120000.Z", "20261129120000,5Z", "20261329120000Z",
        "20230229120000Z", "20261129240000Z", "20261129126000Z", "2026112912000Z",
        "20261129120000+0100", "2026-11-29T12:00:00Z", "20261129120000.2x5Z"}) {
    CAPTURE(text);
    CHECK_FALSE(time_of(text));
  }
}

TEST_CASE("time stamp: only what was granted counts") {
  CHECK(decode_timestamp_reply(timestamp_reply(digest(), "20261129120000Z", 0)));
  CHECK(decode_timestamp_reply(timestamp_reply(digest(), "20261129120000Z", 1)));
  for (unsigned status = 2; status < 6; ++status) {
    CHECK_FALSE(decode_timestamp_reply(timestamp_reply(digest(), "20261129120000Z", status)));
  }
  CHECK(decode_timestamp_reply(timestamp_reply(digest(), "20261129120000Z"))->authority.empty());
}

TEST_CASE("time stamp: lengths have one form") {
  const auto read = [](std::string_view bytes) {
    der::Reader reader(as_bytes(bytes));
    reader.take(der::octet_string);
    return reader.done();
  };
  CHECK(read(std::string_view("\x04\x00", 2)));
  CHECK(read("\x04\x01x"));
  CHECK(read(std::string("\x04\x81\x80") + std::string(128, 'x')));
  CHECK(read(std::string("\x04\x82\x01\x00", 4) + std::string(256, 'x')));
  CHECK_FALSE(read("\x04\x81\x01x"));
  CHECK_FALSE(read(std::string("\x04\x82\x00\x80", 4) + std::string(128, 'x')));
  CHECK_FALSE(read(std::string_view("\x04\x80x\x00\x00", 5)));
  CHECK_FALSE(read(std::string_view("\x04\x84\x00\x00\x00\x01x", 7)));
  CHECK_FALSE(read("\x04\x02x"));
  CHECK_FALSE(read("\x04"));
  CHECK_FALSE(read("\x1f\x01\x01x"));
  CHECK_FALSE(read(""));
}
