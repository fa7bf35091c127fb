// A record with a line of each sort; one that parses prints as it came.
#include "vault/note/record.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/ids.hpp"

using namespace muniment;

namespace {

constexpr std::string_view type = "muniment/fuzz/v1";

// What is read is written at once, as long as nothing failed.
std::optional<std::string> copy_of(std::string_view text) {
  RecordReader reader(text, type);
  RecordWriter writer(type);

  const auto id = reader.key("id").hex<MemberId>();
  const std::string_view word = reader.word();
  if (!reader.ok()) return std::nullopt;
  writer.key("id").hex(id.view()).word(word);

  while (reader.key_if("item")) {
    const std::uint64_t number = reader.u64();
    const Bytes blob = reader.base64();
    const auto digest = reader.base64<Sha256Digest>();
    if (!reader.ok()) return std::nullopt;
    writer.key("item").u64(number).base64(blob).base64(digest.view());
  }

  const UnixSeconds time = reader.key("time").time();
  const std::string_view rest = reader.rest();
  if (!reader.done()) return std::nullopt;
  writer.key("time").time(time).rest(rest);
  return writer.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const auto copy = copy_of(text);
  VAULT_ASSERT(!copy || (*copy == text && record_type(text) == type));
  return 0;
}
