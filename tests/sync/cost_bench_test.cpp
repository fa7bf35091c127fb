// What it costs two replicas to find out what is new, in bytes and round trips. Measured by hand:
// `test_sync -ns -tc='sync bench: *'`.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::Connection;

// As an ingest lists them: entries of so many ids, each on a line of 73 bytes.
constexpr std::size_t packs_an_entry = 100;
constexpr std::size_t entry_bytes = 64 + packs_an_entry * 73;

std::vector<std::string> entries_of(std::size_t packs) {
  std::vector<std::string> result;
  for (std::size_t left = packs; left > 0;) {
    const std::size_t listed = std::min(left, packs_an_entry);
    result.push_back("note " + std::string(entry_bytes * listed / packs_an_entry, 'p'));
    left -= listed;
  }
  return result;
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
      // Who is behind speaks first.
      Connection connection(circle, 1, 0);
      connection.exchange();
      MESSAGE(total << " packs, " << fresh << " new: " << connection.bytes << " bytes, "
                    << connection.round_trips << " round trips");
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
      Connection connection(circle, i, j);
      connection.exchange();
      bytes += connection.bytes;
      CHECK(connection.first.settled());
      CHECK(connection.second.settled());
      ++sessions;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  MESSAGE(sessions << " sessions of 14 replicas: " << bytes << " bytes, " << took.count()
                   << " s of one core");
}

}  // namespace muniment::sync
