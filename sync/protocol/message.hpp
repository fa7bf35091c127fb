// The messages of PROTOCOL.md §3: a struct each, their encoders and strict decoders. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sync/protocol/frame.hpp"
#include "vault/base/ids.hpp"
#include "vault/merkle/proof.hpp"

namespace muniment::sync {

// Which ledger of this consortium.
struct LedgerRef {
  CollectionId collection;
  DeviceId device;

  friend auto operator<=>(const LedgerRef&, const LedgerRef&) = default;
};

struct PackName {
  CollectionId collection;  // under whose grant it is asked for
  PackId pack;

  friend auto operator<=>(const PackName&, const PackName&) = default;
};

inline constexpr std::size_t shards_in_pack = 256;
inline constexpr std::uint8_t size_class_min = 20;
inline constexpr std::uint8_t size_class_max = 24;

[[nodiscard]] constexpr std::size_t shard_bytes(std::uint8_t size_class) noexcept {
  return (std::size_t{1} << size_class) / shards_in_pack;
}
// Shards in the longest run of one request.
[[nodiscard]] constexpr std::size_t run_shards_max(std::uint8_t size_class) noexcept {
  const std::size_t count = limits::piece_bytes_max / shard_bytes(size_class);
  return count < shards_in_pack ? count : shards_in_pack;
}

struct Hello {
  ConsortiumId consortium;
  DeviceId device;
  std::uint64_t features = 0;
  std::uint32_t requests = 0;  // that may wait for an answer
  std::uint32_t bytes = 0;     // that the answers to them may take together
  Bytes extension;             // of a later version

  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Summary {
  Sha256Digest digest;

  friend bool operator==(const Summary&, const Summary&) = default;
};

struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
  friend bool operator==(const Pong&, const Pong&) = default;
};

struct Bye {
  std::uint16_t code = 0;  // a CloseCode, or one of a later version

  friend bool operator==(const Bye&, const Bye&) = default;
};

enum class RefusedReason : std::uint8_t { not_available = 1, busy = 2 };

struct Refused {
  RefusedReason reason = RefusedReason::not_available;
  std::uint32_t retry_after_ms = 0;

  friend bool operator==(const Refused&, const Refused&) = default;
};

struct GetCollections {
  friend bool operator==(const GetCollections&, const GetCollections&) = default;
};

struct CollectionDigest {
  CollectionId collection;
  Sha256Digest heads;  // digest_of(Heads)

  friend bool operator==(const CollectionDigest&, const CollectionDigest&) = default;
};

struct Collections {
  std::vector<CollectionDigest> collections;  // ascending

  friend bool operator==(const Collections&, const Collections&) = default;
};

struct GetHeads {
  CollectionId collection;

  friend bool operator==(const GetHeads&, const GetHeads&) = default;
};

struct Head {
  DeviceId device;
  TreeHead tree;  // not empty
  Sha256Digest note;

  friend bool operator==(const Head&, const Head&) = default;
};

struct Heads {
  CollectionId collection;
  std::vector<Head> heads;       // ascending by device
  std::vector<LedgerRef> forks;  // ascending; only in those of the built-in collection

  friend bool operator==(const Heads&, const Heads&) = default;
};

struct GetLedger {
  LedgerRef ledger;
  TreeHead have;  // size 0 and zeros if nothing

  friend bool operator==(const GetLedger&, const GetLedger&) = default;
};

struct LedgerHead {
  Sha256Digest old_root;
  MerkleProof proof;
  std::string note;

  friend bool operator==(const LedgerHead&, const LedgerHead&) = default;
};

struct Entries {
  std::vector<std::string> entries;

  friend bool operator==(const Entries&, const Entries&) = default;
};

struct GetFork {
  LedgerRef ledger;

  friend bool operator==(const GetFork&, const GetFork&) = default;
};

// What proves a fork (PROTOCOL.md §6); believed once sync/protocol/fork.hpp verified it.
struct ForkProof {
  LedgerRef ledger;
  Sha256Digest old_root;  // of the larger tree at the smaller size
  MerkleProof proof;
  std::string smaller;  // notes
  std::string larger;

  friend bool operator==(const ForkProof&, const ForkProof&) = default;
};

struct GetTile {
  PackName name;

  friend bool operator==(const GetTile&, const GetTile&) = default;
};

struct Tile {
  std::uint8_t size_class = 0;
  std::vector<Sha256Digest> hashes;  // shards_in_pack

  friend bool operator==(const Tile&, const Tile&) = default;
};

struct GetShards {
  PackName name;
  std::uint8_t first = 0;
  std::uint8_t count = 0;

  friend bool operator==(const GetShards&, const GetShards&) = default;
};

struct Shards {
  ByteView bytes;  // into the frame

  friend bool operator==(const Shards& a, const Shards& b) { return equal(a.bytes, b.bytes); }
};

using Nonce = FixedBytes<struct NonceTag, 32>;

struct ShardName {
  PackName pack;
  std::uint8_t shard = 0;

  friend bool operator==(const ShardName&, const ShardName&) = default;
};

struct Challenge {
  Nonce nonce;
  std::vector<ShardName> shards;  // 1 to challenges_max

  friend bool operator==(const Challenge&, const Challenge&) = default;
};

struct Proofs {
  std::vector<Sha256Digest> proofs;  // zeros for what is not held

  friend bool operator==(const Proofs&, const Proofs&) = default;
};

// A message of a type from first_ignorable_type on.
struct Ignorable {
  std::uint8_t type = 0;

  friend bool operator==(const Ignorable&, const Ignorable&) = default;
};

using Message = std::variant<Hello, Summary, Ping, Pong, Bye, Refused, GetCollections, Collections,
                             GetHeads, Heads, GetLedger, LedgerHead, Entries, GetFork, ForkProof,
                             GetTile, Tile, GetShards, Shards, Challenge, Proofs, Ignorable>;

[[nodiscard]] MessageType type_of(const Message& message);

// Appends the whole frame. The message must be one that decodes, and not Ignorable.
void encode_frame(const Message& message, std::uint32_t request, Bytes& target);

// The body alone: what digests are made of.
[[nodiscard]] Bytes encode_body(const Message& message);

// Empty unless the body is exactly what encode_body gives for some message of this type; bodies of
// ignorable types may be anything. Shards point into the frame.
[[nodiscard]] std::optional<Message> decode(const Frame& frame);

// SHA-256(00 || body).
[[nodiscard]] Sha256Digest digest_of(const Collections& collections);
[[nodiscard]] Sha256Digest digest_of(const Heads& heads);

// What answers a challenge for one shard.
struct Possession {
  Nonce nonce;
  DeviceId asker;
  DeviceId answerer;
  PackId pack;
  std::uint8_t shard = 0;
};
[[nodiscard]] Sha256Digest possession_proof(const Possession& possession, ByteView shard);

}  // namespace muniment::sync
