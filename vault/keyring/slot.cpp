#include "vault/keyring/slot.hpp"

#include "vault/base/assert.hpp"
#include "vault/keyring/format.hpp"

namespace muniment {

namespace {

using namespace keyring_format;

void encode_box(ByteWriter& writer, const std::optional<SaltedBox>& box) {
  if (!box) return writer.zeros(wrapped_box_bytes);
  writer.raw(box->salt.view());
  writer.raw(box->sealed);
}

std::optional<SaltedBox> decode_box(ByteReader& reader, bool there) {
  if (!there) {
    reader.expect_zeros(wrapped_box_bytes);
    return std::nullopt;
  }
  const auto salt = reader.fixed<SaltedBox::Salt>();
  const ByteView sealed = reader.raw(wrapped_box_bytes - SaltedBox::Salt::size);
  return SaltedBox{salt, Bytes(sealed.begin(), sealed.end())};
}

bool is_sound(const SlotInfo& info) {
  const auto opens = static_cast<unsigned>(info.opens);
  if (opens == 0 || opens > static_cast<unsigned>(Compartments::both)) return false;
  switch (info.kind) {
    case CredentialKind::passphrase:
      return info.cost.passes >= 1 && info.cost.passes <= argon2id_passes_max &&
             info.cost.memory_bytes >= argon2id_memory_bytes_min &&
             info.cost.memory_bytes <= argon2id_memory_bytes_max;
    case CredentialKind::key_file:
    case CredentialKind::recovery:
      return info.cost == Argon2idCost{};
  }
  return false;
}

}  // namespace

SlotKey Slot::key(const Credential& credential) const {
  VAULT_ASSERT(credential.kind() == info.kind);
  const auto expand = [&](std::string_view label) {
    return hkdf_sha512(credential.secret(), salt.view(), as_bytes(label), SlotKey::size);
  };
  switch (info.kind) {
    case CredentialKind::passphrase:
      return *SlotKey::from_bytes(argon2id(credential.secret(), salt.view(), info.cost));
    case CredentialKind::key_file:
      return *SlotKey::from_bytes(expand(key_file_label));
    case CredentialKind::recovery:
      return *SlotKey::from_bytes(expand(recovery_label));
  }
  VAULT_ASSERT(false);
}

Bytes Slot::context(const VaultId& vault, Compartments part) const {
  Bytes bytes = to_bytes(slot_label);
  ByteWriter writer(bytes);
  writer.raw(vault.view());
  encode_clear(writer);
  writer.u8(static_cast<std::uint8_t>(part));
  return bytes;
}

void Slot::encode_clear(ByteWriter& writer) const {
  writer.raw(info.id.view());
  writer.u8(static_cast<std::uint8_t>(info.kind));
  writer.u8(static_cast<std::uint8_t>(info.opens));
  writer.zeros(2);
  writer.u32(info.cost.passes);
  writer.u64(info.cost.memory_bytes);
  writer.raw(salt.view());
}

void Slot::encode(ByteWriter& writer) const {
  encode_clear(writer);
  encode_box(writer, service);
  encode_box(writer, reading);
}

std::optional<Slot> Slot::decode(ByteReader& reader) {
  Slot slot;
  slot.info.id = reader.fixed<SlotId>();
  slot.info.kind = static_cast<CredentialKind>(reader.u8());
  slot.info.opens = static_cast<Compartments>(reader.u8());
  reader.expect_zeros(2);
  slot.info.cost.passes = reader.u32();
  slot.info.cost.memory_bytes = reader.u64();
  slot.salt = reader.fixed<Salt>();
  slot.service = decode_box(reader, contains(slot.info.opens, Compartments::service));
  slot.reading = decode_box(reader, contains(slot.info.opens, Compartments::reading));
  if (!reader.ok() || !is_sound(slot.info)) return std::nullopt;
  return slot;
}

}  // namespace muniment
