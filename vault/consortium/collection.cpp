#include "vault/consortium/collection.hpp"

#include <algorithm>
#include <array>

#include "vault/consortium/names.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view id_label{"muniment/collection-id/v1\0", 26};
constexpr std::string_view record_type_line = "muniment/sealed-collection/v1";
constexpr std::array<std::string_view, 4> log_levels{"L0", "L1", "L2", "L3"};
constexpr std::array<std::string_view, 2> purposes{"optional", "required"};

// Where the next word stands among those that are allowed.
std::uint8_t read_choice(RecordReader& reader, std::span<const std::string_view> allowed) {
  const auto found = std::ranges::find(allowed, reader.word());
  if (found != allowed.end()) return static_cast<std::uint8_t>(found - allowed.begin());
  reader.fail();
  return 0;
}

}  // namespace

CollectionId collection_id(const ConsortiumId& consortium, const DeviceId& creator,
                           const CollectionNonce& nonce) {
  Sha256 hash;
  hash.update(as_bytes(id_label));
  hash.update(consortium.view());
  hash.update(creator.view());
  hash.update(nonce.view());
  return CollectionId(hash.finish().view().first<CollectionId::size>());
}

std::string encode(const CollectionEntry& entry) {
  RecordWriter writer(type_line(Act::collection));
  writer.key("collection").hex(entry.collection.view());
  writer.key("nonce").hex(entry.nonce.view());
  writer.key("sealed").base64(entry.sealed);
  return writer.finish();
}

std::optional<CollectionEntry> decode_collection_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::collection));
  CollectionEntry result;
  result.collection = reader.key("collection").hex<CollectionId>();
  result.nonce = reader.key("nonce").hex<CollectionNonce>();
  result.sealed = reader.key("sealed").base64();
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode(const CollectionRecord& record) {
  RecordWriter writer(record_type_line);
  writer.key("name").word(record.name);
  writer.key("purpose").word(purposes[record.purpose_required ? 1 : 0]);
  writer.key("log-level").word(log_levels.at(record.log_level));
  writer.key("export-threshold").u64(record.export_threshold);
  return writer.finish();
}

std::optional<CollectionRecord> decode_collection_record(std::string_view text) {
  RecordReader reader(text, record_type_line);
  CollectionRecord result;
  result.name = reader.key("name").word();
  result.purpose_required = read_choice(reader.key("purpose"), purposes) == 1;
  result.log_level = read_choice(reader.key("log-level"), log_levels);
  result.export_threshold = reader.key("export-threshold").u32();
  if (!reader.done() || !is_valid_collection_name(result.name) || result.export_threshold == 0) {
    return std::nullopt;
  }
  return result;
}

}  // namespace muniment
