#include "vault/audit/record.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"
#include "vault/base/text.hpp"

namespace muniment {

namespace {

AccessRecord full_record() {
  test::FixedRandom random(9);
  AccessRecord record;
  record.time = 1'700'000'000;
  record.act = access_act::read;
  record.stage = AccessStage::done;
  record.member = random.fixed<MemberId>();
  record.user = "night desk";
  record.collection = random.fixed<CollectionId>();
  record.snapshot = AccessSnapshot{3, random.fixed<DeviceId>()};
  record.path = "letters/\xff\n1.pdf";
  record.detail = "file";
  record.purpose = "checking the transfer plan";
  record.intent = 41;
  record.outcome = AccessOutcome::partly;
  record.counts = AccessCounts{1, 784};
  return record;
}

AccessRecord short_record() {
  AccessRecord record;
  record.act = access_act::unlock;
  record.outcome = AccessOutcome::failed;
  return record;
}

}  // namespace

TEST_CASE("access record: the golden ones are what is written, and strict") {
  CHECK(test::matches_golden("audit/record.txt", as_bytes(encode(full_record()))));
  test::check_strict_text(std::string(as_text(test::read_golden("audit/record.txt"))),
                          decode_access_record);
  CHECK(decode_access_record(encode(full_record())) == full_record());
  test::check_strict_text(encode(short_record()), decode_access_record);
}

TEST_CASE("access record: an intent has no outcome, and what is done names its intent") {
  AccessRecord record = full_record();
  const std::string good = encode(record);
  const auto without = [&](std::string_view line) {
    std::string text = good;
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    return text.erase(at, text.find('\n', at) + 1 - at);
  };
  CHECK_FALSE(decode_access_record(without("intent 41")));
  CHECK_FALSE(decode_access_record(without("outcome ")));
  CHECK_FALSE(decode_access_record(without("collection ")));
  CHECK_FALSE(decode_access_record(without("snapshot ")));
  CHECK(decode_access_record(without("user ")));
  CHECK(decode_access_record(without("counts ")));
  CHECK(decode_access_record(without("path ")));
}

TEST_CASE("access record: acts of a later program are kept as they stand") {
  AccessRecord record = short_record();
  record.act = "teleport";
  CHECK(decode_access_record(encode(record))->act == "teleport");
}

TEST_CASE("access detail: is one printable line, cut between characters") {
  CHECK(access_detail("*.pdf") == "*.pdf");
  CHECK(access_detail("a\nb") == "a\\nb");
  std::string long_text;
  for (int i = 0; i < 3000; ++i) long_text += "é";
  const std::string cut = access_detail(long_text);
  CHECK(cut.size() <= access_detail_bytes_max);
  CHECK(cut.size() > access_detail_bytes_max - 8);
  CHECK(cut.ends_with("…"));
  CHECK(is_access_text(cut, access_detail_bytes_max));
  CHECK(is_access_text(access_detail(std::string(5000, '\x01')), access_detail_bytes_max));
}

TEST_CASE("access text: one line, not empty, not too long") {
  CHECK(is_access_text("checking", 8));
  CHECK_FALSE(is_access_text("checking", 7));
  CHECK_FALSE(is_access_text("", 8));
  CHECK_FALSE(is_access_text("a\nb", 8));
  CHECK_FALSE(is_access_text("\xff", 8));
}

}  // namespace muniment
