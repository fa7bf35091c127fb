// A member whose devices break every rule of the protocol against a munimentd that runs: it ends
// those sessions with the right word, or goes on unharmed; it stays small, and serves the others
// meanwhile.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <regex>

#include "tests/sync/hostile_rules.hpp"
#include "vault/base/sanitizers.hpp"

namespace muniment::sync::test {

namespace {

constexpr std::uint64_t peak_bytes_max = 256 * limits::mib;
// A sanitizer takes memory of its own, and so much time that the protocol's deadlines, which are of
// real time here, come before what is tried. The same rules are broken in virtual time in
// hostile_test.
constexpr bool is_sanitized = has_address_sanitizer || has_thread_sanitizer;

std::vector<Rule> all_rules() {
  std::vector<Rule> all;
  for (const auto& some : {rules_of_messages(), rules_of_belief(), rules_of_connections()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::multiset<std::string> words_of(std::string_view text) {
  std::istringstream words{std::string(text)};
  return {std::istream_iterator<std::string>(words), {}};
}

struct IgnoreBrokenPipes {
  IgnoreBrokenPipes() { std::signal(SIGPIPE, SIG_IGN); }
};
const IgnoreBrokenPipes ignore_broken_pipes;

}  // namespace

TEST_CASE("hostile client: each limit is broken by somebody, or is nobody's to break") {
  std::multiset<std::string> named;
  for (const Rule& rule : all_rules()) named.merge(words_of(rule.limits));
  for (const OwnLimit& limit : own_limits()) named.merge(words_of(limit.limits));
  std::ifstream file(MUNIMENT_SOURCE_DIR "/sync/limits.hpp");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::regex constant(R"(inline constexpr [\w:]+ (\w+)\s*[={])");
  std::set<std::string> there;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), constant);
       at != std::sregex_iterator(); ++at) {
    there.insert((*at)[1]);
  }
  REQUIRE(there.size() > 30);
  for (const std::string& name : there) {
    CAPTURE(name);
    CHECK(named.contains(name));
  }
  for (const std::string& name : named) {
    CAPTURE(name);
    CHECK(there.contains(name));
  }
}

TEST_CASE("hostile client: munimentd ends whoever breaks a rule, and serves the others" *
          doctest::skip(is_sanitized)) {
  const std::vector<Rule> rules = all_rules();
  // One more for who is there when the daemon ends.
  Attacked attacked(rules.size() + 1);
  const Target& target = attacked.target();
  REQUIRE(attacked.wait_for_arrivals(1));

  std::vector<std::future<std::string>> waiting(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].takes_long) continue;
    waiting[i] = std::async(std::launch::async, rules[i].attack, std::cref(target),
                            std::cref(attacked.device(i)));
  }
  std::vector<std::string> outcomes(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].takes_long) outcomes[i] = rules[i].attack(target, attacked.device(i));
  }
  CHECK(attacked.wait_for_arrivals(1));
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].takes_long) outcomes[i] = waiting[i].get();
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    std::printf("%-80s %s\n", std::string(rules[i].sent).c_str(), outcomes[i].c_str());
    CAPTURE(rules[i].sent);
    CHECK(outcomes[i] == rules[i].expected);
  }

  CHECK(attacked.wait_for_arrivals(1));
  REQUIRE(attacked.daemon().runs());
  const std::uint64_t peak = attacked.daemon().peak_bytes();
  std::printf("%zu snapshots arrived meanwhile; %.0f MB of memory at most\n", attacked.arrived(),
              static_cast<double>(peak) / 1e6);
  CHECK(peak < peak_bytes_max);

  // The honest one had one session, from the beginning to the end.
  const std::string honest = attacked.end_honest();
  CHECK(honest.find(": connected") != std::string::npos);
  CHECK(honest.find(": connected") == honest.rfind(": connected"));
  CHECK(honest.find("session ended") == std::string::npos);

  // Nor can anybody keep it from ending.
  HostilePeer last(target, attacked.device(rules.size()), 4096);
  last.say_hello();
  CHECK(last.state() == "goes on");
  const auto count = static_cast<std::uint8_t>(run_shards_max(target.size_class));
  for (int i = 0; i < 60; ++i) last.ask(GetShards{target.pack, 0, count});
  const std::string log = attacked.daemon().log();
  CHECK(attacked.daemon().stop() == 0);
  CHECK(log.find("transport failed") == std::string::npos);
}

}  // namespace muniment::sync::test
