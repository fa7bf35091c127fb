#include "cli/agent_message.hpp"

#include "vault/base/cursor.hpp"

namespace muniment {

namespace {

constexpr std::string_view magic = "MNAG";
constexpr std::uint8_t version = 1;

void write_head(ByteWriter& writer, std::uint8_t what) {
  writer.raw(as_bytes(magic));
  writer.u8(version);
  writer.u8(what);
  writer.zeros(2);
}

// The byte that says what it is; the reader has failed if the rest is not right.
std::uint8_t read_head(ByteReader& reader) {
  if (!equal(reader.raw(magic.size()), as_bytes(magic))) reader.fail();
  if (reader.u8() != version) reader.fail();
  const std::uint8_t what = reader.u8();
  reader.expect_zeros(2);
  return what;
}

}  // namespace

Bytes encode(const AgentRequest& request) {
  Bytes bytes;
  ByteWriter writer(bytes);
  write_head(writer, static_cast<std::uint8_t>(request.kind));
  writer.raw(request.vault.view());
  return bytes;
}

std::optional<AgentRequest> decode_agent_request(ByteView bytes) {
  ByteReader reader(bytes);
  const std::uint8_t kind = read_head(reader);
  AgentRequest request{static_cast<AgentRequestKind>(kind), reader.fixed<VaultId>()};
  if (!reader.done() || kind < 1 || kind > 2) return std::nullopt;
  return request;
}

SecretBytes encode(const AgentReply& reply) {
  SecretBytes service;
  SecretBytes reading;
  if (reply.keys) {
    service = encode_keys(reply.keys->service);
    reading = encode_keys(reply.keys->reading);
  }
  // The keys themselves are only ever copied into locked memory.
  Bytes head;
  ByteWriter writer(head);
  write_head(writer, static_cast<std::uint8_t>(reply.outcome));
  writer.u32(static_cast<std::uint32_t>(reply.left.count()));
  writer.u32(static_cast<std::uint32_t>(service.size()));
  Bytes between;
  ByteWriter(between).u32(static_cast<std::uint32_t>(reading.size()));

  SecretBytes bytes(head.size() + service.size() + between.size() + reading.size());
  auto at = bytes.mutable_view().begin();
  for (const ByteView part : {ByteView(head), service.view(), ByteView(between), reading.view()}) {
    at = std::ranges::copy(part, at).out;
  }
  return bytes;
}

std::optional<AgentReply> decode_agent_reply(ByteView bytes) {
  ByteReader reader(bytes);
  const std::uint8_t outcome = read_head(reader);
  AgentReply reply;
  reply.outcome = static_cast<AgentOutcome>(outcome);
  reply.left = std::chrono::seconds(reader.u32());
  const ByteView service = reader.raw(reader.u32());
  const ByteView reading = reader.raw(reader.u32());
  if (!reader.done() || outcome > 1 || service.empty() != reading.empty()) return std::nullopt;
  if (service.empty()) return reply;
  try {
    auto service_keys = decode_keys<ServiceKeys>(service);
    auto reading_keys = decode_keys<ReadingKeys>(reading);
    if (!service_keys || !reading_keys) return std::nullopt;
    reply.keys.emplace(DeviceKeys{std::move(*service_keys), std::move(*reading_keys)});
  } catch (const Error&) {
    return std::nullopt;
  }
  return reply;
}

}  // namespace muniment
