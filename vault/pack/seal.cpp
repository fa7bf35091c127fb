#include "vault/pack/seal.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/pack/parity.hpp"
#include "vault/pack/reader.hpp"
#include "vault/pack/tile.hpp"

namespace muniment {

namespace {

constexpr std::size_t kem_randomness_bytes = 64;

// Hedged with what is sealed, so that a machine that was rolled back and replays its random numbers
// gets another key for other contents: the table names each chunk and how it was compressed, the
// head says which parts of them these are.
Encapsulation encapsulate_for(const EpochPublicKey& epoch, ByteView head_and_table,
                              Random& random) {
  SecretBytes randomness(kem_randomness_bytes);
  random.fill(randomness.mutable_view());
  auto result = encapsulate(epoch, blake2b_512(randomness.view(), head_and_table));
  if (!result) throw Error(ErrorCode::damaged, "epoch public key: not a valid X-Wing key");
  return std::move(*result);
}

// Fills a file from its beginning with sealed parts.
class SealedWriter {
 public:
  SealedWriter(MutableByteView target, Suite suite, const PackKey& key)
      : x_rest(target), x_suite(suite), x_key(key) {}

  void clear(ByteView bytes) { std::ranges::copy(bytes, take(bytes.size()).begin()); }

  void sealed(std::uint64_t nonce, ByteView plaintext) {
    seal(x_suite, x_key, nonce, plaintext, take(plaintext.size() + tag_bytes(x_suite)));
  }

  // What is left, as zeros.
  void tail(std::uint64_t nonce) { sealed(nonce, Bytes(x_rest.size() - tag_bytes(x_suite))); }

 private:
  MutableByteView take(std::size_t size) {
    const MutableByteView taken = x_rest.first(size);
    x_rest = x_rest.subspan(size);
    return taken;
  }

  MutableByteView x_rest;
  Suite x_suite;
  const PackKey& x_key;
};

void write_data_area(MutableByteView target, const PackDraft& draft, const PackHeader& header,
                     const PackKey& key) {
  SealedWriter writer(target, header.form.suite, key);
  writer.clear(encode_header(header));
  writer.sealed(pack_format::head_nonce, encode_head(draft.head()));
  std::uint64_t nonce = pack_format::first_frame_nonce;
  ByteView payloads = draft.payloads();
  for (const FrameEntry& entry : draft.table().frames) {
    writer.sealed(nonce++, payloads.first(entry.stored_bytes));
    payloads = payloads.subspan(entry.stored_bytes);
  }
  Bytes table = encode_table(draft.table());
  writer.sealed(pack_format::table_nonce, table);
  wipe(table);  // a depositor's key may stand in it
  writer.tail(nonce);
}

// Whether `file` opens, with nothing but what a reader will have, to what the draft holds.
bool opens_to(ByteView file, const PackDraft& draft, const KemSharedSecret& secret) {
  const auto decoded = decode_header(file);
  const auto* const header = std::get_if<PackHeader>(&decoded);
  if (header == nullptr) return false;
  PackSecrets secrets = derive_pack_secrets(secret, *header);
  if (secrets.commitment != header->commitment) return false;
  const auto reader = PackReader::open(PackBytes(file), header->form, std::move(secrets.key));
  if (!reader || reader->head() != draft.head() || reader->table() != draft.table()) return false;
  Bytes opened(limits::chunk_bytes_max);
  ByteView payloads = draft.payloads();
  for (std::size_t frame = 0; frame < reader->head().frame_count; ++frame) {
    const MutableByteView payload =
        MutableByteView(opened).first(reader->entry(frame).stored_bytes);
    if (!reader->read_frame(frame, payload) || !equal(payload, payloads.first(payload.size()))) {
      return false;
    }
    payloads = payloads.subspan(payload.size());
  }
  return reader->tail_is_sound();
}

}  // namespace

SealedPack seal_pack(const PackDraft& draft, const EpochPublicKey& epoch, Random& random,
                     PageBytes buffer) {
  VAULT_ASSERT(!draft.empty());
  SealedPack pack{.id = {},
                  .form = draft.form(),
                  .head = draft.head(),
                  .table = draft.table(),
                  .file = std::move(buffer)};
  Bytes head_and_table = encode_head(pack.head);
  Bytes table = encode_table(pack.table);
  append(head_and_table, table);
  const Encapsulation kem = encapsulate_for(epoch, head_and_table, random);
  wipe(table);
  wipe(head_and_table);
  PackHeader header{.form = pack.form, .ciphertext = kem.ciphertext, .commitment = {}};
  const PackSecrets secrets = derive_pack_secrets(kem.secret, header);
  header.commitment = secrets.commitment;

  pack.file.resize(file_bytes(pack.form.size_class));
  const MutableByteView body = MutableByteView(pack.file).first(body_bytes(pack.form.size_class));
  write_data_area(body.first(data_bytes(pack.form.size_class)), draft, header, secrets.key);
  encode_parity(body);
  const PackTile tile = hash_shards(body);
  encode_pack_tile(tile, MutableByteView(pack.file).subspan(body.size()));
  pack.id = pack_id(tile);
  if (!opens_to(pack.file, draft, kem.secret)) {
    throw Error(ErrorCode::io, "pack " + pack.id.hex() + ": what was sealed does not open again",
                "check this machine's memory; nothing of this pack was stored");
  }
  return pack;
}

}  // namespace muniment
