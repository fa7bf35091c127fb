// What it costs two replicas to find out what is new, in bytes and round trips. Measured by hand:
// `test_sync -ns -tc='sync bench: *'`.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;

// As an ingest lists them: entries of so many ids, each on a line of 70 bytes.
constexpr std::size_t packs_an_entry = 100;
constexpr std::size_t entry_bytes = 64 + packs_an_entry * 70;

std::vector<std::string> entries_of(std::size_t packs) {
  std::vector<std::string> result;
  for (std::size_t left = packs; left > 0;) {
    const std::size_t listed = std::min(left, packs_an_entry);
    result.push_back("note " + std::string(entry_bytes * listed / packs_an_entry, 'p'));
    left -= listed;
  }
  return result;
}

struct Cost {
  std::uint64_t bytes = 0;
  std::size_t round_trips = 0;
};

// Both talk in turn until both are silent. A round trip is a turn of each.
Cost settle(Circle& circle, Session& first, Session& second) {
  Cost cost;
  while (true) {
    const Bytes there = first.take_output(circle.now);
    const Bytes back = second.take_output(circle.now);
    if (there.empty() && back.empty()) return cost;
    cost.bytes += there.size() + back.size();
    ++cost.round_trips;
    second.receive(there, circle.now);
    first.receive(back, circle.now);
  }
}

}  // namespace

TEST_CASE("sync bench: what it costs to find new packs" * doctest::skip()) {
  for (const std::size_t total : {10'000U, 1'000'000U, 10'000'000U}) {
    Circle circle;
    const LedgerRef ledger{circle.files, circle[0].device()};
    // Old entries cost nothing whatever is in them.
    circle[0].write(circle.files, std::vector<std::string>(total / packs_an_entry, "note"));
    circle[1].replica.copy_ledger(circle[0].replica, ledger);
    circle[1].node.changed(ledger);
    for (const std::size_t fresh : {0U, 10U, 1'000U}) {
      if (fresh > 0) circle[0].write(circle.files, entries_of(fresh));
      Session first(circle[0].node, circle[1].device(), circle.now);
      Session second(circle[1].node, circle[0].device(), circle.now);
      const Cost cost = settle(circle, first, second);
      MESSAGE(total << " packs, " << fresh << " new: " << cost.bytes << " bytes, "
                    << cost.round_trips << " turns");
      CHECK(circle[1].replica.find(ledger)->tree == circle[0].replica.find(ledger)->tree);
      circle.now += std::chrono::minutes(1);
    }
  }
}

TEST_CASE("sync bench: nothing new among fourteen" * doctest::skip()) {
  Circle circle(14);
  for (std::size_t i = 0; i < 14; ++i) {
    circle[i].write(circle.files, entries_of(1'000));
    for (std::size_t j = 0; j < 14; ++j) {
      if (i == j) continue;
      circle[j].replica.copy_ledger(circle[i].replica, {circle.files, circle[i].device()});
      circle[j].node.changed({circle.files, circle[i].device()});
    }
  }
  std::uint64_t bytes = 0;
  std::size_t sessions = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < 14; ++i) {
    for (std::size_t j = i + 1; j < 14; ++j) {
      Session first(circle[i].node, circle[j].device(), circle.now);
      Session second(circle[j].node, circle[i].device(), circle.now);
      bytes += settle(circle, first, second).bytes;
      CHECK(first.settled());
      CHECK(second.settled());
      ++sessions;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  MESSAGE(sessions << " sessions of 14 replicas: " << bytes << " bytes, " << took.count()
                   << " s of one core");
}

}  // namespace muniment::sync
