#include "vault/consortium/grant.hpp"

#include <array>

#include "vault/crypto/hash.hpp"
#include "vault/keyring/envelope.hpp"
#include "vault/ledger/entries.hpp"

namespace muniment {

namespace {

constexpr std::string_view grant_type = "muniment/grant/v1";

// In the order of Rights.
constexpr std::array<std::string_view, 3> rights_names{"read", "deposit", "replicate"};

void write_grantee(RecordWriter& writer, const Grantee& to) {
  writer.key("to");
  if (const auto* device = std::get_if<DeviceId>(&to)) {
    writer.word("device").hex(device->view());
  } else {
    writer.word("recovery").hex(std::get<MemberId>(to).view());
  }
}

Grantee read_grantee(RecordReader& reader) {
  const std::string_view kind = reader.key("to").word();
  if (kind == "device") return reader.hex<DeviceId>();
  if (kind != "recovery") reader.fail();
  return reader.hex<MemberId>();
}

bool read_yes_or_no(RecordReader& reader) {
  const std::string_view word = reader.word();
  if (word != "yes" && word != "no") reader.fail();
  return word == "yes";
}

}  // namespace

EnvelopeRef EnvelopeRef::of(ByteView envelope) {
  return {sha256(envelope), static_cast<std::uint32_t>(envelope.size())};
}

std::string encode(const Grant& grant) {
  RecordWriter writer(grant_type);
  writer.key("consortium").hex(grant.consortium.view());
  write_charter_ref(writer, grant.charter);
  writer.key("collection").hex(grant.collection.view());
  writer.key("epoch").u64(grant.epoch).hex(grant.commitment.view());
  writer.key("epoch-key").hex(grant.epoch_key.view());
  write_grantee(writer, grant.to);
  writer.key("rights").word(rights_names[static_cast<std::size_t>(grant.rights)]);
  writer.key("history").word(grant.history ? "yes" : "no");
  if (grant.envelope) {
    writer.key("envelope").hex(grant.envelope->digest.view()).u64(grant.envelope->bytes);
  }
  return writer.finish();
}

std::optional<Grant> decode_grant(std::string_view text) {
  RecordReader reader(text, grant_type);
  Grant grant;
  grant.consortium = reader.key("consortium").hex<ConsortiumId>();
  grant.charter = read_charter_ref(reader);
  grant.collection = reader.key("collection").hex<CollectionId>();
  grant.epoch = reader.key("epoch").u32();
  grant.commitment = reader.hex<EpochCommitment>();
  grant.epoch_key = reader.key("epoch-key").hex<Sha256Digest>();
  grant.to = read_grantee(reader);
  grant.rights = reader.key("rights").one_of<Rights>(rights_names);
  grant.history = read_yes_or_no(reader.key("history"));
  if (reader.key_if("envelope")) {
    const auto digest = reader.hex<Sha256Digest>();
    grant.envelope = EnvelopeRef{digest, reader.u32()};
  }
  const bool needs_envelope = grant.rights == Rights::read;
  if (!reader.done() || grant.epoch == 0 || grant.envelope.has_value() != needs_envelope) {
    return std::nullopt;
  }
  return grant;
}

std::string encode(const GrantEntry& entry) {
  RecordWriter writer(type_line(Act::grant));
  writer.key("grant").base64(as_bytes(entry.text));
  write_approvals(writer, entry.approvals);
  if (!entry.envelope.empty()) writer.key("envelope").base64(entry.envelope);
  if (!entry.label.empty()) writer.key("label").base64(entry.label);
  return writer.finish();
}

std::optional<GrantEntry> decode_grant_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::grant));
  GrantEntry result;
  result.text = as_text(reader.key("grant").base64());
  result.approvals = read_approvals(reader);
  if (reader.key_if("envelope")) result.envelope = reader.base64();
  if (reader.key_if("label")) {
    result.label = reader.base64();
    if (result.label.empty() || !result.envelope.empty()) reader.fail();
  }
  if (!reader.done() || result.envelope.size() > envelope_bytes_max) return std::nullopt;
  return result;
}

}  // namespace muniment
