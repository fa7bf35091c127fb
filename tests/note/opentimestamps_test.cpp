#include "vault/note/opentimestamps.hpp"

#include <doctest/doctest.h>

#include "tests/note/ots_files.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/crypto/hash.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

using Kind = OtsAttestation::Kind;

Sha256Digest digest() {
  return sha256(as_bytes("a checkpoint\n"));
}

// Two calendars, of which one has been heard of in a block.
Bytes sample() {
  return OtsBuilder(digest())
      .append("nonce nonce nonce")
      .sha256()
      .fork()
      .append("left")
      .sha256()
      .pending("https://alice.example/calendar")
      .prepend("right")
      .sha256()
      .fork()
      .pending("https://bob.example")
      .append("transaction")
      .sha256()
      .sha256()
      .bitcoin(358391)
      .bytes();
}

Sha256Digest sample_root() {
  Bytes message = to_bytes(digest().view());
  append(message, as_bytes("nonce nonce nonce"));
  const Sha256Digest commitment = sha256(message);
  message = to_bytes("right");
  append(message, commitment.view());
  message = to_bytes(sha256(message).view());
  append(message, as_bytes("transaction"));
  return sha256(sha256(message).view());
}

bool is_read(const OtsBuilder& builder) {
  return decode_ots(builder.bytes()).has_value();
}

OtsBuilder begin() {
  return OtsBuilder(digest());
}

}  // namespace

TEST_CASE("opentimestamps: a file says which blocks and calendars, and what a block has to hold") {
  CHECK(matches_golden("note/two-calendars.ots", sample()));
  const auto file = decode_ots(sample());
  REQUIRE(file);
  CHECK(file->digest == digest());
  REQUIRE(file->attestations.size() == 3);
  CHECK(file->attestations[0] ==
        OtsAttestation{Kind::pending, 0, {}, "https://alice.example/calendar"});
  CHECK(file->attestations[1] == OtsAttestation{Kind::pending, 0, {}, "https://bob.example"});
  CHECK(file->attestations[2] == OtsAttestation{Kind::bitcoin, 358391, sample_root(), ""});
  CHECK(file->names_block());
  CHECK_FALSE(decode_ots(begin().pending("https://alice.example").bytes())->names_block());
}

TEST_CASE("opentimestamps: an attestation of another kind is kept in mind") {
  const auto file = decode_ots(begin().attestation("12345678", "what it says").bytes());
  REQUIRE(file);
  CHECK(file->attestations == std::vector{OtsAttestation{}});
}

TEST_CASE("opentimestamps: what is requested begins a file, and is none") {
  const Bytes head = ots_head(digest());
  CHECK(head.size() == 65);
  CHECK(is_ots(head));
  CHECK_FALSE(decode_ots(head));
  CHECK(equal(ByteView(head).last(32), digest().view()));
  CHECK_FALSE(is_ots(ByteView(head).first(30)));
}

TEST_CASE("opentimestamps: every truncation and whatever follows is refused") {
  for_each_truncation(sample(), [](ByteView cut) { CHECK_FALSE(decode_ots(cut)); });
  Bytes longer = sample();
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_ots(longer));
}

TEST_CASE("opentimestamps: a flipped bit is refused, or another digest, root, block or calendar") {
  const auto good = decode_ots(sample());
  // What leads to a calendar only the calendar knows.
  const Bytes whole = sample();
  const std::size_t left = as_text(whole).find("left");
  for_each_bit_flip(sample(), [&](ByteView flipped, std::size_t bit) {
    const auto file = decode_ots(flipped);
    if (!file || (left - 2 <= bit / 8 && bit / 8 < left + 4)) return;
    CAPTURE(bit);
    CHECK((file->digest != good->digest || file->attestations != good->attestations));
  });
}

TEST_CASE("opentimestamps: only one form for a number, only operations that calendars use") {
  CHECK(is_read(begin().bitcoin(0)));
  CHECK(is_read(begin().bitcoin(0x7'ffff'ffff)));
  const std::string kind = "\x05\x88\x96\x0d\x73\xd7\x19\x01";
  for (const std::string& payload :
       {std::string("\x80\x00", 2), std::string("\xff\xff\xff\xff\xff\x01"), std::string("\xff"),
        std::string(), std::string("\x01\x01")}) {
    CHECK_FALSE(is_read(begin().attestation(kind, payload)));
  }
  // A block holds a digest of 32 bytes and nothing else.
  CHECK_FALSE(is_read(begin().append("x").bitcoin(1)));
  for (const unsigned tag : {0x02U, 0x03U, 0x67U, 0xf2U, 0xf3U, 0x01U, 0x80U}) {
    CHECK_FALSE(is_read(begin().byte(tag).pending("https://alice.example")));
  }
  CHECK_FALSE(is_read(begin().append("").pending("https://alice.example")));
  for (const char* calendar : {"", "https://alice.example/?a=b", "https://alice.example/\n"}) {
    CHECK_FALSE(is_read(begin().pending(calendar)));
  }
  CHECK_FALSE(is_read(begin().pending(std::string(1001, 'a'))));
  CHECK(is_read(begin().pending(std::string(1000, 'a'))));
}

TEST_CASE("opentimestamps: what would take memory or time without end is refused") {
  OtsBuilder deep = begin();
  for (int i = 0; i < 256; ++i) deep.fork();
  for (int i = 0; i < 257; ++i) deep.pending("a");
  CHECK_FALSE(is_read(deep));  // more attestations than anybody has
  OtsBuilder deeper = begin();
  for (int i = 0; i < 257; ++i) deeper.fork();
  CHECK_FALSE(is_read(deeper.pending("a")));
  OtsBuilder wide = begin();
  for (int i = 0; i < 63; ++i) wide.fork().pending("a");
  CHECK(is_read(OtsBuilder(wide).pending("a")));
  CHECK_FALSE(is_read(wide.fork().pending("a").pending("a")));
  OtsBuilder heavy = begin();
  for (int i = 0; i < 5; ++i) heavy.append(std::string(1000, 'x'));
  CHECK_FALSE(is_read(heavy.pending("a")));
  OtsBuilder slow = begin();
  for (int i = 0; i < 5000; ++i) slow.sha256();
  CHECK_FALSE(is_read(slow.pending("a")));
  CHECK_FALSE(is_read(begin().attestation("12345678", std::string(8193, 'x'))));
  CHECK_FALSE(decode_ots(Bytes(ots_bytes_max + 1)));
}
