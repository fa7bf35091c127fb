#include "sync/protocol/message.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/limits.hpp"

namespace muniment::sync {

namespace {

constexpr std::size_t hello_extension_bytes_max = 192;
constexpr std::string_view possession_label{"muniment/possession/v1\0", 23};

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// ---- bodies ----

void write(ByteWriter& out, const LedgerRef& ledger) {
  out.raw(ledger.collection.view());
  out.raw(ledger.device.view());
}

LedgerRef read_ledger_ref(ByteReader& in) {
  LedgerRef ledger;
  ledger.collection = in.fixed<CollectionId>();
  ledger.device = in.fixed<DeviceId>();
  return ledger;
}

void write(ByteWriter& out, const PackName& name) {
  out.raw(name.collection.view());
  out.raw(name.pack.view());
}

PackName read_pack_name(ByteReader& in) {
  PackName name;
  name.collection = in.fixed<CollectionId>();
  name.pack = in.fixed<PackId>();
  return name;
}

void write(ByteWriter& out, const MerkleProof& proof) {
  VAULT_ASSERT(proof.size() <= limits::proof_hashes_max);
  out.u8(static_cast<std::uint8_t>(proof.size()));
  for (const Sha256Digest& hash : proof) out.raw(hash.view());
}

MerkleProof read_proof(ByteReader& in) {
  MerkleProof proof;
  const std::size_t count = in.u8();
  if (count > limits::proof_hashes_max) in.fail();
  for (std::size_t i = 0; in.ok() && i < count; ++i) proof.push_back(in.fixed<Sha256Digest>());
  return proof;
}

std::string read_note(ByteReader& in, std::size_t size) {
  if (size == 0 || size > limits::note_bytes_max) in.fail();
  return std::string(as_text(in.raw(size)));
}

void write_note(ByteWriter& out, const std::string& note) {
  out.u32(static_cast<std::uint32_t>(note.size()));
  out.raw(as_bytes(note));
}

// The next of a list of `count`; fails unless it comes after the one before.
template <class Item>
void keep_ascending(ByteReader& in, std::vector<Item>& list, Item item, bool ascends) {
  if (!ascends) in.fail();
  list.push_back(std::move(item));
}

void write(ByteWriter& out, const Hello& hello) {
  out.raw(hello.consortium.view());
  out.raw(hello.device.view());
  out.u64(hello.features);
  out.u32(hello.requests);
  out.u32(hello.bytes);
  out.raw(hello.extension);
}

Hello read_hello(ByteReader& in) {
  Hello hello;
  hello.consortium = in.fixed<ConsortiumId>();
  hello.device = in.fixed<DeviceId>();
  hello.features = in.u64();
  hello.requests = in.u32();
  hello.bytes = in.u32();
  if (hello.requests == 0 || hello.requests > limits::requests_max) in.fail();
  if (hello.bytes < limits::mib || hello.bytes > limits::window_bytes_max) in.fail();
  if (in.remaining() > hello_extension_bytes_max) in.fail();
  hello.extension = to_bytes(in.raw(in.remaining()));
  return hello;
}

Refused read_refused(ByteReader& in) {
  Refused refused;
  const std::uint8_t reason = in.u8();
  refused.retry_after_ms = in.u32();
  if (reason != 1 && reason != 2) in.fail();
  refused.reason = static_cast<RefusedReason>(reason);
  if (refused.reason == RefusedReason::not_available && refused.retry_after_ms != 0) in.fail();
  return refused;
}

void write(ByteWriter& out, const Collections& message) {
  VAULT_ASSERT(message.collections.size() <= limits::collections_max);
  out.u16(static_cast<std::uint16_t>(message.collections.size()));
  for (const CollectionDigest& each : message.collections) {
    out.raw(each.collection.view());
    out.raw(each.heads.view());
  }
}

Collections read_collections(ByteReader& in) {
  Collections message;
  const std::size_t count = in.u16();
  if (count > limits::collections_max) in.fail();
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    CollectionDigest item;
    item.collection = in.fixed<CollectionId>();
    item.heads = in.fixed<Sha256Digest>();
    const bool ascends = i == 0 || message.collections.back().collection < item.collection;
    keep_ascending(in, message.collections, item, ascends);
  }
  return message;
}

void write(ByteWriter& out, const Heads& message) {
  VAULT_ASSERT(message.heads.size() <= limits::heads_per_collection_max);
  VAULT_ASSERT(message.forks.size() <= limits::forks_max);
  out.raw(message.collection.view());
  out.u16(static_cast<std::uint16_t>(message.heads.size()));
  for (const Head& head : message.heads) {
    out.raw(head.device.view());
    out.u64(head.tree.size);
    out.raw(head.tree.root.view());
    out.raw(head.note.view());
  }
  out.u16(static_cast<std::uint16_t>(message.forks.size()));
  for (const LedgerRef& fork : message.forks) write(out, fork);
}

Heads read_heads(ByteReader& in) {
  Heads message;
  message.collection = in.fixed<CollectionId>();
  const std::size_t heads = in.u16();
  if (heads > limits::heads_per_collection_max) in.fail();
  for (std::size_t i = 0; in.ok() && i < heads; ++i) {
    Head head;
    head.device = in.fixed<DeviceId>();
    head.tree.size = in.u64();
    head.tree.root = in.fixed<Sha256Digest>();
    head.note = in.fixed<Sha256Digest>();
    if (head.tree.size == 0) in.fail();
    const bool ascends = i == 0 || message.heads.back().device < head.device;
    keep_ascending(in, message.heads, head, ascends);
  }
  const std::size_t forks = in.u16();
  if (forks > limits::forks_max || (forks > 0 && !message.collection.is_zero())) in.fail();
  for (std::size_t i = 0; in.ok() && i < forks; ++i) {
    const LedgerRef fork = read_ledger_ref(in);
    keep_ascending(in, message.forks, fork, i == 0 || message.forks.back() < fork);
  }
  return message;
}

GetLedger read_get_ledger(ByteReader& in) {
  GetLedger message;
  message.ledger = read_ledger_ref(in);
  message.have.size = in.u64();
  message.have.root = in.fixed<Sha256Digest>();
  if (message.have.size == 0 && !message.have.root.is_zero()) in.fail();
  return message;
}

LedgerHead read_ledger_head(ByteReader& in) {
  LedgerHead message;
  message.old_root = in.fixed<Sha256Digest>();
  message.proof = read_proof(in);
  message.note = read_note(in, in.remaining());
  return message;
}

void write(ByteWriter& out, const Entries& message) {
  VAULT_ASSERT(!message.entries.empty());
  for (const std::string& entry : message.entries) {
    VAULT_ASSERT(!entry.empty() && entry.size() <= muniment::limits::ledger_entry_bytes_max);
    out.u16(static_cast<std::uint16_t>(entry.size()));
    out.raw(as_bytes(entry));
  }
}

Entries read_entries(ByteReader& in) {
  Entries message;
  do {
    const std::size_t size = in.u16();
    if (size == 0) in.fail();
    message.entries.emplace_back(as_text(in.raw(size)));
  } while (in.ok() && in.remaining() > 0);
  return message;
}

ForkProof read_fork(ByteReader& in) {
  ForkProof message;
  message.ledger = read_ledger_ref(in);
  message.old_root = in.fixed<Sha256Digest>();
  message.proof = read_proof(in);
  message.smaller = read_note(in, in.u32());
  message.larger = read_note(in, in.u32());
  return message;
}

Tile read_tile(ByteReader& in) {
  Tile message;
  message.size_class = in.u8();
  if (message.size_class < size_class_min || message.size_class > size_class_max) in.fail();
  for (std::size_t i = 0; in.ok() && i < shards_in_pack; ++i) {
    message.hashes.push_back(in.fixed<Sha256Digest>());
  }
  return message;
}

GetShards read_get_shards(ByteReader& in) {
  GetShards message;
  message.name = read_pack_name(in);
  message.first = in.u8();
  message.count = in.u8();
  if (message.count == 0 || message.first + message.count > int{shards_in_pack}) in.fail();
  return message;
}

Shards read_shards(ByteReader& in) {
  if (in.remaining() == 0) in.fail();
  return {in.raw(in.remaining())};
}

Challenge read_challenge(ByteReader& in) {
  Challenge message;
  message.nonce = in.fixed<Nonce>();
  const std::size_t count = in.u8();
  if (count == 0 || count > limits::challenges_max) in.fail();
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    ShardName shard;
    shard.pack = read_pack_name(in);
    shard.shard = in.u8();
    message.shards.push_back(shard);
  }
  return message;
}

