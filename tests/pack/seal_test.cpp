// What sealing gives: every frame back, and nothing to see from outside.
#include "vault/pack/seal.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/pack/sample.hpp"
#include "tests/support/golden.hpp"
#include "vault/base/error.hpp"
#include "vault/merkle/tree.hpp"
#include "vault/pack/tile.hpp"

namespace muniment::test {

namespace {

const std::array both_suites{Suite::aegis256, Suite::xchacha20poly1305};

PackHeader header_of(const SealedPack& pack) {
  return std::get<PackHeader>(decode_header(pack.file));
}

Bytes key_of(const SealedPack& pack) {
  const std::array keys{sample_epoch()};
  const auto key = find_pack_key(header_of(pack), keys);
  REQUIRE(key);
  return {key->view().begin(), key->view().end()};
}

SealedPack seal_with(const PackDraft& draft, std::uint64_t seed) {
  FixedRandom random(seed);
  return seal_pack(draft, public_key(sample_epoch()), random);
}

bool contains(ByteView haystack, ByteView needle) {
  return !std::ranges::search(haystack, needle).empty();
}

}  // namespace

TEST_CASE("pack: every frame comes back, in both suites") {
  for (const Suite suite : both_suites) {
    const SealedPack pack = sample_pack(suite);
    const PackReader reader = open_sample(pack);
    CHECK(reader.form() == PackForm{.suite = suite, .size_class = PackClass::mib1});
    CHECK(reader.table() == pack.table);
    CHECK(reader.head() == pack.head);
    REQUIRE(reader.table().frames.size() == 3);
    for (std::size_t frame = 0; frame < 3; ++frame) {
      const SampleChunk chunk = sample_chunk(reader.entry(frame).stored_bytes, 100 + frame);
      CHECK(reader.read_frame(frame) == chunk.payload);
      CHECK(frame_part(reader.head(), frame) == FramePart{});
    }
    CHECK(reader.codec(0) == Codec{});
    CHECK(reader.codec(2) == zstd_codec);
    CHECK(reader.tail_is_sound());
    CHECK_FALSE(reader.healed());
  }
}

TEST_CASE("pack: a pack filled to its last byte comes back, with an empty tail") {
  for (const Suite suite : both_suites) {
    const std::size_t room = pack_room({.suite = suite, .size_class = PackClass::mib1});
    const std::array sizes{room - tag_bytes(suite) - 42 - 40 - 2};
    const SealedPack pack = seal_with(sample_draft(suite, sizes), 1);
    CHECK(pack.file.size() == file_bytes(PackClass::mib1));
    const PackReader reader = open_sample(pack);
    CHECK(reader.read_frame(0) == sample_chunk(sizes[0], 100).payload);
    CHECK(reader.tail_is_sound());
  }
}

TEST_CASE("pack: a chunk that was cut is joined from two packs") {
  const SampleChunk big = sample_chunk(limits::chunk_bytes_max, 1);
  const SampleChunk cut = sample_chunk(limits::chunk_bytes_max, 2, false);
  PackDraft draft(Suite::aegis256);
  for (int i = 0; i < 3; ++i) REQUIRE(draft.add(big.frame) == big.payload.size());
  Frame frame = cut.frame;
  frame.plain_bytes = limits::chunk_bytes_max;
  const std::size_t placed = draft.add(frame);
  REQUIRE((placed > 0 && placed < cut.payload.size()));
  const SealedPack first = seal_with(draft, 1);
  draft.clear();
  REQUIRE(draft.add(frame, placed) == cut.payload.size() - placed);
  REQUIRE(draft.add(sample_chunk(10, 3).frame) == 10);
  const SealedPack second = seal_with(draft, 2);
  CHECK(first.form.size_class == PackClass::mib16);
  CHECK(second.form.size_class == PackClass::mib1);

  const PackReader beginning = open_sample(first);
  const PackReader rest = open_sample(second);
  CHECK(frame_part(beginning.head(), 3).after == cut.payload.size() - placed);
  CHECK(frame_part(rest.head(), 0).before == placed);
  CHECK(join_parts(beginning, rest) == cut.payload);
  CHECK_FALSE(join_parts(rest, beginning));
  CHECK_FALSE(join_parts(beginning, beginning));
  CHECK_FALSE(join_parts(beginning, open_sample(sample_pack())));
}

TEST_CASE("pack: the id is the root over the shards, and the tile holds their hashes") {
  const SealedPack pack = sample_pack();
  const ByteView body = ByteView(pack.file).first(body_bytes(PackClass::mib1));
  std::vector<Sha256Digest> leaves;
  for (std::size_t i = 0; i < 256; ++i) leaves.push_back(leaf_hash(body.subspan(i * 4096, 4096)));
  CHECK(equal(pack.id.view(), merkle_root(leaves).view()));
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK(equal(leaves[i].view(), ByteView(pack.file).subspan(body.size() + i * 32, 32)));
  }
}

TEST_CASE("pack: golden pack ids and keys") {
  std::string text;
  for (const Suite suite : both_suites) {
    const SealedPack pack = sample_pack(suite);
    text += fmt::format("suite {}\nid {}\nfile-sha256 {}\nkey {}\ncommitment {}\n",
                        static_cast<int>(suite), pack.id.hex(), sha256(pack.file).hex(),
                        to_hex(key_of(pack)), header_of(pack).commitment.hex());
  }
  CHECK(matches_golden("pack/packs.txt", as_bytes(text)));
}

