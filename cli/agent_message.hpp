// What is said to an agent and what it answers: one message each, of a fixed form. Pure.
//
//   request   "MNAG" | u8 version 1 | u8 kind | 2 zeros | vault id (16)
//   reply     "MNAG" | u8 version 1 | u8 outcome | 2 zeros | u32 seconds left
//             | u32 length | service keys | u32 length | reading keys
//
// Keys are as a keyring's compartments hold them (vault/keyring/FORMAT.md), of length zero where
// none are asked for or given. Integers are little endian.
#pragma once

#include <chrono>

#include "vault/vault.hpp"

namespace muniment {

enum class AgentRequestKind : std::uint8_t { keys = 1, lock = 2 };

struct AgentRequest {
  AgentRequestKind kind = AgentRequestKind::keys;
  VaultId vault;

  friend bool operator==(const AgentRequest&, const AgentRequest&) = default;
};

inline constexpr std::size_t agent_request_bytes = 24;
// Two compartments of the largest size, and what stands around them.
inline constexpr std::size_t agent_reply_bytes_max = 2 * std::size_t{64 * 1024} + 64;

[[nodiscard]] Bytes encode(const AgentRequest& request);
// Empty unless `bytes` are exactly what encode() gives for some request.
[[nodiscard]] std::optional<AgentRequest> decode_agent_request(ByteView bytes);

enum class AgentOutcome : std::uint8_t { done = 0, refused = 1 };

struct AgentReply {
  AgentOutcome outcome = AgentOutcome::done;
  std::chrono::seconds left{0};  // until the agent ends
  std::optional<DeviceKeys> keys;
};

[[nodiscard]] SecretBytes encode(const AgentReply& reply);
// Strict. Empty also if the keys are of another version.
[[nodiscard]] std::optional<AgentReply> decode_agent_reply(ByteView bytes);

}  // namespace muniment
