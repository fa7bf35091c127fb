// What is true in a test: who there is, what each device ever signed, and what every pack holds.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sync/protocol/packs.hpp"
#include "tests/support/fixed.hpp"
#include "vault/base/assert.hpp"
#include "vault/merkle/tree.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment::sync::test {

using muniment::test::FixedRandom;

constexpr UnixSeconds test_time = 1'700'000'000;

struct Actor {
  DeviceId device;
  SigningKey<LogPurpose> log;
  SigningKey<WitnessPurpose> witness;
  bool is_witness = false;
  bool is_vouched_for = true;
  // Kept, since what is secret is slow to look at.
  VerifyKey<LogPurpose> log_key = verify_key(log);
  VerifyKey<WitnessPurpose> witness_key = verify_key(witness);
};

struct TruePack {
  PackName name;
  std::shared_ptr<const Bytes> body;
  Tile tile;
};

class World {
 public:
  explicit World(std::uint64_t seed, std::size_t actors_count = 2, std::size_t witnesses = 2)
      : random(seed), consortium(random.fixed<ConsortiumId>()) {
    for (std::size_t i = 0; i < actors_count; ++i) {
      actors.push_back({random.fixed<DeviceId>(), SigningKey<LogPurpose>::generate(random),
                        SigningKey<WitnessPurpose>::generate(random), i < witnesses});
    }
  }

  [[nodiscard]] std::string origin(const LedgerRef& ledger) const {
    return "muniment/" + consortium.hex() + "/" + ledger.collection.hex() + "/" +
           ledger.device.hex();
  }
  [[nodiscard]] const Actor& actor(const DeviceId& device) const {
    return *std::ranges::find(actors, device, &Actor::device);
  }
  [[nodiscard]] bool vouches_for(const DeviceId& device) const {
    const auto found = std::ranges::find(actors, device, &Actor::device);
    return found != actors.end() && found->is_vouched_for;
  }

  [[nodiscard]] NoteKey<LogPurpose> log_key(const LedgerRef& ledger) const {
    return {origin(ledger), actor(ledger.device).log_key};
  }

  // Signs, and remembers that this history was signed.
  [[nodiscard]] SignedNote sign(const LedgerRef& ledger, const std::vector<Sha256Digest>& leaves) {
    histories[ledger].push_back(leaves);
    const std::string name = origin(ledger);
    return sign_checkpoint({name, leaves.size(), merkle_root(leaves)}, name,
                           actor(ledger.device).log);
  }
  // Whether the device signed just this.
  [[nodiscard]] bool was_signed(const LedgerRef& ledger,
                                const std::vector<Sha256Digest>& leaves) const {
    const auto found = histories.find(ledger);
    return found != histories.end() &&
           std::ranges::find(found->second, leaves) != found->second.end();
  }

  [[nodiscard]] TruePack make_pack(const CollectionId& collection, std::uint8_t size_class = 20) {
    TruePack pack;
    Bytes body = random.bytes(std::size_t{1} << size_class);
    const std::size_t size = shard_bytes(size_class);
    pack.tile.size_class = size_class;
    for (std::size_t i = 0; i < shards_in_pack; ++i) {
      pack.tile.hashes.push_back(leaf_hash(ByteView(body).subspan(i * size, size)));
    }
    const Sha256Digest root = merkle_root(pack.tile.hashes);
    pack.name = {collection, PackId(root.view().first<PackId::size>())};
    pack.body = std::make_shared<const Bytes>(std::move(body));
    packs.emplace(pack.name.pack, pack);
    return pack;
  }

  FixedRandom random;
  ConsortiumId consortium;
  std::vector<Actor> actors;
  std::map<LedgerRef, std::vector<std::vector<Sha256Digest>>> histories;
  std::map<PackId, TruePack> packs;
};

// ---- entries, as short as a test wants them ----

[[nodiscard]] inline std::string cert_entry(const Actor& actor) {
  return "cert " + actor.log_key.hex() + " " +
         (actor.is_witness ? actor.witness_key.hex() : std::string("-"));
}
[[nodiscard]] inline std::string grant_entry(const DeviceId& to, const CollectionId& collection) {
  return "grant " + to.hex() + " " + collection.hex();
}
[[nodiscard]] inline std::string packs_entry(const TruePack& pack) {
  return "pack " + pack.name.pack.hex() + " " + std::to_string(pack.tile.size_class);
}

}  // namespace muniment::sync::test
