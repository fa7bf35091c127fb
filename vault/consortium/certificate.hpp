// A device's certificate: its public keys, approved by its member. And a member's recovery
// recipient, to which every grant of its devices is sealed a second time.
#pragma once

#include "vault/consortium/charter.hpp"
#include "vault/crypto/keys.hpp"

namespace muniment {

struct DevicePublicKeys {
  VerifyKey<TransportPurpose> transport;
  VerifyKey<LogPurpose> log;
  VerifyKey<WitnessPurpose> witness;
  ReadingPublicKey reading;

  // The first 16 bytes of the SHA-256 of the certificate's first line and its lines of keys, but
  // for the reading key: nobody else can claim the id, and it stays when the reading key is
  // replaced.
  [[nodiscard]] DeviceId id() const;

  friend bool operator==(const DevicePublicKeys&, const DevicePublicKeys&) = default;
};

// The four lines of keys, as certificates and fork proofs have them.
void write_device_keys(RecordWriter& writer, const DevicePublicKeys& keys);
[[nodiscard]] DevicePublicKeys read_device_keys(RecordReader& reader);

struct Certificate {
  ConsortiumId consortium;
  MemberId member;
  DevicePublicKeys keys;
  Sha256Digest name_digest;
  UnixSeconds created = 0;

  friend bool operator==(const Certificate&, const Certificate&) = default;
};

[[nodiscard]] std::string encode(const Certificate& certificate);
[[nodiscard]] std::optional<Certificate> decode_certificate(std::string_view text);

// The first commit of a device's own ledger of the built-in collection has the device's
// certificate.
struct DeviceEntry {
  std::string text;  // encodes a Certificate
  Approval approval;
  Bytes sealed;  // the device's SaltedName

  friend bool operator==(const DeviceEntry&, const DeviceEntry&) = default;
};

[[nodiscard]] std::string encode(const DeviceEntry& entry);
[[nodiscard]] std::optional<DeviceEntry> decode_device_entry(std::string_view entry);

// The sealed part of a device entry.
[[nodiscard]] std::string encode_device_name(const SaltedName& name);
[[nodiscard]] std::optional<SaltedName> decode_device_name(std::string_view text);

// The log key of `device`, if one of `entries` is its certificate. Believable without any approval,
// since the device's id follows from its keys; whether a member vouches for the device is another
// question.
[[nodiscard]] std::optional<VerifyKey<LogPurpose>> find_log_key(
    std::span<const std::string> entries, const DeviceId& device);

struct RecoveryRecipient {
  ConsortiumId consortium;
  MemberId member;
  RecoveryPublicKey key;
  UnixSeconds created = 0;

  friend bool operator==(const RecoveryRecipient&, const RecoveryRecipient&) = default;
};

[[nodiscard]] std::string encode(const RecoveryRecipient& recipient);
[[nodiscard]] std::optional<RecoveryRecipient> decode_recovery_recipient(std::string_view text);

struct RecoveryEntry {
  std::string text;  // encodes a RecoveryRecipient
  Approval approval;
  // The member's authority key, an age file for the recipient, so that enough shares can vouch for
  // a new device. Empty where the authority is a hardware key.
  Bytes authority;

  friend bool operator==(const RecoveryEntry&, const RecoveryEntry&) = default;
};

[[nodiscard]] std::string encode(const RecoveryEntry& entry);
[[nodiscard]] std::optional<RecoveryEntry> decode_recovery_entry(std::string_view entry);

// Written by a device whose keys, or whose member's, were recovered, so that every partner hears of
// it. Believed because it stands in the device's own ledger of the built-in collection.
struct RecoveredEntry {
  ConsortiumId consortium;
  MemberId member;
  DeviceId device;
  UnixSeconds time = 0;

  friend bool operator==(const RecoveredEntry&, const RecoveredEntry&) = default;
};

[[nodiscard]] std::string encode(const RecoveredEntry& entry);
[[nodiscard]] std::optional<RecoveredEntry> decode_recovered_entry(std::string_view entry);

}  // namespace muniment
