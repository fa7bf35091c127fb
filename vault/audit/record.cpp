#include "vault/audit/record.hpp"

#include <array>

#include "vault/audit/format.hpp"
#include "vault/base/assert.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/text.hpp"
#include "vault/note/plain_text.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/access-record/v1";
constexpr std::byte padding_mark{0x80};

// In the order of the enumerations.
constexpr std::array<std::string_view, 3> stage_names{"intent", "done", "event"};
constexpr std::array<std::string_view, 5> outcome_names{"ok", "partly", "interrupted", "denied",
                                                        "failed"};

bool is_act(std::string_view act) noexcept {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz-";
  return !act.empty() && act.size() <= 32 &&
         act.find_first_not_of(allowed) == std::string_view::npos;
}

// What belongs together: an outcome says how something ended, so an intent has none.
bool is_consistent(const AccessRecord& record) noexcept {
  const bool intent = record.stage == AccessStage::intent;
  const bool done = record.stage == AccessStage::done;
  const auto fits = [](const std::string& text, std::size_t bytes_max) {
    return text.empty() || is_access_text(text, bytes_max);
  };
  return record.time >= 0 && is_act(record.act) && record.intent.has_value() == done &&
         record.outcome.has_value() != intent && !(intent && record.counts) &&
         (!record.snapshot || record.collection) && (record.path.empty() || record.snapshot) &&
         record.path.size() <= limits::path_bytes_max && fits(record.user, access_user_bytes_max) &&
         fits(record.detail, access_detail_bytes_max) &&
         fits(record.purpose, access_purpose_bytes_max);
}

Bytes pad(std::string_view text) {
  constexpr std::size_t multiple = access_format::padding_multiple;
  Bytes padded = to_bytes(text);
  padded.push_back(padding_mark);
  padded.resize((padded.size() + multiple - 1) / multiple * multiple);
  return padded;
}

// Empty unless `padded` is what pad() gives for some text.
std::optional<std::string_view> unpad(ByteView padded) {
  std::size_t end = padded.size();
  while (end > 0 && padded[end - 1] == std::byte{0}) --end;
  if (end == 0 || padded[end - 1] != padding_mark) return std::nullopt;
  const std::string_view text = as_text(padded.first(end - 1));
  if (pad(text).size() != padded.size()) return std::nullopt;
  return text;
}

}  // namespace

std::string_view to_text(AccessStage stage) noexcept {
  return stage_names.at(static_cast<std::size_t>(stage));
}

std::string_view to_text(AccessOutcome outcome) noexcept {
  return outcome_names.at(static_cast<std::size_t>(outcome));
}

bool is_access_text(std::string_view text, std::size_t bytes_max) noexcept {
  return text.size() <= bytes_max && is_plain_line(text);
}

std::string access_detail(std::string_view bytes) {
  constexpr std::string_view ellipsis = "…";
  std::string text = escape(bytes.substr(0, access_detail_bytes_max));
  if (text.size() <= access_detail_bytes_max && bytes.size() <= access_detail_bytes_max) {
    return text;
  }
  text.resize(std::min(text.size(), access_detail_bytes_max - ellipsis.size()));
  while (!is_utf8(text)) text.pop_back();
  return text.append(ellipsis);
}

std::string encode(const AccessRecord& record) {
  VAULT_ASSERT(is_consistent(record));
  RecordWriter writer(type);
  writer.key("time").time(record.time);
  writer.key("act").word(record.act);
  writer.key("stage").word(to_text(record.stage));
  writer.key("member").hex(record.member.view());
  if (!record.user.empty()) writer.key("user").rest(record.user);
  if (record.collection) writer.key("collection").hex(record.collection->view());
  if (record.snapshot) {
    writer.key("snapshot").u64(record.snapshot->number).hex(record.snapshot->device.view());
  }
  if (!record.path.empty()) writer.key("path").base64(as_bytes(record.path));
  if (!record.detail.empty()) writer.key("detail").rest(record.detail);
  if (!record.purpose.empty()) writer.key("purpose").rest(record.purpose);
  if (record.intent) writer.key("intent").u64(*record.intent);
  if (record.outcome) writer.key("outcome").word(to_text(*record.outcome));
  if (record.counts) writer.key("counts").u64(record.counts->files).u64(record.counts->bytes);
  return writer.finish();
}

std::optional<AccessRecord> decode_access_record(std::string_view text) {
  RecordReader reader(text, type);
  AccessRecord record;
  record.time = reader.key("time").time();
  record.act = reader.key("act").word();
  record.stage = reader.key("stage").one_of<AccessStage>(stage_names);
  record.member = reader.key("member").hex<MemberId>();
  if (reader.key_if("user")) record.user = reader.rest();
  if (reader.key_if("collection")) record.collection = reader.hex<CollectionId>();
  if (reader.key_if("snapshot")) {
    record.snapshot.emplace();
    record.snapshot->number = reader.u64();
    record.snapshot->device = reader.hex<DeviceId>();
  }
  if (reader.key_if("path")) record.path = as_text(reader.base64());
  if (reader.key_if("detail")) record.detail = reader.rest();
  if (reader.key_if("purpose")) record.purpose = reader.rest();
  if (reader.key_if("intent")) record.intent = reader.u64();
  if (reader.key_if("outcome")) record.outcome = reader.one_of<AccessOutcome>(outcome_names);
  if (reader.key_if("counts")) {
    record.counts.emplace();
    record.counts->files = reader.u64();
    record.counts->bytes = reader.u64();
  }
  // An empty path would have two texts.
  if (!reader.done() || !is_consistent(record) || encode(record) != text) return std::nullopt;
  return record;
}

Bytes encode_padded(const AccessRecord& record) {
  return pad(encode(record));
}

std::optional<AccessRecord> decode_padded_record(ByteView padded) {
  const auto text = unpad(padded);
  return text ? decode_access_record(*text) : std::nullopt;
}

}  // namespace muniment
