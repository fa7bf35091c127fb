// What is carried to a partner in files.
#include "vault/bundle.hpp"

#include <algorithm>

#include "tests/vault/members.hpp"
#include "vault/bundles.hpp"

namespace muniment {

namespace {

using test::Contents;
using test::noise;
using test::TestMember;
namespace fs = std::filesystem;

// Two members; the first has a collection, and the second may read it.
struct Pair {
  Pair() {
    a.take_in(b, Roles::all());
    a.create("letters");
    grant = a.grant("letters", b);
  }
  [[nodiscard]] fs::path stick(const std::string& name) const { return a.directory.path() / name; }
  BundleReport write(const fs::path& path, const BundleOptions& options = {}) {
    return write(a, b, path, options);
  }
  static BundleReport write(TestMember& from, const TestMember& to, const fs::path& path,
                            const BundleOptions& options = {}) {
    Vault vault = from.open();
    return Bundles(vault).write(to.name(), path, options, from.activity);
  }
  static BundleImport read(TestMember& member, const std::vector<fs::path>& paths) {
    Vault vault = member.open();
    return Bundles(vault).read(paths, [&] { return member.key(); }, member.activity);
  }
  [[nodiscard]] static Contents contents(TestMember& member, const std::string& snapshot) {
    Vault vault = member.open();
    return member.read(vault, snapshot);
  }
  // What verify --deep finds, a line each.
  [[nodiscard]] static std::string damage(TestMember& member) {
    Vault vault = member.open();
    std::string lines;
    for (const Damage& each : vault.verify(VerifyDepth::deep, member.activity).damage) {
      lines += each.object + ": " + each.cause + "\n";
    }
    return lines;
  }

