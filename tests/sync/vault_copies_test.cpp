// Two real vaults: packs that rotted, and what each knows of the other's copies.
#include <doctest/doctest.h>

#include "tests/sync/talk.hpp"
#include "vault/bundles.hpp"
#include "vault/damaged_packs.hpp"

namespace muniment::sync {

namespace {

using test::Daemon;
using test::Member;
using test::synchronise;
using test::talk;
using test::Two;
namespace fs = std::filesystem;

constexpr UnixSeconds hour = 3600;
constexpr UnixSeconds day = 24 * hour;

// The only pack of a vault.
fs::path pack_of(const Member& member) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(member.path / "packs")) {
    if (entry.path().extension() == ".pack") found.push_back(entry.path());
  }
  REQUIRE(found.size() == 1);
  return found.front();
}

// A bit in each of the shards [first, end) of the only pack, which is one of 1 MiB.
void rot(const Member& member, std::size_t first, std::size_t end) {
  const fs::path pack = pack_of(member);
  REQUIRE(fs::file_size(pack) == (1U << 20U) + 8192);
  for (std::size_t i = first; i < end; ++i) muniment::test::flip_bit(pack, i * 4096 + i);
}

RepairReport repair(Member& member) {
  return Vault::open(member.path, member.environment()).repair(member.activity);
}

// With one snapshot that both have.
struct Shared : Two {
  Shared() : snapshot(a.ingest("file", "contents")) {
    Daemon first(a);
    Daemon second(b);
    synchronise(first, second);
  }
  // Connects both, an hour later; returns how many bytes the second received.
  std::uint64_t meet(UnixSeconds later = hour) {
    a.clock.advance(later);
    b.clock.advance(later);
    Daemon first(a);
    Daemon second(b);
    const std::uint64_t bytes = talk(first, second);
    CHECK(first.log.bad.empty());
    CHECK(second.log.bad.empty());
    first.replica.save_copies();
    second.replica.save_copies();
    return bytes;
  }
  [[nodiscard]] StatusReport::Collection collection() {
    const std::vector<StatusReport::Collection> all = a.open().status().collections;
    REQUIRE(all.size() == 1);
    return all.front();
  }

  std::string snapshot;
};

