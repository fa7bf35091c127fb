// Opening packs from a store: whole, in ranges, damaged, foreign, swapped and forged.
#include "vault/pack/reader.hpp"

#include <doctest/doctest.h>

#include "tests/pack/sample.hpp"
#include "vault/base/error.hpp"
#include "vault/pack/heal.hpp"
#include "vault/pack/parity.hpp"
#include "vault/pack/tile.hpp"
#include "vault/store/faulty_store.hpp"

namespace muniment::test {

namespace {

using Opened = std::variant<PackReader, PackFault>;

const std::array all_access{PackAccess::ranges, PackAccess::whole, PackAccess::checked};

const SealedPack& pack() {
  static const SealedPack sealed = sample_pack();
  return sealed;
}

Opened open_file(const PackId& id, ByteView file, PackAccess access = PackAccess::whole,
                 std::uint64_t epoch_seed = 1) {
  // The reader may outlive this function; ranges are read from the store.
  static MemoryStore store;
  store_pack(store, id, file);
  const std::array keys{sample_epoch(epoch_seed)};
  return open_pack(store, id, keys, access);
}

bool is(const Opened& opened, PackFault fault) {
  const auto* const found = std::get_if<PackFault>(&opened);
  return found != nullptr && *found == fault;
}

// Whether it opened to what the sample pack holds.
bool is_whole(const Opened& opened) {
  const auto* const reader = std::get_if<PackReader>(&opened);
  if (reader == nullptr || reader->table() != pack().table) return false;
  for (std::size_t frame = 0; frame < 3; ++frame) {
    const auto payload = reader->read_frame(frame);
    if (payload != sample_chunk(reader->entry(frame).stored_bytes, 100 + frame).payload) {
      return false;
    }
  }
  return true;
}

bool healed(const Opened& opened) {
  const auto* const reader = std::get_if<PackReader>(&opened);
  return reader != nullptr && reader->healed();
}

// Makes parity, tile and id fit a changed body, as somebody who forges a pack would.
PackId make_consistent(Bytes& file) {
  const MutableByteView body = MutableByteView(file).first(file.size() - 8192);
  encode_parity(body);
  const PackTile tile = hash_shards(body);
  encode_pack_tile(tile, MutableByteView(file).last(8192));
  return pack_id(tile);
}

// The sample pack with another head or table, sealed with its key.
Opened open_forged(const PackHead& head, ByteView table) {
  Bytes file = to_bytes(pack().file);
  const PackHeader header = std::get<PackHeader>(decode_header(file));
  const std::array keys{sample_epoch()};
  const PackKey key = find_pack_key(header, keys).value();
  const MutableByteView target = file;
  seal(header.form.suite, key, 0, encode_head(head), target.subspan(1280, 64));
  seal(header.form.suite, key, 1, table, target.subspan(head.table_offset, table.size() + 32));
  const PackId id = make_consistent(file);
  return open_file(id, file);
}

// Notes which ranges are read, and cannot read those that touch the bad sector.
class RecordingStore final : public PackStore {
 public:
  explicit RecordingStore(PackStore& inner, std::optional<std::uint64_t> bad_sector = std::nullopt)
      : x_inner(inner), x_bad_sector(bad_sector) {}

  std::optional<std::uint64_t> stat(std::string_view key) const override {
    return x_inner.stat(key);
  }
  std::optional<std::size_t> get_range(std::string_view key, std::uint64_t offset,
                                       MutableByteView target) const override {
    ranges.emplace_back(offset, target.size());
    if (x_bad_sector && offset <= *x_bad_sector && *x_bad_sector < offset + target.size()) {
      throw Error(ErrorCode::io, "bad sector");
    }
    return x_inner.get_range(key, offset, target);
  }
  std::vector<std::string> list(std::string_view prefix) const override {
    return x_inner.list(prefix);
  }
  bool put_if_absent(std::string_view key, ByteView bytes) override {
    return x_inner.put_if_absent(key, bytes);
  }
  void flush() override { x_inner.flush(); }
  void make_durable(std::span<const std::string> keys) override { x_inner.make_durable(keys); }
  void discard() noexcept override { x_inner.discard(); }
  void replace(std::string_view key, ByteView bytes) override { x_inner.replace(key, bytes); }
  bool remove(std::string_view key) override { return x_inner.remove(key); }

