#include "cli/agent_message.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"

namespace muniment {
namespace {

VaultId some_vault() {
  test::FixedRandom random(1);
  return random.fixed<VaultId>();
}

DeviceKeys some_keys() {
  test::FixedRandom random(2);
  DeviceKeys keys{ServiceKeys::generate(random), ReadingKeys::generate(random)};
  keys.reading.authority = AuthorityKey::generate(random);
  return keys;
}

TEST_CASE("agent: a request is its 24 bytes and comes back") {
  for (const AgentRequestKind kind : {AgentRequestKind::keys, AgentRequestKind::lock}) {
    const AgentRequest request{kind, some_vault()};
    const Bytes bytes = encode(request);
    CHECK(bytes.size() == agent_request_bytes);
    CHECK(decode_agent_request(bytes) == request);
  }
}

TEST_CASE("agent: a request that is cut short, continued or altered where it is fixed is refused") {
  const Bytes bytes = encode(AgentRequest{AgentRequestKind::keys, some_vault()});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_agent_request(ByteView(bytes).first(size)));
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_agent_request(longer));
  for (std::size_t at = 0; at < 8; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes altered = bytes;
      altered[at] ^= std::byte{1} << bit;

      CHECK_FALSE(decode_agent_request(altered));
    }
  }
}

TEST_CASE("agent: a reply carries the keys and how long they are kept") {
  const DeviceKeys keys = some_keys();
  AgentReply reply{AgentOutcome::done, std::chrono::seconds(900), some_keys()};
  const SecretBytes bytes = encode(reply);
  CHECK(bytes.size() <= agent_reply_bytes_max);
  const auto decoded = decode_agent_reply(bytes.view());
  REQUIRE(decoded);
  CHECK(decoded->outcome == AgentOutcome::done);
  CHECK(decoded->left == std::chrono::seconds(900));
  REQUIRE(decoded->keys);
  CHECK(equal(decoded->keys->reading.reading.view(), keys.reading.reading.view()));
  REQUIRE(decoded->keys->reading.authority);
  CHECK(equal(decoded->keys->service.log.view(), keys.service.log.view()));
}

TEST_CASE("agent: a reply without keys has none") {
  const SecretBytes bytes = encode(AgentReply{AgentOutcome::refused, {}, std::nullopt});
  const auto decoded = decode_agent_reply(bytes.view());
  REQUIRE(decoded);
  CHECK(decoded->outcome == AgentOutcome::refused);
  CHECK_FALSE(decoded->keys);
}

TEST_CASE("agent: a reply that is cut short or continued is refused") {
  const SecretBytes whole =
      encode(AgentReply{AgentOutcome::done, std::chrono::seconds(1), some_keys()});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(decode_agent_reply(whole.view().first(size)));
  }
  Bytes longer(whole.view().begin(), whole.view().end());
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_agent_reply(longer));
}

}  // namespace
}  // namespace muniment
