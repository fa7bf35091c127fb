#include "vault/consortium/certificate.hpp"

#include "vault/crypto/hash.hpp"
#include "vault/ledger/entries.hpp"

namespace muniment {

namespace {

constexpr std::string_view certificate_type = "muniment/device/v1";
constexpr std::string_view name_type = "muniment/sealed-device/v1";
constexpr std::string_view recovery_type = "muniment/recovery/v1";

}  // namespace

void write_device_keys(RecordWriter& writer, const DevicePublicKeys& keys) {
  writer.key("transport").base64(keys.transport.view());
  writer.key("log").base64(keys.log.view());
  writer.key("witness").base64(keys.witness.view());
  writer.key("reading").base64(keys.reading.view());
}

DevicePublicKeys read_device_keys(RecordReader& reader) {
  DevicePublicKeys keys;
  keys.transport = reader.key("transport").base64<VerifyKey<TransportPurpose>>();
  keys.log = reader.key("log").base64<VerifyKey<LogPurpose>>();
  keys.witness = reader.key("witness").base64<VerifyKey<WitnessPurpose>>();
  keys.reading = reader.key("reading").base64<ReadingPublicKey>();
  return keys;
}

DeviceId DevicePublicKeys::id() const {
  RecordWriter writer(certificate_type);
  writer.key("transport").base64(transport.view());
  writer.key("log").base64(log.view());
  writer.key("witness").base64(witness.view());
  const Sha256Digest digest = sha256(as_bytes(writer.finish()));
  return DeviceId(digest.view().first<DeviceId::size>());
}

std::string encode(const Certificate& certificate) {
  RecordWriter writer(certificate_type);
  writer.key("consortium").hex(certificate.consortium.view());
  writer.key("member").hex(certificate.member.view());
  write_device_keys(writer, certificate.keys);
  writer.key("name-digest").hex(certificate.name_digest.view());
  writer.key("created").time(certificate.created);
  return writer.finish();
}

std::optional<Certificate> decode_certificate(std::string_view text) {
  RecordReader reader(text, certificate_type);
  Certificate result;
  result.consortium = reader.key("consortium").hex<ConsortiumId>();
  result.member = reader.key("member").hex<MemberId>();
  result.keys = read_device_keys(reader);
  result.name_digest = reader.key("name-digest").hex<Sha256Digest>();
  result.created = reader.key("created").time();
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode(const DeviceEntry& entry) {
  RecordWriter writer(type_line(Act::device));
  writer.key("certificate").base64(as_bytes(entry.text));
  write_approval(writer, entry.approval);
  writer.key("sealed").base64(entry.sealed);
  return writer.finish();
}

std::optional<DeviceEntry> decode_device_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::device));
  DeviceEntry result;
  result.text = as_text(reader.key("certificate").base64());
  result.approval = read_approval(reader);
  result.sealed = reader.key("sealed").base64();
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode_device_name(const SaltedName& name) {
  RecordWriter writer(name_type);
  writer.key("device-name").hex(name.salt.view()).base64(as_bytes(name.name));
  return writer.finish();
}

std::optional<SaltedName> decode_device_name(std::string_view text) {
  RecordReader reader(text, name_type);
  SaltedName result;
  result.salt = reader.key("device-name").hex<NameSalt>();
  result.name = as_text(reader.base64());
  if (!reader.done() || !is_valid_name(result.name)) return std::nullopt;
  return result;
}

std::optional<VerifyKey<LogPurpose>> find_log_key(std::span<const std::string> entries,
                                                  const DeviceId& device) {
  for (const std::string& text : entries) {
    const auto entry = decode_device_entry(text);
    const auto certificate = entry ? decode_certificate(entry->text) : std::nullopt;
    if (certificate && certificate->keys.id() == device) return certificate->keys.log;
  }
  return std::nullopt;
}

std::string encode(const RecoveryRecipient& recipient) {
  RecordWriter writer(recovery_type);
  writer.key("consortium").hex(recipient.consortium.view());
  writer.key("member").hex(recipient.member.view());
  writer.key("recipient").base64(recipient.key.view());
  writer.key("created").time(recipient.created);
  return writer.finish();
}

std::optional<RecoveryRecipient> decode_recovery_recipient(std::string_view text) {
  RecordReader reader(text, recovery_type);
  RecoveryRecipient result;
  result.consortium = reader.key("consortium").hex<ConsortiumId>();
  result.member = reader.key("member").hex<MemberId>();
  result.key = reader.key("recipient").base64<RecoveryPublicKey>();
  result.created = reader.key("created").time();
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode(const RecoveryEntry& entry) {
  RecordWriter writer(type_line(Act::recovery));
  writer.key("recovery").base64(as_bytes(entry.text));
  write_approval(writer, entry.approval);
  if (!entry.authority.empty()) writer.key("authority").base64(entry.authority);
  return writer.finish();
}

std::optional<RecoveryEntry> decode_recovery_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::recovery));
  RecoveryEntry result;
  result.text = as_text(reader.key("recovery").base64());
  result.approval = read_approval(reader);
  if (reader.key_if("authority")) {
    result.authority = reader.base64();
    if (result.authority.empty()) reader.fail();
  }
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode(const RecoveredEntry& entry) {
  RecordWriter writer(type_line(Act::recovered));
  writer.key("consortium").hex(entry.consortium.view());
  writer.key("member").hex(entry.member.view());
  writer.key("device").hex(entry.device.view());
  writer.key("time").time(entry.time);
  return writer.finish();
}

std::optional<RecoveredEntry> decode_recovered_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::recovered));
  RecoveredEntry result;
  result.consortium = reader.key("consortium").hex<ConsortiumId>();
  result.member = reader.key("member").hex<MemberId>();
  result.device = reader.key("device").hex<DeviceId>();
  result.time = reader.key("time").time();
  if (!reader.done()) return std::nullopt;
  return result;
}

}  // namespace muniment