  mutable std::vector<std::pair<std::uint64_t, std::size_t>> ranges;

 private:
  PackStore& x_inner;
  std::optional<std::uint64_t> x_bad_sector;
};

}  // namespace

TEST_CASE("pack reader: reads every frame, whichever way the bytes come") {
  for (const PackAccess access : all_access) {
    const Opened opened = open_file(pack().id, pack().file, access);
    CHECK(is_whole(opened));
    CHECK_FALSE(healed(opened));
    CHECK(std::get<PackReader>(opened).tail_is_sound());
  }
}

TEST_CASE("pack reader: asks a store for whole shards only") {
  MemoryStore inner;
  RecordingStore store(inner);
  store_pack(store, pack().id, pack().file);
  const std::array keys{sample_epoch()};
  const Opened opened = open_pack(store, pack().id, keys, PackAccess::ranges);
  CHECK(is_whole(opened));
  CHECK(store.ranges.size() >= 6);
  for (const auto& [offset, length] : store.ranges) {
    CHECK(offset % 4096 == 0);
    CHECK(length % 4096 == 0);
  }
}

TEST_CASE("pack reader: a pack that is not there is absent") {
  const MemoryStore store;
  const std::array keys{sample_epoch()};
  for (const PackAccess access : all_access) {
    CHECK(is(open_pack(store, pack().id, keys, access), PackFault::absent));
  }
}

TEST_CASE("pack reader: a store that fails is an error, not a fault of the pack") {
  MemoryStore inner;
  FaultyStore store(inner);
  store_pack(store, pack().id, pack().file);
  const std::array keys{sample_epoch()};
  store.fail_after(1);
  CHECK_THROWS_AS((void)open_pack(store, pack().id, keys, PackAccess::whole), Error);
}

TEST_CASE("pack reader: another epoch's pack is foreign, damaged or not") {
  Bytes damaged = to_bytes(pack().file);
  damaged[2000] ^= std::byte{1};
  for (const PackAccess access : all_access) {
    CHECK(is(open_file(pack().id, pack().file, access, 2), PackFault::foreign));
    CHECK(is(open_file(pack().id, damaged, access, 2), PackFault::foreign));
  }
  MemoryStore store;
  store_pack(store, pack().id, pack().file);
  CHECK(is(open_pack(store, pack().id, {}, PackAccess::whole), PackFault::foreign));
}

TEST_CASE("pack reader: another pack under this name is swapped, though the key would open it") {
  const SealedPack other = sample_pack(Suite::aegis256, 8);
  for (const PackAccess access : all_access) {
    CHECK(is(open_file(pack().id, other.file, access), PackFault::swapped));
  }
}

TEST_CASE("pack reader: eight damaged shards are healed in memory, header and table among them") {
  Bytes file = to_bytes(pack().file);
  const std::size_t table_shard = pack().head.table_offset / 4096;
  for (const std::size_t shard : {std::size_t{0}, std::size_t{1}, table_shard, std::size_t{255}}) {
    for (std::size_t i = 0; i < 4096; ++i) file[shard * 4096 + i] = std::byte{0};
  }
  for (const PackAccess access : all_access) {
    const Opened opened = open_file(pack().id, file, access);
    CHECK(is_whole(opened));
    CHECK(healed(opened));
  }
}

TEST_CASE("pack reader: a damaged frame fails, and is healed when the pack is opened checked") {
  Bytes file = to_bytes(pack().file);
  file[50'000] ^= std::byte{1};
  for (const PackAccess access : {PackAccess::ranges, PackAccess::whole}) {
    const Opened opened = open_file(pack().id, file, access);
    const auto& reader = std::get<PackReader>(opened);
    CHECK(reader.read_frame(0));
    CHECK(reader.read_frame(1));
    CHECK_FALSE(reader.read_frame(2));
    CHECK_FALSE(reader.healed());
  }
  CHECK(is_whole(open_file(pack().id, file, PackAccess::checked)));
  CHECK(healed(open_file(pack().id, file, PackAccess::checked)));
}

TEST_CASE("pack reader: of a pack past healing the frames that are whole are still read") {
  Bytes file = to_bytes(pack().file);
  for (std::size_t shard = 20; shard < 29; ++shard) file[shard * 4096] ^= std::byte{1};
  for (const PackAccess access : all_access) {
    const Opened opened = open_file(pack().id, file, access);
    const auto& reader = std::get<PackReader>(opened);
    CHECK(reader.read_frame(0));
    CHECK(reader.read_frame(1));
    CHECK_FALSE(reader.read_frame(2));
    CHECK_FALSE(reader.healed());
  }
}

TEST_CASE("pack reader: past healing and without its header or table a pack is damaged") {
  for (const std::size_t lost :
       {std::size_t{20}, std::size_t{1290}, std::size_t{pack().head.table_offset}}) {
    Bytes file = to_bytes(pack().file);
    for (std::size_t shard = 200; shard < 209; ++shard) file[shard * 4096] ^= std::byte{1};
    file[lost] ^= std::byte{1};
    for (const PackAccess access : all_access) {
      CHECK(is(open_file(pack().id, file, access), PackFault::damaged));
    }
  }
}

TEST_CASE("pack reader: files of any other length are healed or damaged") {
  Bytes file = to_bytes(pack().file);
  file.push_back(std::byte{0});
  CHECK(is_whole(open_file(pack().id, file)));
  CHECK(healed(open_file(pack().id, file)));
  file.resize(30U << 20U);
  CHECK(is_whole(open_file(pack().id, file)));
  const auto cut = [](std::size_t size) { return ByteView(pack().file).first(size); };
  CHECK(is_whole(open_file(pack().id, cut(1'048'576))));
  CHECK(is_whole(open_file(pack().id, cut(data_bytes(PackClass::mib1)))));
  // The table is here, the second frame's end and the tail are not.
  CHECK(std::holds_alternative<PackReader>(open_file(pack().id, cut(600'000))));
  for (const std::size_t size : {400'000U, 1'300U, 1'000U, 0U}) {
    CHECK(is(open_file(pack().id, cut(size)), PackFault::damaged));
  }
}

TEST_CASE(
    "pack reader: an intact file of another version is unsupported, of another kind malformed") {
  for (const auto& [offset, value, fault] :
       {std::tuple{8, 2, PackFault::unsupported}, std::tuple{9, 3, PackFault::unsupported},
        std::tuple{10, 2, PackFault::unsupported}, std::tuple{11, 2, PackFault::unsupported},
        std::tuple{12, 1, PackFault::unsupported}, std::tuple{0, 0, PackFault::malformed},
        std::tuple{13, 25, PackFault::malformed}, std::tuple{1200, 1, PackFault::malformed}}) {
    Bytes file = to_bytes(pack().file);
    file[static_cast<std::size_t>(offset)] = static_cast<std::byte>(value);
    const PackId id = make_consistent(file);
    for (const PackAccess access : all_access) CHECK(is(open_file(id, file, access), fault));
  }
}

TEST_CASE("pack reader: a forged head or table is malformed, whoever sealed it") {
  const PackHead good = pack().head;
  const Bytes table = encode_table(pack().table);
  CHECK(is_whole(open_forged(good, table)));
  PackHead head = good;
  head.frame_count = 2;
  CHECK(is(open_forged(head, table), PackFault::malformed));
  head = good;
  head.last_part_remaining = 1;
  CHECK(is(open_forged(head, table), PackFault::malformed));
  PackTable forged = pack().table;
  forged.frames[0].stored_bytes += 1;
  CHECK(is(open_forged(good, encode_table(forged)), PackFault::malformed));
  forged = pack().table;
  forged.frames[0].type = FrameType{9};
  CHECK(is(open_forged(good, encode_table(forged)), PackFault::malformed));
}

TEST_CASE("pack reader: a header that states another size than the file's is malformed") {
  Bytes file = to_bytes(pack().file);
  PackHeader header = std::get<PackHeader>(decode_header(file));
  header.form.size_class = PackClass::mib2;
  const auto secret = decapsulate(sample_epoch(), header.ciphertext);
  const PackSecrets secrets = derive_pack_secrets(secret.value(), header);
  header.commitment = secrets.commitment;
  std::ranges::copy(encode_header(header), file.begin());
  const MutableByteView target = file;
  seal(header.form.suite, secrets.key, 0, encode_head(pack().head), target.subspan(1280, 64));
  const Bytes table = encode_table(pack().table);
  seal(header.form.suite, secrets.key, 1, table,
       target.subspan(pack().head.table_offset, table.size() + 32));
  const PackId id = make_consistent(file);
  for (const PackAccess access : all_access) {
    CHECK(is(open_file(id, file, access), PackFault::malformed));
  }
}

TEST_CASE("pack reader: a tail that holds anything is not sound") {
  Bytes file = to_bytes(pack().file);
  const PackHeader header = std::get<PackHeader>(decode_header(file));
  const std::array keys{sample_epoch()};
  const PackKey key = find_pack_key(header, keys).value();
  const std::size_t tail = pack().head.table_offset + pack().head.table_bytes + 32;
  Bytes smuggled(data_bytes(PackClass::mib1) - tail - 32);
  smuggled[1000] = std::byte{1};
  seal(header.form.suite, key, 5, smuggled,
       MutableByteView(file).subspan(tail, smuggled.size() + 32));
  const PackId id = make_consistent(file);
  const Opened opened = open_file(id, file);
  CHECK_FALSE(std::get<PackReader>(opened).tail_is_sound());
}

TEST_CASE("pack reader: a turned bit in any byte of header, head, table or tile is noticed") {
  const PackHeader header = std::get<PackHeader>(decode_header(pack().file));
  const std::array keys{sample_epoch()};
  const PackKey key = find_pack_key(header, keys).value();
  const std::size_t table_end = pack().head.table_offset + pack().head.table_bytes + 32;
  Bytes file = to_bytes(pack().file);
  const auto noticed = [&](std::size_t byte) {
    file[byte] ^= static_cast<std::byte>(1U << byte % 8);
    bool sound = false;
    if (byte < 1280) {
      const auto decoded = decode_header(file);
      const auto* const found = std::get_if<PackHeader>(&decoded);
      sound = found != nullptr && *found == header;
    } else if (byte < table_end) {
      sound = PackReader::open(PackBytes(ByteView(file)), header.form, key.clone()).has_value();
    } else {
      sound = pack_id(decode_pack_tile(ByteView(file).last(8192))) == pack().id;
    }
    file[byte] = pack().file.data()[byte];
    return !sound;
  };
  for (std::size_t byte = 0; byte < 1280 + 64; ++byte) CHECK(noticed(byte));
  for (std::size_t byte = pack().head.table_offset; byte < table_end; ++byte) CHECK(noticed(byte));
  for (std::size_t byte = file.size() - 8192; byte < file.size(); ++byte) CHECK(noticed(byte));
}

TEST_CASE("pack reader: a turned bit in header, head, table or tile is healed on opening") {
  Bytes file = to_bytes(pack().file);
  const auto opens_healed = [&](std::size_t byte) {
    file[byte] ^= static_cast<std::byte>(1U << byte % 8);
    const Opened opened = open_file(pack().id, file);
    file[byte] = pack().file.data()[byte];
    return is_whole(opened) && healed(opened);
  };
  for (std::size_t byte = 0; byte < 1280 + 64; byte += 21) CHECK(opens_healed(byte));
  for (std::size_t i = 0; i < pack().head.table_bytes + 32; i += 21) {
    CHECK(opens_healed(pack().head.table_offset + i));
  }
  for (std::size_t byte = file.size() - 8192; byte < file.size(); byte += 333) {
    CHECK(opens_healed(byte));
  }
}

TEST_CASE("pack reader: what a disk cannot read is healed like what it reads wrongly") {
  MemoryStore inner;
  store_pack(inner, pack().id, pack().file);
  const std::array keys{sample_epoch()};
  // In the header, in a frame, and in the tile.
  for (const std::uint64_t sector :
       {std::uint64_t{100}, std::uint64_t{300'000}, pack().file.size() - 10}) {
    const RecordingStore store(inner, sector);
    for (const PackAccess access : {PackAccess::whole, PackAccess::checked}) {
      const Opened opened = open_pack(store, pack().id, keys, access);
      const auto* const reader = std::get_if<PackReader>(&opened);
      REQUIRE(reader != nullptr);
      if (access == PackAccess::checked || sector != 300'000) CHECK(reader->healed());
    }
    CHECK(examine_pack(*get_object(store, pack_key(pack().id), pack().file.size()), pack().id)
              .condition == PackCondition::healable);
  }
}

}  // namespace muniment::test
