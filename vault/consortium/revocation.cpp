#include "vault/consortium/revocation.hpp"

#include "vault/ledger/entries.hpp"

namespace muniment {

namespace {

constexpr std::string_view revocation_type = "muniment/revoke/v1";

}  // namespace

std::string encode(const Revocation& revocation) {
  RecordWriter writer(revocation_type);
  writer.key("consortium").hex(revocation.consortium.view());
  write_charter_ref(writer, revocation.charter);
  writer.key("device").hex(revocation.device.view());
  for (const auto& [ledger, size] : revocation.accepted) {
    writer.key("ledger").hex(ledger.view()).u64(size);
  }
  return writer.finish();
}

std::optional<Revocation> decode_revocation(std::string_view text) {
  RecordReader reader(text, revocation_type);
  Revocation result;
  result.consortium = reader.key("consortium").hex<ConsortiumId>();
  result.charter = read_charter_ref(reader);
  result.device = reader.key("device").hex<DeviceId>();
  while (reader.key_if("ledger")) {
    const auto ledger = reader.hex<LedgerId>();
    const std::uint64_t size = reader.u64();
    if (!result.accepted.empty() && result.accepted.rbegin()->first >= ledger) reader.fail();
    result.accepted.emplace(ledger, size);
  }
  if (!reader.done() || result.accepted.size() > revoked_ledgers_max) {
    return std::nullopt;
  }
  return result;
}

std::string encode(const RevocationEntry& entry) {
  RecordWriter writer(type_line(Act::revoke));
  writer.key("revoke").base64(as_bytes(entry.text));
  write_approval(writer, entry.approval);
  return writer.finish();
}

std::optional<RevocationEntry> decode_revocation_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::revoke));
  RevocationEntry result;
  result.text = as_text(reader.key("revoke").base64());
  result.approval = read_approval(reader);
  if (!reader.done()) return std::nullopt;
  return result;
}

}  // namespace muniment
