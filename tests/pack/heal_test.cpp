// What a replica without any key can say about a damaged file, and put right.
#include "vault/pack/heal.hpp"

#include <doctest/doctest.h>

#include "tests/pack/sample.hpp"

namespace muniment::test {

namespace {

using Indices = std::vector<std::size_t>;

constexpr std::size_t body_size = 1U << 20U;
constexpr std::size_t shard_size = body_size / 256;

const SealedPack& pack() {
  static const SealedPack sealed = sample_pack();
  return sealed;
}

void flip(Bytes& file, std::size_t offset) {
  file[offset] ^= std::byte{0x10};
}

void damage_shards(Bytes& file, const Indices& shards) {
  for (const std::size_t shard : shards) flip(file, shard * shard_size + shard * 7 % shard_size);
}

void damage_entries(Bytes& file, const Indices& entries) {
  for (const std::size_t entry : entries) flip(file, body_size + entry * 32 + entry % 32);
}

Indices range(std::size_t begin, std::size_t end) {
  Indices indices;
  for (std::size_t i = begin; i < end; ++i) indices.push_back(i);
  return indices;
}

// Checks that `file` is healed and that exactly this damage is reported.
void check_healed(ByteView file, const Indices& shards, const Indices& entries) {
  const PackExamination examination = examine_pack(file, pack().id);
  REQUIRE(examination.condition == PackCondition::healable);
  CHECK(examination.damaged_shards == shards);
  CHECK(examination.damaged_tile_entries == entries);
  CHECK(equal(examination.healed, pack().file));
  CHECK_FALSE(examination.other);
}

void check_lost(ByteView file, const Indices& shards = {}) {
  const PackExamination examination = examine_pack(file, pack().id);
  CHECK(examination.condition == PackCondition::lost);
  CHECK(examination.damaged_shards == shards);
  CHECK(examination.healed.empty());
  CHECK_FALSE(examination.other);
}

}  // namespace

TEST_CASE("heal: an intact pack is intact") {
  const PackExamination examination = examine_pack(pack().file, pack().id);
  CHECK(examination.condition == PackCondition::intact);
  CHECK(examination.damaged_shards.empty());
  CHECK(examination.damaged_tile_entries.empty());
  CHECK(examination.healed.empty());
}

TEST_CASE("heal: eight damaged shards are healed without a key, wherever they are") {
  for (const Indices& shards :
       {Indices{0}, Indices{255}, range(0, 8), range(248, 256), range(120, 128),
        Indices{0, 40, 80, 120, 160, 200, 240, 255}, Indices{246, 247, 248, 249}}) {
    Bytes file = to_bytes(pack().file);
    damage_shards(file, shards);
    check_healed(file, shards, {});
  }
}

TEST_CASE("heal: nine damaged shards are reported, not healed") {
  for (const Indices& shards :
       {range(0, 9), range(247, 256), Indices{0, 31, 62, 93, 124, 155, 186, 217, 248}}) {
    Bytes file = to_bytes(pack().file);
    damage_shards(file, shards);
    check_lost(file, shards);
  }
  Bytes zeros(pack().file.size());
  std::ranges::copy(ByteView(pack().file).last(8192), zeros.end() - 8192);
  check_lost(zeros, range(0, 256));
}

TEST_CASE("heal: one flipped bit in any shard or tile entry is found where it is") {
  for (std::size_t i = 0; i < 256; i += 5) {
    CAPTURE(i);
    Bytes file = to_bytes(pack().file);
    damage_shards(file, {i});
    check_healed(file, {i}, {});
    file = to_bytes(pack().file);
    damage_entries(file, {i});
    check_healed(file, {}, {i});
  }
}

TEST_CASE("heal: shards and tile entries damaged together, the same ones or others") {
  Bytes file = to_bytes(pack().file);
  damage_shards(file, {3, 9});
  damage_entries(file, {3, 200});
  check_healed(file, {3, 9}, {3, 200});

  file = to_bytes(pack().file);
  damage_shards(file, range(10, 18));
  damage_entries(file, range(10, 18));
  check_healed(file, range(10, 18), range(10, 18));
}

TEST_CASE("heal: a tile that is gone in part or whole is made again") {
  Bytes file = to_bytes(pack().file);
  std::ranges::fill(MutableByteView(file).last(8192), std::byte{0});
  check_healed(file, {}, range(0, 256));

  file = to_bytes(pack().file);
  std::ranges::fill(MutableByteView(file).subspan(body_size + 4096, 4096), std::byte{0});
  check_healed(file, {}, range(128, 256));
  // And shards whose entries are still there.
  damage_shards(file, {0, 1, 2, 3, 50, 51, 52, 127});
  check_healed(file, {0, 1, 2, 3, 50, 51, 52, 127}, range(128, 256));

  file = to_bytes(pack().file);
  damage_entries(file, range(0, 128));
  damage_shards(file, range(200, 208));
  check_healed(file, range(200, 208), range(0, 128));
}

TEST_CASE("heal: a shard and a wide stretch of the tile over it are more than can be told") {
  Bytes file = to_bytes(pack().file);
  damage_entries(file, range(0, 128));
  damage_shards(file, {64});
  check_lost(file);
}

TEST_CASE("heal: a truncated file is healed while 248 shards are there") {
  const ByteView good = pack().file;
  const auto cut = [&](std::size_t size) { return good.first(size); };
  check_healed(cut(good.size() - 1), {}, {255});
  check_healed(cut(body_size + 32), {}, range(1, 256));
  check_healed(cut(body_size + 31), {}, range(0, 256));
  check_healed(cut(body_size), {}, range(0, 256));
  check_healed(cut(body_size - 1), {255}, range(0, 256));
  check_healed(cut(248 * shard_size), range(248, 256), range(0, 256));
  for (const std::size_t size : {248 * shard_size - 1, body_size / 2, shard_size, std::size_t{1280},
                                 std::size_t{1}, std::size_t{0}}) {
    check_lost(cut(size));
  }
}

TEST_CASE("heal: a truncated tile and damaged shards before the cut are healed") {
  Bytes file = to_bytes(pack().file);
  damage_shards(file, {5, 6, 7});
  file.resize(body_size + std::size_t{100} * 32);
  check_healed(file, {5, 6, 7}, range(100, 256));
}

TEST_CASE("heal: an overlong file is cut to its length, up to any length") {
  for (const std::size_t extra :
       {std::size_t{1}, std::size_t{5000}, std::size_t{1} << 20U, std::size_t{20} << 20U}) {
    Bytes file = to_bytes(pack().file);
    file.resize(file.size() + extra, std::byte{0x55});
    check_healed(file, {}, {});
    damage_shards(file, {17});
    check_healed(file, {17}, {});
  }
}

TEST_CASE("heal: another pack's file is named, whatever its size") {
  const SealedPack other = sample_pack(Suite::aegis256, 8);
  const PackExamination examination = examine_pack(other.file, pack().id);
  CHECK(examination.condition == PackCondition::lost);
  CHECK(examination.other == other.id);
  CHECK(examination.damaged_shards.empty());

  const std::array<std::size_t, 1> size{1'500'000};
  FixedRandom random(1);
  const SealedPack bigger =
      seal_pack(sample_draft(Suite::aegis256, size), public_key(sample_epoch()), random);
  CHECK(examine_pack(bigger.file, pack().id).other == bigger.id);

  Bytes damaged = to_bytes(other.file);
  flip(damaged, 1000);
  check_lost(damaged);
}

TEST_CASE("heal: shards that changed places are as good as damaged") {
  Bytes file = to_bytes(pack().file);
  std::swap_ranges(file.begin() + 10 * shard_size, file.begin() + 11 * shard_size,
                   file.begin() + 20 * shard_size);
  check_healed(file, {10, 20}, {});
}

TEST_CASE("heal: packs of every class are healed") {
  for (const std::size_t chunks : {1U, 2U, 4U, 8U}) {
    const std::vector<std::size_t> sizes(chunks, 1'700'000);
    FixedRandom random(1);
    const SealedPack big =
        seal_pack(sample_draft(Suite::aegis256, sizes), public_key(sample_epoch()), random);
    Bytes file = to_bytes(big.file);
    const std::size_t shard = shard_bytes(big.form.size_class);
    for (const std::size_t i : {0U, 1U, 2U, 3U, 100U, 247U, 248U, 255U}) flip(file, i * shard);
    const PackExamination examination = examine_pack(file, big.id);
    CHECK(examination.condition == PackCondition::healable);
    CHECK(examination.damaged_shards == Indices{0, 1, 2, 3, 100, 247, 248, 255});
    CHECK(equal(examination.healed, big.file));
  }
}

TEST_CASE("heal: random damage is healed exactly or reported, never changed into something else") {
  FixedRandom random(31);
  for (int round = 0; round < 100; ++round) {
    Bytes file = to_bytes(pack().file);
    for (std::uint64_t i = random.below(14); i > 0; --i) {
      const std::size_t begin = random.below(file.size());
      const std::size_t length = std::min<std::size_t>(1 + random.below(6000), file.size() - begin);
      for (std::size_t at = begin; at < begin + length; ++at) file[at] ^= std::byte{0xff};
    }
    if (random.below(4) == 0) file.resize(random.below(file.size() + 100));
    const PackExamination examination = examine_pack(file, pack().id);
    CHECK((examination.condition == PackCondition::intact) == equal(file, pack().file));
    if (examination.condition == PackCondition::healable)
      CHECK(equal(examination.healed, pack().file));
  }
}

}  // namespace muniment::test
