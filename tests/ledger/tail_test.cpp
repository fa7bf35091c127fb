#include "vault/ledger/tail.hpp"

#include <doctest/doctest.h>

#include "tests/ledger/fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

using tail_format::RecordType;
using test::LedgerFixture;

namespace {

TailHeader test_header() {
  return {.version = 1, .ledger = LedgerFixture::make_name(2).id()};
}

Bytes test_record(std::uint64_t offset, RecordType type, std::string_view payload) {
  Bytes bytes;
  append_record(bytes, offset, type, as_bytes(payload));
  return bytes;
}

}  // namespace

TEST_CASE("tail: two commits give the golden file, in both copies") {
  LedgerFixture fixture;
  fixture.append({2, 1});
  CHECK(test::matches_golden("ledger/tail.bin", fixture.read(0)));
  CHECK(equal(fixture.read(0), fixture.read(1)));
}

TEST_CASE("tail: the golden file opens") {
  LedgerFixture fixture;
  fixture.files.make_directory(fixture.directory());
  fixture.write(0, test::read_golden("ledger/tail.bin"));
  const auto ledger = fixture.find();
  REQUIRE(ledger);
  CHECK(test::all_entries(*ledger) == LedgerFixture::entries(0, 3));
}

TEST_CASE("tail header: decodes to what was encoded, whatever the version") {
  for (const std::uint16_t version : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{65535}}) {
    const TailHeader header{.version = version, .ledger = test_header().ledger};
    CHECK(decode_tail_header(encode(header)) == header);
  }
}

TEST_CASE("tail header: no bit of it can be turned, nothing cut off or added") {
  const Bytes good = encode(test_header());
  CHECK(good.size() == tail_format::header_bytes);
  test::for_each_bit_flip(good, [](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(decode_tail_header(bytes));
  });
  test::for_each_truncation(good, [](ByteView bytes) { CHECK_FALSE(decode_tail_header(bytes)); });
  Bytes longer = good;
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_tail_header(longer));
}

TEST_CASE("tail record: decodes to what was encoded, whatever follows it") {
  for (const std::string_view payload : {std::string_view("x"), std::string_view("two\nlines\n")}) {
    for (const RecordType type :
         {RecordType::entry, RecordType::checkpoint, RecordType::cosigned}) {
      Bytes bytes = test_record(77, type, payload);
      const std::size_t size = bytes.size();
      append(bytes, as_bytes("what follows"));
      const auto record = decode_record(bytes, 77);
      REQUIRE(record);
      CHECK(record->type == type);
      CHECK(as_text(record->payload) == payload);
      CHECK(record->whole.size() == size);
    }
  }
}

TEST_CASE("tail record: no bit of it can be turned, and nothing cut off") {
  const Bytes good = test_record(64, RecordType::entry, "muniment/test/v1\nnumber 1\n");
  test::for_each_bit_flip(good, [](ByteView bytes, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(decode_record(bytes, 64));
  });
  test::for_each_truncation(good, [](ByteView bytes) { CHECK_FALSE(decode_record(bytes, 64)); });
}

TEST_CASE("tail record: is refused at any offset but its own") {
  const Bytes record = test_record(64, RecordType::entry, "x");
  CHECK(decode_record(record, 64));
  CHECK_FALSE(decode_record(record, 65));
  CHECK_FALSE(decode_record(record, 0));
}

TEST_CASE("tail record: a payload over its type's limit is refused before it is read") {
  const std::string longest(limits::ledger_entry_bytes_max, 'x');
  const Bytes record = test_record(64, RecordType::entry, longest);
  CHECK(decode_record(record, 64));
  CHECK(record.size() == tail_format::entry_record_bytes_max);

  Bytes longer = test_record(64, RecordType::checkpoint, longest + 'x');
  CHECK(decode_record(longer, 64));
  longer[4] = std::byte{1};
  CHECK_FALSE(decode_record(longer, 64));
  longer[4] = std::byte{4};
  CHECK_FALSE(decode_record(longer, 64));
}

TEST_CASE("tail reader: crosses its window without losing a record") {
  test::MemoryFileSystem files;
  TailCopies copies;
  copies[0].file = files.create("tail");
  Bytes bytes = encode(test_header());
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < 60; ++i) {
    payloads.emplace_back(40'000 + 137 * i, static_cast<char>('a' + i % 26));
    append_record(bytes, bytes.size(), RecordType::entry, as_bytes(payloads.back()));
  }
  copies[0].file->write_at(0, bytes);
  copies[0].size = bytes.size();
  TailReader reader(copies, 0b11);
  for (const std::string& payload : payloads) {
    const auto record = reader.next();
    REQUIRE(record);
    CHECK(as_text(record->payload) == payload);
  }
  CHECK_FALSE(reader.next());
}

}  // namespace muniment
