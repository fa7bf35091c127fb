// Sessions between what two daemons have of their vaults.
#pragma once

#include "sync/protocol/session.hpp"
#include "tests/sync/two_vaults.hpp"

namespace muniment::sync::test {

// Lets two daemons talk for as long as they have something to say; returns how many bytes the
// second received. A little time passes with each word, so that what arrives is synced every now
// and then; a minute is enough for all of it.
inline std::uint64_t talk(Daemon& a, Daemon& b) {
  Instant now{1'000'000};
  const Instant end = now + std::chrono::minutes(1);
  Session first(a.node, b.replica.device(), now);
  Session second(b.node, a.replica.device(), now);
  std::uint64_t bytes = 0;
  for (int silent = 0; silent < 3 && now < end;) {
    now += std::chrono::seconds(2);
    first.tick(now);
    second.tick(now);
    const Bytes there = first.take_output(now);
    second.receive(there, now);
    const Bytes back = second.take_output(now);
    first.receive(back, now);
    bytes += there.size();
    silent = there.empty() && back.empty() ? silent + 1 : 0;
  }
  const auto why = [](const Session& session) {
    return session.closed() ? std::string(to_text(*session.closed())) : std::string("open");
  };
  CHECK(why(first) == "open");
  CHECK(why(second) == "open");
  REQUIRE_FALSE(first.closed());
  REQUIRE_FALSE(second.closed());
  return bytes;
}

inline void synchronise(Daemon& a, Daemon& b) {
  talk(a, b);
  CHECK(a.log.failures.empty());
  CHECK(b.log.failures.empty());
  CHECK(a.node.heads().collections_for(b.replica.device()) ==
        b.node.heads().collections_for(a.replica.device()));
}

}  // namespace muniment::sync::test