Proofs read_proofs(ByteReader& in) {
  Proofs message;
  const std::size_t count = in.u8();
  if (count == 0 || count > limits::challenges_max) in.fail();
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    message.proofs.push_back(in.fixed<Sha256Digest>());
  }
  return message;
}

Message read_body(ByteReader& in, MessageType type) {
  switch (type) {
    case MessageType::hello:
      return read_hello(in);
    case MessageType::summary:
      return Summary{in.fixed<Sha256Digest>()};
    case MessageType::ping:
      return Ping{};
    case MessageType::pong:
      return Pong{};
    case MessageType::bye:
      return Bye{in.u16()};
    case MessageType::refused:
      return read_refused(in);
    case MessageType::get_collections:
      return GetCollections{};
    case MessageType::collections:
      return read_collections(in);
    case MessageType::get_heads:
      return GetHeads{in.fixed<CollectionId>()};
    case MessageType::heads:
      return read_heads(in);
    case MessageType::get_ledger:
      return read_get_ledger(in);
    case MessageType::ledger:
      return read_ledger_head(in);
    case MessageType::entries:
      return read_entries(in);
    case MessageType::get_fork:
      return GetFork{read_ledger_ref(in)};
    case MessageType::fork:
      return read_fork(in);
    case MessageType::get_tile:
      return GetTile{read_pack_name(in)};
    case MessageType::tile:
      return read_tile(in);
    case MessageType::get_shards:
      return read_get_shards(in);
    case MessageType::shards:
      return read_shards(in);
    case MessageType::challenge:
      return read_challenge(in);
    case MessageType::proofs:
      return read_proofs(in);
  }
  in.fail();
  return Ping{};
}

