#include "cli/agent_client.hpp"

#include "cli/agent_message.hpp"
#include "cli/agent_socket.hpp"

namespace muniment {

namespace {

std::optional<AgentReply> ask(const AgentRequest& request) {
  const auto path = AgentSocket::find_path(request.vault);
  const auto socket = path ? AgentSocket::connect(*path) : std::nullopt;
  if (!socket || !AgentSocket::send(*socket, encode(request))) return std::nullopt;
  const auto bytes = AgentSocket::receive(*socket, agent_reply_bytes_max);
  auto reply = bytes ? decode_agent_reply(bytes->view()) : std::nullopt;
  if (!reply || reply->outcome != AgentOutcome::done) return std::nullopt;
  return reply;
}

}  // namespace

std::optional<DeviceKeys> keys_from_agent(const VaultId& vault) {
  auto reply = ask({AgentRequestKind::keys, vault});
  return reply ? std::move(reply->keys) : std::nullopt;
}

bool end_agent(const VaultId& vault) {
  return ask({AgentRequestKind::lock, vault}).has_value();
}

}  // namespace muniment
