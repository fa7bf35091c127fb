#include "vault/ledger/entries.hpp"

#include <algorithm>
#include <array>

#include "vault/base/assert.hpp"
#include "vault/base/limits.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

// In the order of Act.
constexpr std::array<std::string_view, 14> type_lines{
    "muniment/charter/v1",    "muniment/device/v1",    "muniment/recovery/v1", "muniment/revoke/v1",
    "muniment/collection/v1", "muniment/epoch/v1",     "muniment/grant/v1",    "muniment/packs/v1",
    "muniment/snapshot/v1",   "muniment/recovered/v1", "muniment/fork/v1",     "muniment/travel/v1",
    "muniment/returned/v1",   "muniment/rewrap/v1"};
static_assert(type_lines.size() == static_cast<std::size_t>(Act::unknown));

constexpr std::string_view snapshot_record_type = "muniment/sealed-snapshot/v1";

constexpr std::uint64_t size_class_min = 20;
constexpr std::uint64_t size_class_max = 24;

}  // namespace

std::string_view type_line(Act act) noexcept {
  VAULT_ASSERT(act != Act::unknown);
  return type_lines[static_cast<std::size_t>(act)];
}

Act act_of(std::string_view entry) noexcept {
  const auto type = record_type(entry);
  const auto* const found = type ? std::ranges::find(type_lines, *type) : type_lines.end();
  return static_cast<Act>(found - type_lines.begin());
}

std::string encode(const PacksEntry& entry) {
  VAULT_ASSERT(!entry.packs.empty() && entry.packs.size() <= limits::packs_per_entry_max);
  RecordWriter writer(type_line(Act::packs));
  writer.key("epoch").hex(entry.epoch.view());
  for (const PackRef& pack : entry.packs) {
    writer.key("pack").hex(pack.id.view()).u64(pack.size_class);
  }
  return writer.finish();
}

std::optional<PacksEntry> decode_packs(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::packs));
  PacksEntry result;
  result.epoch = reader.key("epoch").hex<EpochCommitment>();
  while (reader.key_if("pack")) {
    const auto id = reader.hex<PackId>();
    const std::uint64_t size_class = reader.u64();
    if (size_class < size_class_min || size_class > size_class_max) reader.fail();
    if (!result.packs.empty() && result.packs.back().id >= id) reader.fail();
    result.packs.push_back({id, static_cast<std::uint8_t>(size_class)});
  }
  const std::size_t count = result.packs.size();
  if (!reader.done() || count == 0 || count > limits::packs_per_entry_max) return std::nullopt;
  return result;
}

std::string encode(const SnapshotEntry& entry) {
  RecordWriter writer(type_line(Act::snapshot));
  writer.key("collection").hex(entry.collection.view());
  writer.key("number").u64(entry.number);
  writer.key("charter").u64(entry.charter);
  writer.key("epoch").hex(entry.epoch.view());
  writer.key("content-root").hex(entry.content_root.view());
  writer.key("packs").u64(entry.packs);
  writer.key("sealed").base64(entry.sealed);
  return writer.finish();
}

std::optional<SnapshotEntry> decode_snapshot(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::snapshot));
  SnapshotEntry result;
  result.collection = reader.key("collection").hex<CollectionId>();
  result.number = reader.key("number").u64();
  result.charter = reader.key("charter").u32();
  result.epoch = reader.key("epoch").hex<EpochCommitment>();
  result.content_root = reader.key("content-root").hex<Sha256Digest>();
  result.packs = reader.key("packs").u64();
  result.sealed = reader.key("sealed").base64();
  if (!reader.done() || result.number == 0 || result.charter == 0) return std::nullopt;
  return result;
}

std::string encode(const SnapshotRecord& record) {
  RecordWriter writer(snapshot_record_type);
  writer.key("index").hex(record.index.view()).u64(record.index_plain_bytes);
  writer.key("files").u64(record.files);
  writer.key("bytes").u64(record.bytes);
  writer.key("leaves").u64(record.leaves);
  writer.key("time").time(record.time);
  return writer.finish();
}

std::optional<SnapshotRecord> decode_snapshot_record(std::string_view text) {
  RecordReader reader(text, snapshot_record_type);
  SnapshotRecord result;
  result.index = reader.key("index").hex<ChunkId>();
  result.index_plain_bytes = reader.u32();
  result.files = reader.key("files").u64();
  result.bytes = reader.key("bytes").u64();
  result.leaves = reader.key("leaves").u64();
  result.time = reader.key("time").time();
  if (!reader.done()) return std::nullopt;
  return result;
}

}  // namespace muniment
