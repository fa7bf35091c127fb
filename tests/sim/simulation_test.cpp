// MUNIMENT_SIM_SEED=n runs that one seed, and MUNIMENT_SIM_SEEDS=n so many from 1 on.
#include "tests/sim/simulation.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "vault/base/sanitizers.hpp"

namespace muniment::sync::test {

namespace {

constexpr std::uint64_t seeds_by_default = has_address_sanitizer ? 10 : 50;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Tally run_seed(std::uint64_t seed) {
  CAPTURE(seed);
  // Asserts abort, and then this line is what is known.
  std::printf("seed %llu: ", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  Simulation simulation(seed);
  const std::string wrong = simulation.run();
  const Tally& tally = simulation.tally();
  std::printf(
      "%llu events, %.1f MB, %llu sessions, %llu crashes, %llu cuts, %llu packs, %llu times "
      "shown, %llu forks known, agreed after %.1f s\n",
      static_cast<unsigned long long>(tally.events), static_cast<double>(tally.bytes) / 1e6,
      static_cast<unsigned long long>(tally.sessions),
      static_cast<unsigned long long>(tally.crashes), static_cast<unsigned long long>(tally.cuts),
      static_cast<unsigned long long>(tally.packs), static_cast<unsigned long long>(tally.copies),
      static_cast<unsigned long long>(tally.forks),
      static_cast<double>(tally.converged.count()) / 1e3);
  if (!wrong.empty())
    std::printf("replay with MUNIMENT_SIM_SEED=%llu\n", static_cast<unsigned long long>(seed));
  REQUIRE(wrong == "");
  return tally;
}

}  // namespace

TEST_CASE("sim: whatever fails and whoever lies, the honest end with the same") {
  if (const std::uint64_t seed = number_from("MUNIMENT_SIM_SEED", 0)) {
    static_cast<void>(run_seed(seed));
    return;
  }
  const std::uint64_t seeds = number_from("MUNIMENT_SIM_SEEDS", seeds_by_default);
  std::uint64_t copies = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) copies += run_seed(seed).copies;
  // Who has a pack can show it.
  CHECK(copies > seeds);
}

}  // namespace muniment::sync::test