bool says(const StatusReport& status, const std::string& text) {
  return std::ranges::any_of(
      status.todo, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("vault copies: a pack that rotted beyond its parity is healed by shard by a partner") {
  Shared two;
  rot(two.b, 20, 40);
  CHECK(repair(two.b).lost_packs.size() == 1);
  CHECK(says(two.b.open().status(), "damaged beyond their parity"));
  const std::uint64_t bytes = two.meet();
  // Twenty shards of 256, and the tile.
  CHECK(bytes > 20 * 4096);
  CHECK(bytes < 40 * 4096);
  CHECK(two.b.damage() == "");
  CHECK(two.b.read(two.snapshot, "file") == "contents");
  CHECK_FALSE(fs::exists(two.b.path / "damaged"));
  CHECK(fs::is_empty(two.b.path / "tmp"));
}

TEST_CASE("vault copies: two that rotted in different places heal each other") {
  Shared two;
  rot(two.a, 0, 20);
  rot(two.b, 100, 120);
  CHECK(repair(two.a).lost_packs.size() == 1);
  CHECK(repair(two.b).lost_packs.size() == 1);
  two.meet();
  CHECK(two.a.damage() == "");
  CHECK(two.b.damage() == "");
}

TEST_CASE("vault copies: a hash that rotted, too, comes from the partner") {
  Shared two;
  rot(two.b, 20, 40);
  muniment::test::flip_bit(pack_of(two.b), (1U << 20U) + 30 * 32);
  CHECK(repair(two.b).lost_packs.size() == 1);
  two.meet();
  CHECK(two.b.damage() == "");
}

TEST_CASE("vault copies: what stands among the damaged and is intact costs a tile") {
  Shared two;
  const PackId pack = *PackId::from_hex(pack_of(two.b).stem().native());
  save_damaged_packs(*two.b.files, two.b.path, {pack});
  CHECK(two.meet() < 3 * 8192);
  CHECK_FALSE(fs::exists(two.b.path / "damaged"));
  CHECK(two.b.damage() == "");
}

TEST_CASE("vault copies: a daemon that finds its own pack rotten has it healed") {
  Shared two;
  // It is asked for a shard at random, so each of them.
  rot(two.b, 0, 256);
  two.meet(5 * day);
  CHECK(two.b.damage() == "");
}

TEST_CASE("vault copies: a bundle heals what rotted") {
  Shared two;
  const fs::path file = two.a.directory.path() / "bundle";
  {
    Vault vault = two.a.open();
    (void)Bundles(vault).write("second", file, {}, two.a.activity);
  }
  rot(two.b, 20, 40);
  CHECK(repair(two.b).lost_packs.size() == 1);
  Vault vault = two.b.open();
  const BundleImport report = Bundles(vault).read(
      std::array{file}, [] { return muniment::test::vault_key(); }, two.b.activity);
  CHECK(report.packs == 1);
  CHECK(report.replaced == 1);
  CHECK(report.absent == 0);
  CHECK(two.b.damage() == "");
  CHECK_FALSE(fs::exists(two.b.path / "damaged"));
}

TEST_CASE("vault copies: a partner counts once it has shown a shard of every pack") {
  Shared two;
  CHECK(two.collection().partners == 1);
  CHECK(two.collection().copies == 0);
  CHECK_FALSE(two.collection().copies_since);
  two.meet();
  const StatusReport::Collection shown = two.collection();
  CHECK(shown.copies == 1);
  CHECK(shown.copies_since == two.a.clock.now() / hour * hour);
  // One more that the other has not yet.
  two.a.ingest("later", muniment::test::noise(2'000'000, 9));
  CHECK(two.collection().copies == 0);
  two.meet();
  two.meet();
  CHECK(two.collection().copies == 1);
  CHECK(two.collection().copies_since == shown.copies_since);
  // What is old is asked for again, and at last counts no more.
  two.meet(5 * day);
  CHECK(two.collection().copies_since == two.a.clock.now() / hour * hour);
  two.a.clock.advance(31 * day);
  CHECK(two.collection().copies == 0);
}

TEST_CASE("vault copies: a partner that lost a pack does not count any more") {
  Shared two;
  two.meet();
  CHECK(two.collection().copies == 1);
  rot(two.b, 0, 256);
  CHECK(repair(two.b).lost_packs.size() == 1);
  two.a.clock.advance(5 * day);
  {
    Daemon first(two.a);
    Daemon second(two.b);
    Session asks(first.node, second.replica.device(), Instant{1'000'000});
    Session answers(second.node, first.replica.device(), Instant{1'000'000});
    // It answers, and is given nothing.
    second.node.throttle().set_open(false);
    for (int i = 0; i < 10; ++i) {
      answers.receive(asks.take_output(Instant{1'000'000}), Instant{1'000'000});
      asks.receive(answers.take_output(Instant{1'000'000}), Instant{1'000'000});
    }
    first.replica.save_copies();
  }
  CHECK(two.collection().copies == 0);
}

TEST_CASE("vault copies: a witness to whom nothing comes says now and then that it is there") {
  Shared two;
  const auto witnessed = [&] { return two.a.open().status().witnessed; };
  two.meet();
  const auto before = witnessed();
  REQUIRE(before);
  two.meet(3 * day - hour - 1);
  CHECK(witnessed() == before);
  two.meet(1);
  CHECK(witnessed() == two.a.clock.now());
  // It is enough to say it once.
  Daemon first(two.a);
  CHECK(first.replica.refresh().empty());
  CHECK(two.a.damage() == "");
  CHECK(two.b.damage() == "");
}

TEST_CASE("vault copies: that witnesses are silent is said after 7 days, and loudly after 21") {
  Shared two;
  two.meet();
  const StatusReport now = two.a.open().status();
  REQUIRE(now.witnesses.size() == 1);
  CHECK(now.witnesses[0].member == "second");
  REQUIRE(now.witnessed);
  CHECK(now.witnesses[0].last == now.witnessed);
  const auto after = [&](UnixSeconds time) {
    two.a.clock.set(*now.witnessed + time);
    return two.a.open().status();
  };
  const std::string text = "days too few witnesses have vouched";
  CHECK_FALSE(says(after(7 * day - 1), text));
  CHECK(says(after(7 * day), "for 7 " + text));
  CHECK_FALSE(says(after(21 * day - 1), "ALARM"));
  CHECK(says(after(21 * day), "ALARM: for 21 " + text));
}

}  // namespace muniment::sync
