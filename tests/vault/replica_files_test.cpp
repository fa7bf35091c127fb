// The files in which a replica remembers its partners.
#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/strict_text.hpp"
#include "vault/daemon_report.hpp"
#include "vault/damaged_packs.hpp"
#include "vault/peers.hpp"
#include "vault/possessions.hpp"

namespace muniment {

namespace {

using test::FixedRandom;

Possessions sample_possessions() {
  FixedRandom random(3);
  Possessions possessions;
  for (int i = 0; i < 2; ++i) {
    auto& devices = possessions[random.fixed<LedgerId>()];
    for (int k = 0; k < 2; ++k) {
      PossessionRuns& runs = devices[random.fixed<DeviceId>()];
      for (std::uint64_t pack = 0; pack < 900; ++pack) runs.set(pack, {true, 490'000});
      runs.set(17, {false, 490'001});
      runs.set(900 + static_cast<std::uint64_t>(k), {true, 490'002});
    }
  }
  return possessions;
}

DaemonReport sample_report() {
  FixedRandom random(4);
  DaemonReport report{1'795'000'000, true, 12, 190'000'000, 1, 3'100'000, 0, {}};
  report.peers[random.fixed<DeviceId>()] = {true, 1'794'999'990, 5'000'000'000, 70'000, 0, 0, {}};
  DaemonReport::Peer away{false, 0, 0, 0, 7, 1'795'000'300, {}};
  for (int i = 0; i < 3; ++i) away.bad_packs.emplace(random.fixed<PackId>(), 1'794'000'000 + i);
  report.peers[random.fixed<DeviceId>()] = away;
  return report;
}

// With a way to print it that is found.
struct Damaged {
  std::set<PackId> packs;
};

std::string encode(const Damaged& damaged) {
  return encode_damaged_packs(damaged.packs);
}

std::optional<Damaged> decode_damaged(std::string_view text) {
  auto packs = decode_damaged_packs(text);
  if (!packs) return std::nullopt;
  return Damaged{std::move(*packs)};
}

struct Peers {
  std::vector<PeerEntry> peers;
};

std::string encode(const Peers& peers) {
  return encode(peers.peers);
}

// Nobody is as good as nothing for the checks of strict texts.
std::optional<Peers> decode_some_peers(std::string_view text) {
  try {
    std::vector<PeerEntry> peers = decode_peers(text, "peers");
    return peers.empty() ? std::nullopt : std::optional(Peers{std::move(peers)});
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::usage);
    return std::nullopt;
  }
}

std::vector<PeerEntry> sample_peers() {
  FixedRandom random(8);
  const auto device = random.fixed<DeviceId>();
  return {{device, {"archive.example.org", 8440}, "bbc/big server"},
          {device, {"2001:db8::1", 1}, "bbc/big server"},
          {random.fixed<DeviceId>(), {"192.0.2.7", 65'535}, ""}};
}

}  // namespace

TEST_CASE("peers: one text for one value, and what is damaged is refused") {
  const std::string text = encode(sample_peers());
  CHECK(test::matches_golden("vault/peers", as_bytes(text)));
  CHECK(decode_peers(text, "peers") == sample_peers());
  test::check_strict_text(text, decode_some_peers);
  CHECK(decode_peers("", "peers").empty());
}

TEST_CASE("peers: a line that is none is named, and no more are read than are ever written") {
  const std::string id(32, 'a');
  const std::string good = id + " host:1 bbc\n";
  for (const std::string& wrong : {std::string("\n"),
                                   std::string("# comment\n"),
                                   id + "\n",
                                   id + " host\n",
                                   id + " host:0\n",
                                   id + " host:65536\n",
                                   id + " host:01\n",
                                   id + "  host:1\n",
                                   " " + good,
                                   id + " host:1 \n",
                                   id + " host:1 bbc \n",
                                   id + " host:1  bbc\n",
                                   id + " host:1 b\x01\n",
                                   id + " h\x7f:1 b\n",
                                   id + " host:1 b\xff\n",
                                   id + " ::1:1\n",
                                   id + " host:1 bbc\r\n",
                                   id + " host:1 bbc",
                                   id.substr(1) + " host:1 bbc\n",
                                   id + " host:1 " + std::string(256, 'b') + "\n",
                                   id + " " + std::string(256, 'h') + ":1\n",
                                   id + " ho" + std::string(1, '\0') + "st:1\n"}) {
    CAPTURE(wrong);
    const auto error = test::error_of([&] { static_cast<void>(decode_peers(good + wrong, "p")); });
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::usage);
    CHECK(std::string(error->what()).starts_with("p:2: "));
  }
  std::string many;
  for (std::size_t i = 0; i < peer_entries_max; ++i) many += good;
  CHECK(decode_peers(many, "p").size() == peer_entries_max);
  const auto error = test::error_of([&] { static_cast<void>(decode_peers(many + good, "p")); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::limit);
}

TEST_CASE("peers: whoever is called so is found by name, member or id") {
  const PeerEntry peer = sample_peers().front();
  CHECK(is_called(peer, "bbc/big server"));
  CHECK(is_called(peer, "bbc"));
  CHECK(is_called(peer, peer.device.hex()));
  CHECK_FALSE(is_called(peer, "bb"));
  CHECK_FALSE(is_called(peer, "bbc/"));
  CHECK_FALSE(is_called(peer, "bbc/big"));
  CHECK_FALSE(is_called(peer, ""));
  CHECK_FALSE(is_called(sample_peers().back(), ""));
}

TEST_CASE("peers: what was saved is found") {
  test::MemoryFileSystem files;
  CHECK(read_peers(files, "/").empty());
  save_peers(files, "/", sample_peers());
  CHECK(read_peers(files, "/") == sample_peers());
}

TEST_CASE("possessions: one text for one value, and what is damaged is refused") {
  const std::string text = encode(sample_possessions());
  CHECK(test::matches_golden("vault/possessions", as_bytes(text)));
  CHECK(decode_possessions(text) == sample_possessions());
  test::check_strict_text(text, decode_possessions);
  CHECK(decode_possessions(encode(Possessions{})) == Possessions{});
}

TEST_CASE("possessions: what could be said shorter, or twice, is refused") {
  const std::string ledger = "ledger " + std::string(64, 'a') + "\n";
  const std::string device = "device " + std::string(32, 'b') + "\n";
  const auto decodes = [](const std::string& lines) {
    return decode_possessions("muniment/possessions/v1\n" + lines).has_value();
  };
  CHECK(decodes(ledger + device + "shown 0 2 5\nshown 2 3 6\nlacked 3 4 6\nshown 9 10 6\n"));
  CHECK_FALSE(decodes(ledger));
  CHECK_FALSE(decodes(ledger + device));
  CHECK_FALSE(decodes(device + "shown 0 1 5\n"));
  CHECK_FALSE(decodes(ledger + device + "shown 0 0 5\n"));
  CHECK_FALSE(decodes(ledger + device + "shown 0 2 5\nshown 2 3 5\n"));
  CHECK_FALSE(decodes(ledger + device + "shown 0 2 5\nlacked 1 3 5\n"));
  CHECK_FALSE(decodes(ledger + device + "shown 0 2 4294967296\n"));
  CHECK_FALSE(decodes(ledger + device + "shown 0 1 5\n" + device + "shown 0 1 5\n"));
  CHECK_FALSE(decodes(ledger + device + "shown 0 1 5\n" + ledger + device + "shown 0 1 5\n"));
}

TEST_CASE("possessions: runs say what was set last, and are as few as can be") {
  FixedRandom random(5);
  PossessionRuns runs;
  std::map<std::uint64_t, Possession> truth;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t pack = random.below(40);
    const Possession possession{random.below(2) == 0, static_cast<UnixHours>(random.below(3))};
    runs.set(pack, possession);
    truth[pack] = possession;
    for (std::uint64_t each = 0; each < 42; ++each) {
      const auto known = truth.find(each);
      const auto found = runs.find(each);
      REQUIRE(found.has_value() == (known != truth.end()));
      if (found) REQUIRE(*found == known->second);
    }
    // Else they could not be read again.
    PossessionRuns copy;
    for (const auto& [first, run] : runs.runs()) REQUIRE(copy.append(first, run));
  }
}

TEST_CASE("daemon report: one text for one value, and what is damaged is refused") {
  const std::string text = encode(sample_report());
  CHECK(test::matches_golden("vault/daemon", as_bytes(text)));
  CHECK(decode_daemon_report(text) == sample_report());
  test::check_strict_text(text, decode_daemon_report);
}

TEST_CASE("daemon report: no more peers and packs are read than are ever written") {
  std::string text = encode(DaemonReport{});
  FixedRandom random(6);
  std::set<PackId> packs;
  while (packs.size() <= reported_bad_packs_max) packs.insert(random.fixed<PackId>());
  text += "peer " + std::string(32, 'a') + " away 0 0 0 0 0\n";
  for (const PackId& pack : packs) {
    CHECK(decode_daemon_report(text).has_value());
    text += "bad " + pack.hex() + " 1\n";
  }
  CHECK_FALSE(decode_daemon_report(text));
}

TEST_CASE("damaged packs: one text for one value, and what is damaged is refused") {
  FixedRandom random(7);
  const Damaged damaged{{random.fixed<PackId>(), random.fixed<PackId>()}};
  const std::string text = encode(damaged);
  CHECK(test::matches_golden("vault/damaged", as_bytes(text)));
  test::check_strict_text(text, decode_damaged);
}

TEST_CASE("replica files: what was saved is found, and rubbish is as good as nothing") {
  test::MemoryFileSystem files;
  CHECK(find_possessions(files, "/").empty());
  CHECK_FALSE(find_daemon_report(files, "/"));
  CHECK(find_damaged_packs(files, "/").empty());
  save_possessions(files, "/", sample_possessions());
  save_daemon_report(files, "/", sample_report());
  const std::set<PackId> packs{FixedRandom(8).fixed<PackId>()};
  save_damaged_packs(files, "/", packs);
  CHECK(find_possessions(files, "/") == sample_possessions());
  CHECK(find_daemon_report(files, "/") == sample_report());
  CHECK(find_damaged_packs(files, "/") == packs);
  save_damaged_packs(files, "/", {});
  CHECK_FALSE(files.file_size("/damaged"));
  for (const char* name : {"/possessions", "/daemon", "/damaged"}) {
    write_file_atomically(files, name, as_bytes("\x1b[31m rubbish"));
  }
  CHECK(find_possessions(files, "/").empty());
  CHECK_FALSE(find_daemon_report(files, "/"));
  CHECK(find_damaged_packs(files, "/").empty());
}

}  // namespace muniment