// What announcements are: messages that bear no request's number.
bool is_announcement(MessageType type) noexcept {
  return type == MessageType::hello || type == MessageType::summary || type == MessageType::bye;
}

}  // namespace

MessageType type_of(const Message& message) {
  static constexpr std::array types{MessageType::hello,
                                    MessageType::summary,
                                    MessageType::ping,
                                    MessageType::pong,
                                    MessageType::bye,
                                    MessageType::refused,
                                    MessageType::get_collections,
                                    MessageType::collections,
                                    MessageType::get_heads,
                                    MessageType::heads,
                                    MessageType::get_ledger,
                                    MessageType::ledger,
                                    MessageType::entries,
                                    MessageType::get_fork,
                                    MessageType::fork,
                                    MessageType::get_tile,
                                    MessageType::tile,
                                    MessageType::get_shards,
                                    MessageType::shards,
                                    MessageType::challenge,
                                    MessageType::proofs};
  static_assert(types.size() + 1 == std::variant_size_v<Message>);
  VAULT_ASSERT(message.index() < types.size());
  return types[message.index()];
}

Bytes encode_body(const Message& message) {
  Bytes body;
  ByteWriter out(body);
  std::visit(Overloaded{
                 [&](const Hello& m) { write(out, m); },
                 [&](const Summary& m) { out.raw(m.digest.view()); },
                 [](const Ping&) {},
                 [](const Pong&) {},
                 [&](const Bye& m) { out.u16(m.code); },
                 [&](const Refused& m) {
                   out.u8(static_cast<std::uint8_t>(m.reason));
                   out.u32(m.retry_after_ms);
                 },
                 [](const GetCollections&) {},
                 [&](const Collections& m) { write(out, m); },
                 [&](const GetHeads& m) { out.raw(m.collection.view()); },
                 [&](const Heads& m) { write(out, m); },
                 [&](const GetLedger& m) {
                   write(out, m.ledger);
                   out.u64(m.have.size);
                   out.raw(m.have.root.view());
                 },
                 [&](const LedgerHead& m) {
                   out.raw(m.old_root.view());
                   write(out, m.proof);
                   out.raw(as_bytes(m.note));
                 },
                 [&](const Entries& m) { write(out, m); },
                 [&](const GetFork& m) { write(out, m.ledger); },
                 [&](const ForkProof& m) {
                   write(out, m.ledger);
                   out.raw(m.old_root.view());
                   write(out, m.proof);
                   write_note(out, m.smaller);
                   write_note(out, m.larger);
                 },
                 [&](const GetTile& m) { write(out, m.name); },
                 [&](const Tile& m) {
                   VAULT_ASSERT(m.hashes.size() == shards_in_pack);
                   out.u8(m.size_class);
                   for (const Sha256Digest& hash : m.hashes) out.raw(hash.view());
                 },
                 [&](const GetShards& m) {
                   write(out, m.name);
                   out.u8(m.first);
                   out.u8(m.count);
                 },
                 [&](const Shards& m) { out.raw(m.bytes); },
                 [&](const Challenge& m) {
                   out.raw(m.nonce.view());
                   out.u8(static_cast<std::uint8_t>(m.shards.size()));
                   for (const ShardName& shard : m.shards) {
                     write(out, shard.pack);
                     out.u8(shard.shard);
                   }
                 },
                 [&](const Proofs& m) {
                   out.u8(static_cast<std::uint8_t>(m.proofs.size()));
                   for (const Sha256Digest& proof : m.proofs) out.raw(proof.view());
                 },
                 [](const Ignorable&) {},
             },
             message);
  return body;
}

