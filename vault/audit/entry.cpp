#include "vault/audit/entry.hpp"

#include <algorithm>
#include <array>

#include "vault/base/assert.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view access_type = "muniment/access/v1";
constexpr std::string_view segment_type = "muniment/access-segment/v1";
constexpr std::string_view spooled_type = "muniment/access-spooled/v1";
constexpr std::string_view follows_type = "muniment/access-follows/v1";

constexpr std::array<std::string_view, 4> level_names{"L0", "L1", "L2", "L3"};

void write_readers(RecordWriter& writer, const std::vector<SealedForReader>& list) {
  for (const SealedForReader& item : list) {
    writer.key("to");
    if (const auto* device = std::get_if<DeviceId>(&item.to)) {
      writer.word("device").hex(device->view());
    } else {
      writer.word("recovery").hex(std::get<MemberId>(item.to).view());
    }
    writer.base64(item.file);
  }
}

std::vector<SealedForReader> read_readers(RecordReader& reader) {
  std::vector<SealedForReader> list;
  while (reader.key_if("to")) {
    const std::string_view kind = reader.word();
    SealedForReader item;
    if (kind == "device") {
      item.to = reader.hex<DeviceId>();
    } else if (kind == "recovery") {
      item.to = reader.hex<MemberId>();
    } else {
      reader.fail();
    }
    item.file = reader.base64();
    if (item.file.empty() || item.file.size() > sealed_for_reader_bytes_max) reader.fail();
    if (!list.empty() && !(list.back().to < item.to)) reader.fail();
    list.push_back(std::move(item));
  }
  if (list.empty() || list.size() > segment_keys_max) reader.fail();
  return list;
}

}  // namespace

CollectionId access_collection(const AccessLogNumber& number) noexcept {
  CollectionId id;
  std::ranges::copy(number.view(), id.mutable_view().begin());
  id.mutable_view().back() = std::byte{1};
  return id;
}

bool is_access_collection(const CollectionId& collection) noexcept {
  return access_collection(access_log_number(collection)) == collection;
}

AccessLogNumber access_log_number(const CollectionId& collection) noexcept {
  return AccessLogNumber(collection.view().first<AccessLogNumber::size>());
}

AccessEntryKind kind_of(std::string_view entry) noexcept {
  const auto type = record_type(entry);
  if (type == access_type) return AccessEntryKind::access;
  if (type == segment_type) return AccessEntryKind::segment;
  if (type == spooled_type) return AccessEntryKind::spooled;
  if (type == follows_type) return AccessEntryKind::follows;
  return AccessEntryKind::unknown;
}

std::string encode(const AccessEntry& entry) {
  RecordWriter writer(access_type);
  writer.key("level").word(level_names.at(static_cast<std::size_t>(entry.level)));
  if (!entry.release.empty()) writer.key("release").base64(entry.release);
  writer.key("sealed").hex(entry.box.salt.view()).base64(entry.box.sealed);
  return writer.finish();
}

std::optional<AccessEntry> decode_access_entry(std::string_view entry) {
  RecordReader reader(entry, access_type);
  AccessEntry result;
  result.level = reader.key("level").one_of<AccessLevel>(level_names);
  if (reader.key_if("release")) {
    result.release = reader.base64();
    if (result.release.empty()) reader.fail();
  }
  result.box.salt = reader.key("sealed").hex<SaltedBox::Salt>();
  result.box.sealed = reader.base64();
  const bool release_fits = result.release.empty() || result.level == AccessLevel::released;
  if (!reader.done() || result.box.sealed.empty() || !release_fits) return std::nullopt;
  return result;
}

std::string encode(const SegmentEntry& entry) {
  VAULT_ASSERT(!entry.keys.empty() && entry.keys.size() <= segment_keys_max);
  RecordWriter writer(segment_type);
  writer.key("scheme").u64(entry.scheme);
  writer.key("commitment").hex(entry.commitment.view());
  write_readers(writer, entry.keys);
  return writer.finish();
}

std::optional<SegmentEntry> decode_segment_entry(std::string_view entry) {
  RecordReader reader(entry, segment_type);
  SegmentEntry result;
  result.scheme = reader.key("scheme").u32();
  result.commitment = reader.key("commitment").hex<RatchetCommitment>();
  result.keys = read_readers(reader);
  if (!reader.done() || result.scheme != 1) return std::nullopt;
  return result;
}

std::string encode(const SpooledEntry& entry) {
  VAULT_ASSERT(!entry.records.empty() && entry.records.size() <= segment_keys_max);
  RecordWriter writer(spooled_type);
  write_readers(writer, entry.records);
  return writer.finish();
}

std::optional<SpooledEntry> decode_spooled_entry(std::string_view entry) {
  RecordReader reader(entry, spooled_type);
  SpooledEntry result{read_readers(reader)};
  if (!reader.done()) return std::nullopt;
  return result;
}

void write_follows(RecordWriter& writer, const AccessFollows& follows) {
  writer.key("log").word(follows.log.origin());
  if (follows.checkpoint) writer.key("checkpoint").base64(as_bytes(encode(*follows.checkpoint)));
}

std::optional<AccessFollows> read_follows_if(RecordReader& reader) {
  if (!reader.key_if("log")) return std::nullopt;
  AccessFollows follows;
  const auto name = LedgerName::from_origin(reader.word());
  if (!name || !is_access_collection(name->collection)) reader.fail();
  follows.log = name.value_or(LedgerName{});
  if (reader.key_if("checkpoint")) {
    const Bytes bytes = reader.base64();
    follows.checkpoint = decode_signed_note(as_text(bytes));
    if (!follows.checkpoint || !decode_checkpoint(follows.checkpoint->text)) reader.fail();
  }
  return follows;
}

std::string encode(const AccessFollows& entry) {
  RecordWriter writer(follows_type);
  write_follows(writer, entry);
  return writer.finish();
}

std::optional<AccessFollows> decode_follows_entry(std::string_view entry) {
  RecordReader reader(entry, follows_type);
  auto follows = read_follows_if(reader);
  if (!reader.done()) return std::nullopt;
  return follows;
}

}  // namespace muniment
