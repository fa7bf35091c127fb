// What hostile_client_test tries: each rule of PROTOCOL.md and each limit of sync/limits.hpp,
// broken once.
#pragma once

#include <span>
#include <string_view>

#include "tests/sync/hostile_peer.hpp"

namespace muniment::sync::test {

// Attacks as this device, which no other attack uses; what came of it, in words.
using Attack = std::string (*)(const Target& target, const HostileDevice& device);

struct Rule {
  std::string_view limits;  // names in sync/limits.hpp that it is about, blanks between them
  std::string_view sent;
  std::string_view expected;
  Attack attack;
  bool takes_long = false;  // it ends by a deadline, and is waited for beside the others
};

// Limits that no bytes of a peer can pass, or none in the time of a test; and what keeps them.
struct OwnLimit {
  std::string_view limits;
  std::string_view why;
};

[[nodiscard]] std::span<const Rule> rules_of_messages();
[[nodiscard]] std::span<const Rule> rules_of_belief();
[[nodiscard]] std::span<const Rule> rules_of_connections();
[[nodiscard]] std::span<const OwnLimit> own_limits();

}  // namespace muniment::sync::test