void encode_frame(const Message& message, std::uint32_t request, Bytes& target) {
  const MessageType type = type_of(message);
  VAULT_ASSERT(is_announcement(type) == (request == 0));
  const Bytes body = encode_body(message);
  const auto code = static_cast<std::uint8_t>(type);
  VAULT_ASSERT(body.size() <= *body_bytes_max(code));
  encode(FrameHeader{static_cast<std::uint32_t>(body.size()), request, code}, target);
  append(target, body);
}

std::optional<Message> decode(const Frame& frame) {
  if (is_ignorable(frame.header.type)) return Ignorable{frame.header.type};
  const auto type = static_cast<MessageType>(frame.header.type);
  if (is_announcement(type) != (frame.header.request == 0)) return std::nullopt;
  ByteReader in(frame.body);
  Message message = read_body(in, type);
  if (!in.done()) return std::nullopt;
  return message;
}

Sha256Digest digest_of(const Collections& collections) {
  return leaf_hash(encode_body(collections));
}

Sha256Digest digest_of(const Heads& heads) {
  return leaf_hash(encode_body(heads));
}

Sha256Digest possession_proof(const Possession& possession, ByteView shard) {
  Bytes text = to_bytes(possession_label);
  append(text, possession.nonce.view());
  append(text, possession.asker.view());
  append(text, possession.answerer.view());
  append(text, possession.pack.view());
  text.push_back(static_cast<std::byte>(possession.shard));
  append(text, shard);
  return leaf_hash(text);
}

}  // namespace muniment::sync
