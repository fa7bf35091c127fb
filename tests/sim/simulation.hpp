// Fourteen replicas in one process, in virtual time, from one seed: the protocol as it runs in
// munimentd, over a network and disks that fail, among peers of which some lie.
//
// What must always hold is checked by the replicas (tests/sync/replica.hpp: no unproved byte, no
// unsigned head, never a second history) and after every event (bounds of memory, nothing
// acknowledged is lost). That all honest replicas end with the same is checked once faults stop.
#pragma once

#include <functional>
#include <list>
#include <map>

#include "sync/protocol/session.hpp"
#include "tests/sync/replica.hpp"

namespace muniment::sync::test {

// A process that ends in the middle of something.
struct Crash {};

enum class Character {
  honest,
  stale,        // takes nothing in: shows old heads for ever
  forker,       // writes one history for some, another for others
  bad_shards,   // sends shards that are none, and claims what it does not have
  flooder,      // breaks the rules of the protocol, each time another
  wrong_sizes,  // lists packs in a wrong size, and offers them so
  hollow,       // throws away what it took in, and says that it has it
};

struct Tally {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t sessions = 0;
  std::uint64_t crashes = 0;
  std::uint64_t cuts = 0;
  std::uint64_t forks = 0;
  std::uint64_t packs = 0;
  std::uint64_t copies = 0;  // packs of which a peer could produce a shard
  std::map<CloseCode, std::uint64_t> ends;
  Instant converged{};
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();

  // Runs faults, then waits for the honest to agree. What is wrong, or empty.
  [[nodiscard]] std::string run();

  [[nodiscard]] const Tally& tally() const noexcept { return x_tally; }

 private:
  struct Computer;
  struct Link;
  struct End;

  void at(Instant when, std::function<void()> action);
  void make_world();
  void introduce();
  void lay_cables();
  [[nodiscard]] std::unique_ptr<Replica> make_replica(std::size_t computer);
  void start(Computer& computer);
  // Runs what a computer does; a Crash ends it.
  void act(Computer& computer, const std::function<void()>& action);
  void crash(Computer& computer);

  void connect(std::size_t a, std::size_t b);
  void keep_connected(std::size_t a, std::size_t b);
  void cut(Link& link);
  void pump(Computer& computer);
  void pump(Link& link, bool side);
  void deliver(std::uint64_t link, bool side, Bytes bytes);
  void wake(std::uint64_t link, bool side);
  void end_if_closed(Link& link);
  [[nodiscard]] Link* find_link(std::uint64_t id);

  void plan_writes();
  void plan_faults();
  void write_something();
  void lie_about(const PackName& pack);
  void fail_something();
  void rot_something();
  void challenge_somebody();
  void misbehave(Link& link, bool side);
  void heal();

  void check_bounds();
  void check_acknowledged(const Computer& computer) const;
  [[nodiscard]] std::string disagreement();
  [[nodiscard]] std::size_t pick(std::size_t bound) { return x_random.below(bound); }
  [[nodiscard]] Computer& pick_honest();
  [[nodiscard]] Instant after(std::uint64_t min_ms, std::uint64_t max_ms) {
    return x_now + Instant(min_ms + x_random.below(max_ms - min_ms + 1));
  }

  FixedRandom x_random;
  std::unique_ptr<World> x_world;
  std::vector<CollectionId> x_collections;
  std::vector<std::unique_ptr<Computer>> x_computers;
  std::vector<std::pair<std::size_t, std::size_t>> x_neighbours;
  std::map<std::uint64_t, std::unique_ptr<Link>> x_links;
  std::multimap<Instant, std::function<void()>> x_events;
  std::uint64_t x_next_link = 1;
  Instant x_now{1'000'000};
  bool x_faults = true;
  Tally x_tally;
};

}  // namespace muniment::sync::test
