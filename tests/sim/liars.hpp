// Replicas that lie.
#pragma once

#include "tests/sync/replica.hpp"

namespace muniment::sync::test {

// Takes nothing in from a moment on: to everybody it shows heads that were true once.
class StaleReplica final : public Replica {
 public:
  using Replica::Replica;
  void append(const LedgerRef& ledger, std::span<const std::string> entries,
              const SignedNote& note) override {
    if (!is_stale) Replica::append(ledger, entries, note);
  }
  void replace_note(const LedgerRef& ledger, const SignedNote& note) override {
    if (!is_stale) Replica::replace_note(ledger, note);
  }

  bool is_stale = false;
};

// Sends rubbish in place of every other run of shards, and of what it does not have.
class RubbishReplica final : public Replica {
 public:
  using Replica::Replica;
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const override {
    auto bytes = Replica::read_shards(pack, first, count);
    if (bytes && (first / 8) % 2 == 0) bytes->at(bytes->size() / 2) ^= std::byte{4};
    return bytes;
  }
};

// Throws away the packs that it took in, and says that it has them.
class HollowReplica final : public Replica {
 public:
  using Replica::Replica;
  [[nodiscard]] bool finish(const PackId& pack) override {
    if (!Replica::finish(pack)) return false;
    x_thrown_away.emplace(pack, x_packs.at(pack).tile);
    x_packs.erase(pack);
    return true;
  }
  [[nodiscard]] std::vector<WantedPack> wanted(const WantedPack& after,
                                               std::size_t count) const override {
    std::vector<WantedPack> result = Replica::wanted(after, count);
    std::erase_if(result,
                  [&](const WantedPack& each) { return x_thrown_away.contains(each.pack); });
    return result;
  }
  [[nodiscard]] std::optional<std::uint8_t> find_class(const PackId& pack) const override {
    const auto gone = x_thrown_away.find(pack);
    return gone == x_thrown_away.end() ? Replica::find_class(pack) : gone->second.size_class;
  }
  [[nodiscard]] std::optional<Tile> find_tile(const PackId& pack) const override {
    const auto gone = x_thrown_away.find(pack);
    return gone == x_thrown_away.end() ? Replica::find_tile(pack) : gone->second;
  }
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const override {
    const auto gone = x_thrown_away.find(pack);
    if (gone == x_thrown_away.end()) return Replica::read_shards(pack, first, count);
    return Bytes(count * shard_bytes(gone->second.size_class));
  }

 private:
  std::map<PackId, Tile> x_thrown_away;
};

// Lists others' packs in a wrong size, and says that it has them so.
class WrongSizeReplica final : public Replica {
 public:
  using Replica::Replica;
  [[nodiscard]] std::optional<Tile> find_tile(const PackId& pack) const override {
    auto tile = Replica::find_tile(pack);
    const auto lie = lies.find(pack);
    if (tile && lie != lies.end()) tile->size_class = lie->second;
    return tile;
  }
  [[nodiscard]] std::optional<Bytes> read_shards(const PackId& pack, std::size_t first,
                                                 std::size_t count) const override {
    if (lies.contains(pack)) return std::nullopt;
    return Replica::read_shards(pack, first, count);
  }

  std::map<PackId, std::uint8_t> lies;
};

// A second history of its own ledgers, for those to whom `side` shows it.
class TwoFacedReplica final : public Replica {
 public:
  using Replica::Replica;
  // What is found out about oneself is not kept.
  void keep_fork(const ForkProof& proof) override {
    if (proof.ledger.device != device()) Replica::keep_fork(proof);
  }
};

}  // namespace muniment::sync::test
