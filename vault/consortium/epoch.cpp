#include "vault/consortium/epoch.hpp"

#include <limits>

#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view commitment_label{"muniment/key-commit/v1\0", 23};

}  // namespace

EpochCommitment epoch_commitment(const EnvelopeKeys& keys, const EnvelopeEpoch& epoch) {
  Bytes number;
  ByteWriter(number).u32(epoch.number);
  Sha256 hash;
  hash.update(as_bytes(commitment_label));
  hash.update(keys.consortium.view());
  hash.update(keys.collection.view());
  hash.update(number);
  hash.update(epoch.key.view());
  hash.update(keys.id_key.view());
  hash.update(keys.chunker_key.view());
  return *EpochCommitment::from_bytes(hash.finish().view());
}

Sha256Digest epoch_key_digest(const EpochPublicKey& key) {
  return sha256(key.view());
}

std::uint32_t epoch_after(std::uint32_t number) {
  if (number == std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::limit, "a new epoch: the collection has had all that can be numbered",
                "begin another collection");
  }
  return number + 1;
}

std::string encode(const EpochEntry& entry) {
  RecordWriter writer(type_line(Act::epoch));
  write_charter_ref(writer, entry.charter);
  writer.key("collection").hex(entry.collection.view());
  writer.key("epoch").u64(entry.number);
  writer.key("commitment").hex(entry.commitment.view());
  writer.key("public-key").base64(entry.public_key.view());
  if (!entry.sealed.empty()) writer.key("sealed").base64(entry.sealed);
  return writer.finish();
}

std::optional<EpochEntry> decode_epoch_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::epoch));
  EpochEntry result;
  result.charter = read_charter_ref(reader);
  result.collection = reader.key("collection").hex<CollectionId>();
  result.number = reader.key("epoch").u32();
  result.commitment = reader.key("commitment").hex<EpochCommitment>();
  result.public_key = reader.key("public-key").base64<EpochPublicKey>();
  if (reader.key_if("sealed")) {
    result.sealed = reader.base64();
    if (result.sealed.empty()) reader.fail();
  }
  if (!reader.done() || result.number == 0) return std::nullopt;
  return result;
}

}  // namespace muniment
