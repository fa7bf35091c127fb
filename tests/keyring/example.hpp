// One keyring for the tests: a passphrase and the recovery seed open everything, a key file opens
// the service keys. Always the same bytes.
#pragma once

#include "tests/support/fixed.hpp"
#include "vault/keyring/keyring.hpp"

namespace muniment::test {

inline constexpr Argon2idCost cheap{.passes = 1, .memory_bytes = argon2id_memory_bytes_min};

// Where things stand in the example's file: FORMAT.md §1.
inline constexpr std::size_t first_slot_at = 128;
inline constexpr std::size_t slot_bytes = 208;

inline Credential passphrase(std::string_view text = "correct horse") {
  return Credential::passphrase(SecretBytes::copy_of(as_bytes(text)));
}

inline Credential key_file(std::uint64_t seed = 1) {
  return Credential::key_file(SecretBytes::copy_of(FixedRandom(seed).bytes(40)));
}

inline Credential recovery(std::uint64_t seed = 1) {
  FixedRandom random(seed);
  return Credential::recovery(RecoverySeed::generate(random));
}

inline KeyringIdentity example_identity(std::uint64_t seed = 7) {
  FixedRandom random(seed);
  return {random.fixed<VaultId>(), random.fixed<DeviceId>(), random.fixed<ConsortiumId>()};
}

// With the slots passphrase, key file, recovery, in this order.
inline CreatedKeyring example_keyring(const KeyringIdentity& identity = example_identity()) {
  FixedRandom random(42);
  ServiceKeys service = ServiceKeys::generate(random);
  ReadingKeys reading = ReadingKeys::generate(random);
  reading.authority = AuthorityKey::generate(random);
  CreatedKeyring created =
      Keyring::create(identity, std::move(service), std::move(reading), random);
  Keyring& keyring = created.keyring;
  keyring.add_slot(passphrase(), {.opens = Compartments::both, .cost = cheap}, created.unlocked,
                   random);
  keyring.add_slot(key_file(), {.opens = Compartments::service, .cost = {}}, created.unlocked,
                   random);
  keyring.add_slot(recovery(), {.opens = Compartments::both, .cost = {}}, created.unlocked, random);
  return created;
}

inline bool same_keys(const ServiceKeys& a, const ServiceKeys& b) {
  return equal(encode_keys(a).view(), encode_keys(b).view());
}

inline bool same_keys(const ReadingKeys& a, const ReadingKeys& b) {
  return equal(encode_keys(a).view(), encode_keys(b).view());
}

}  // namespace muniment::test