  TestMember a{"first", 1};
  TestMember b{"second", 2};
  std::string grant;
};

void cut(const fs::path& path, std::uintmax_t bytes) {
  fs::resize_file(path, fs::file_size(path) - bytes);
}

BundleHead sample_head() {
  test::FixedRandom random(3);
  return {"a text", {{random.fixed<PackId>(), 20}, {random.fixed<PackId>(), 24}}};
}

}  // namespace

TEST_CASE("bundle: the head is read back, and no shorter or altered one is") {
  const BundleHead head = sample_head();
  const Bytes bytes = encode(head);
  CHECK(bytes.size() == bundle_head_bytes(6, 2));
  CHECK(decode_bundle_head(bytes) == head);
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  CHECK(decode_bundle_head(longer) == head);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(decode_bundle_head(ByteView(bytes).first(i)));
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes altered = bytes;
    altered[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    CHECK_FALSE(decode_bundle_head(altered));
  }
}

TEST_CASE("bundle: a class that no pack has is refused though the checksum fits") {
  BundleHead head = sample_head();
  head.packs[1].size_class = 25;
  CHECK_FALSE(decode_bundle_head(encode(head)));
}

TEST_CASE("bundle: a partner reads what came in one, and its cosignatures come back in another") {
  Pair pair;
  const Contents files{{"leak.bin", noise(3'000'000, 4)}, {"note.txt", "a note"}};
  const std::string snapshot = pair.a.ingest("letters", files);
  const BundleReport written = pair.write(pair.stick("out"));
  CHECK(written.files == std::vector{pair.stick("out")});
  CHECK(written.bytes == fs::file_size(pair.stick("out")));
  CHECK(written.packs == pair.a.packs().size());
  CHECK(written.absent == 0);

  const BundleImport there = Pair::read(pair.b, written.files);
  CHECK(there.packs == written.packs);
  CHECK(there.absent == 0);
  CHECK(there.cosigned > 0);
  CHECK(there.damage.empty());
  CHECK(Pair::contents(pair.b, snapshot) == files);
  CHECK(Pair::damage(pair.b) == "");
  CHECK(fs::is_empty(pair.b.path / "tmp"));

  const std::string answer = pair.b.ingest("letters", {{"answer", "what the second found"}});
  const BundleReport back = Pair::write(pair.b, pair.a, pair.stick("back"),
                                        {.split_bytes = 0, .since = {pair.stick("out")}});
  CHECK(back.left_out == written.packs);
  CHECK(back.packs == 1);
  const BundleImport here = Pair::read(pair.a, back.files);
  CHECK(here.packs == 1);
  CHECK(here.signatures >= there.cosigned);
  CHECK(Pair::contents(pair.a, answer) == Contents{{"answer", "what the second found"}});
  CHECK(Pair::damage(pair.a) == "");

  // Once more, and nothing is new.
  const BundleImport again = Pair::read(pair.a, back.files);
  CHECK(again.packs == 0);
  CHECK(again.known == 1);
  CHECK(again.signatures == 0);
  CHECK(again.cosigned == 0);
  CHECK(again.accepted.entries == 0);
}

TEST_CASE("bundle: each file of one that is split brings what it has, in any order") {
  Pair pair;
  const Contents files{{"one", noise(20'000'000, 1)}, {"two", noise(20'000'000, 2)}};
  const std::string snapshot = pair.a.ingest("letters", files);
  const std::uint64_t limit = 18'000'000;
  const BundleReport written = pair.write(pair.stick("out"), {.split_bytes = limit, .since = {}});
  REQUIRE(written.files.size() >= 3);
  for (const fs::path& file : written.files) CHECK(fs::file_size(file) <= limit);
  CHECK(written.files.front() == pair.stick("out.1"));

  const BundleImport last = Pair::read(pair.b, {written.files.back()});
  CHECK(last.packs > 0);
  CHECK(last.absent == written.packs - last.packs);
  CHECK(Pair::damage(pair.b).find("missing") != std::string::npos);
  std::vector<fs::path> rest(written.files.begin(), written.files.end() - 1);
  std::ranges::reverse(rest);
  CHECK(Pair::read(pair.b, rest).absent == 0);
  CHECK(Pair::contents(pair.b, snapshot) == files);
  CHECK(Pair::damage(pair.b) == "");
}

TEST_CASE("bundle: one that ends early or rotted brings what is whole, and healed by parity") {
  Pair pair;
  const Contents files{{"one", noise(20'000'000, 1)}, {"two", noise(20'000'000, 2)}};
  const std::string snapshot = pair.a.ingest("letters", files);
  const BundleReport written = pair.write(pair.stick("out"));
  REQUIRE(written.packs >= 3);
  fs::copy_file(pair.stick("out"), pair.stick("copy"));
  const BundleReader reader(*pair.a.files, pair.stick("out"));
  const std::uint64_t front =
      bundle_head_bytes(reader.head().text.size(), reader.head().packs.size());
  test::flip_bit(pair.stick("copy"), front + 5'000);
  cut(pair.stick("copy"), 4'000'000);
  const BundleImport some = Pair::read(pair.b, {pair.stick("copy")});
  CHECK(some.healed == 1);
  CHECK(some.damage.size() >= 1);
  CHECK(some.packs + some.damage.size() == written.packs);
  CHECK(some.absent == some.damage.size());
  CHECK(Pair::read(pair.b, {pair.stick("out")}).packs == some.damage.size());
  CHECK(Pair::contents(pair.b, snapshot) == files);
  CHECK(Pair::damage(pair.b) == "");
}

TEST_CASE("bundle: packs of what is not granted are neither written nor taken") {
  Pair pair;
  pair.a.create("secrets");
  static_cast<void>(pair.a.ingest("secrets", {{"name", noise(1'000, 7)}}));
  static_cast<void>(pair.a.ingest("letters", {{"letter", noise(1'000, 8)}}));
  CHECK(pair.a.packs().size() == 2);
  const BundleReport written = pair.write(pair.stick("out"));
  CHECK(written.packs == 1);
  // Somebody puts the others into it as well.
  const BundleReader reader(*pair.a.files, pair.stick("out"));
  BundleHead head{reader.head().text, {}};
  Bytes bodies;
  for (const fs::path& pack : pair.a.packs()) {
    const Bytes bytes = test::bytes_of(pack);
    head.packs.push_back({*PackId::from_hex(pack.stem().native()), 20});
    append(bodies, bytes);
  }
  Bytes all = encode(head);
  append(all, bodies);
  test::write_text(pair.stick("more"), as_text(all));
  const BundleImport there = Pair::read(pair.b, {pair.stick("more")});
  CHECK(there.packs == 1);
  CHECK(there.unlisted == 1);
  CHECK(pair.b.packs().size() == 1);
}

TEST_CASE("bundle: what it is not made for is refused, and leaves no file") {
  Pair pair;
  static_cast<void>(pair.a.ingest("letters", {{"letter", noise(2'000'000, 8)}}));
  const auto code_of = [&](const fs::path& path, const BundleOptions& options) {
    const auto error = test::error_of([&] { static_cast<void>(pair.write(path, options)); });
    REQUIRE(error);
    return error->code();
  };
  CHECK(code_of(pair.stick("small"), {.split_bytes = 100'000, .since = {}}) == ErrorCode::usage);
  CHECK_FALSE(fs::exists(pair.stick("small.1")));
  test::write_text(pair.stick("there"), "something else");
  CHECK(code_of(pair.stick("there"), {}) == ErrorCode::exists);
  CHECK(fs::file_size(pair.stick("there")) == 14);
  CHECK(code_of(pair.stick("new"), {.split_bytes = 0, .since = {pair.stick("there")}}) ==
        ErrorCode::damaged);
  const auto error =
      test::error_of([&] { static_cast<void>(Pair::read(pair.b, {pair.stick("there")})); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
}

TEST_CASE("bundle: a pack that is damaged here is told, and zeros stand for it") {
  Pair pair;
  static_cast<void>(pair.a.ingest("letters", {{"letter", noise(1'000, 8)}}));
  cut(pair.a.packs().front(), 500'000);
  const BundleReport written = pair.write(pair.stick("out"));
  CHECK(written.packs == 0);
  CHECK(written.damage.size() == 1);
  const BundleImport there = Pair::read(pair.b, written.files);
  CHECK(there.packs == 0);
  CHECK(there.damage.size() == 1);
  CHECK(there.absent == 1);
}

TEST_CASE("bundle: what an earlier one has not whole is not left out of the next") {
  Pair pair;
  static_cast<void>(pair.a.ingest("letters", {{"letter", noise(1'000, 8)}}));
  static_cast<void>(pair.write(pair.stick("whole")));
  const fs::path pack = pair.a.packs().front();
  const Bytes bytes = test::bytes_of(pack);
  cut(pack, 500'000);
  CHECK(pair.write(pair.stick("zeros")).damage.size() == 1);
  test::write_text(pack, as_text(bytes));
  fs::copy_file(pair.stick("whole"), pair.stick("cut"));
  cut(pair.stick("cut"), 1);
  const auto left_out = [&](const char* next, const char* earlier) {
    return pair.write(pair.stick(next), {.split_bytes = 0, .since = {pair.stick(earlier)}})
        .left_out;
  };
  CHECK(left_out("first", "whole") == 1);
  CHECK(left_out("second", "zeros") == 0);
  CHECK(left_out("third", "cut") == 0);
}

TEST_CASE("bundle: of several files one without a whole head is told, and the others are taken") {
  Pair pair;
  const std::string snapshot = pair.a.ingest("letters", {{"letter", "contents"}});
  static_cast<void>(pair.write(pair.stick("out")));
  fs::copy_file(pair.stick("out"), pair.stick("rotten"));
  test::flip_bit(pair.stick("rotten"), 30);
  const BundleImport there = Pair::read(pair.b, {pair.stick("rotten"), pair.stick("out")});
  CHECK(there.packs == 1);
  REQUIRE(there.damage.size() == 1);
  CHECK(there.damage.front().find("rotten") != std::string::npos);
  CHECK(Pair::contents(pair.b, snapshot) == Contents{{"letter", "contents"}});
  const auto error = test::error_of(
      [&] { static_cast<void>(Pair::read(pair.b, {pair.stick("rotten"), pair.stick("rotten")})); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
}

TEST_CASE("bundle: no file is larger than asked for, also where there is no pack") {
  Pair pair;
  const auto error = test::error_of([&] {
    static_cast<void>(pair.write(pair.stick("out"), {.split_bytes = 1'000, .since = {}}));
  });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::usage);
}

TEST_CASE(
    "bundle: a disk that fails at any change leaves no file, and what a crash left is no "
    "obstacle") {
  Pair pair;
  static_cast<void>(pair.a.ingest("letters", {{"letter", noise(1'000, 8)}}));
  for (std::size_t operation = 0;; ++operation) {
    CAPTURE(operation);
    test::FaultyFileSystem failing(*pair.a.files);
    Vault vault = Vault::open(pair.a.path, {failing, pair.a.clock, pair.a.random});
    vault.unlock(pair.a.key(), pair.a.activity);
    const std::size_t before = failing.operations().size();
    failing.set_fault(test::Fault{before + operation, EIO, false, false});
    const auto error = test::error_of([&] {
      static_cast<void>(Bundles(vault).write("second", pair.stick("out"), {}, pair.a.activity));
    });
    if (!error) {
      CHECK(operation >= 4);
      break;
    }
    CHECK(error->code() == ErrorCode::io);
    CHECK_FALSE(fs::exists(pair.stick("out")));
    CHECK_FALSE(fs::exists(pair.stick("out.new")));
  }
  test::write_text(pair.stick("next.new"), noise(4'000'000, 5));
  const BundleReport written = pair.write(pair.stick("next"));
  CHECK(fs::file_size(pair.stick("next")) == written.bytes);
  CHECK(Pair::read(pair.b, written.files).packs == 1);
}

}  // namespace muniment