TEST_CASE("pack: golden key derivation") {
  const std::optional<PackHeader> header =
      std::get<PackHeader>(decode_header(read_golden("pack/header.bin")));
  Bytes shared(32);
  for (std::size_t i = 0; i < shared.size(); ++i) shared[i] = static_cast<std::byte>(i);
  const PackSecrets secrets = derive_pack_secrets(*KemSharedSecret::from_bytes(shared), *header);
  const std::string text = fmt::format("kem-secret {}\nkey {}\ncommitment {}\n", to_hex(shared),
                                       to_hex(secrets.key.view()), secrets.commitment.hex());
  CHECK(matches_golden("pack/derivation.txt", as_bytes(text)));
}

TEST_CASE("pack: replayed random numbers give other contents another key") {
  const std::array<std::size_t, 2> sizes{1000, 2000};
  const std::array<std::size_t, 2> other_sizes{1000, 2001};
  const PackDraft draft = sample_draft(Suite::aegis256, sizes);
  const SealedPack pack = seal_with(draft, 5);
  CHECK(equal(seal_with(draft, 5).file, pack.file));
  const SealedPack other = seal_with(sample_draft(Suite::aegis256, other_sizes), 5);
  CHECK(header_of(other).ciphertext != header_of(pack).ciphertext);
  CHECK(key_of(other) != key_of(pack));
  CHECK(key_of(seal_with(sample_draft(Suite::xchacha20poly1305, sizes), 5)) != key_of(pack));
}

TEST_CASE("pack: replayed random numbers give other parts of a chunk another key") {
  const SampleChunk chunk = sample_chunk(3000, 1, false);
  PackDraft drafts[2]{PackDraft(Suite::aegis256), PackDraft(Suite::aegis256)};
  Frame shorter = chunk.frame;
  shorter.payload = shorter.payload.first(2000);
  REQUIRE(drafts[0].add(chunk.frame, 2000) == 1000);
  REQUIRE(drafts[1].add(shorter, 1000) == 1000);
  REQUIRE(drafts[0].table() == drafts[1].table());
  CHECK(key_of(seal_with(drafts[0], 5)) != key_of(seal_with(drafts[1], 5)));
}

TEST_CASE("pack: a buffer is reused whatever it held") {
  const SealedPack pack = sample_pack();
  for (const std::size_t size : {std::size_t{10}, std::size_t{2 << 20U}}) {
    const std::array<std::size_t, 3> sizes{10'000, 1, 400'000};
    FixedRandom random(7);
    const PackDraft draft = sample_draft(Suite::aegis256, sizes);
    PageBytes buffer(size);
    std::ranges::fill(buffer, std::byte{0xaa});
    const SealedPack again =
        seal_pack(draft, public_key(sample_epoch()), random, std::move(buffer));
    CHECK(equal(again.file, pack.file));
  }
}

TEST_CASE("pack: no plaintext, chunk id or length is in the file") {
  const Bytes text = to_bytes("The canary sings in the twenty-fourth line of the ledger.");
  SampleChunk chunk = sample_chunk(1, 1);
  chunk.frame.payload = text;
  chunk.frame.plain_bytes = static_cast<std::uint32_t>(text.size());
  PackDraft draft(Suite::aegis256);
  REQUIRE(draft.add(chunk.frame) == text.size());
  const SealedPack pack = seal_with(draft, 5);
  for (std::size_t i = 0; i + 8 <= text.size(); ++i) {
    CHECK_FALSE(contains(pack.file, ByteView(text).subspan(i, 8)));
  }
  CHECK_FALSE(contains(pack.file, chunk.frame.chunk.view().first(8)));
}

TEST_CASE("pack: an almost empty pack and a full one look alike") {
  const std::array<std::size_t, 1> little{1};
  const std::vector<std::size_t> much(1000, 900);
  const SealedPack empty = seal_with(sample_draft(Suite::aegis256, little), 1);
  const SealedPack full = seal_with(sample_draft(Suite::aegis256, much), 2);
  REQUIRE(empty.file.size() == full.file.size());
  CHECK(equal(ByteView(empty.file).first(16), ByteView(full.file).first(16)));
  CHECK(equal(ByteView(empty.file).subspan(1168, 112), ByteView(full.file).subspan(1168, 112)));
  for (const SealedPack* pack : {&empty, &full}) {
    // Every other stretch of 1 KiB has about as many bits set as random bytes: 4,096 with a
    // standard deviation of 45.
    const ByteView file = pack->file;
    for (std::size_t offset = 2048; offset < file.size(); offset += 1024) {
      int bits = 0;
      for (const std::byte byte : file.subspan(offset, 1024)) {
        bits += std::popcount(std::to_integer<unsigned>(byte));
      }
      CAPTURE(offset);
      CHECK((bits > 3800 && bits < 4400));
    }
  }
}

TEST_CASE("pack: something that is no public key is refused") {
  EpochPublicKey key;
  std::ranges::fill(key.mutable_view(), std::byte{0xff});
  const std::array<std::size_t, 1> sizes{1};
  FixedRandom random(1);
  CHECK_THROWS_AS((void)seal_pack(sample_draft(Suite::aegis256, sizes), key, random), Error);
}

}  // namespace muniment::test
