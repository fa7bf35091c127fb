// age v1 files (c2sp.org/age) for X-Wing recipients: what stock age 1.3 opens. Other kinds of
// recipients are skipped where they stand beside ours, as the specification wants it; a stricter
// envelope is vault/keyring/envelope.hpp. No armor.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "vault/crypto/kem.hpp"
#include "vault/crypto/random.hpp"

namespace muniment {

struct AgeStanza {
  std::vector<std::string_view> arguments;  // at least one; the first is the kind
  Bytes body;
};

// Views into the file it was parsed from.
struct AgeHeader {
  std::vector<AgeStanza> stanzas;  // at least one
  ByteView authenticated;          // what the MAC covers
  Bytes mac;                       // 32 bytes
  ByteView payload_nonce;          // 16 bytes
  ByteView payload;                // the sealed chunks: everything to the end of the file
};

// Why a file did not open; in this order, the first that applies.
enum class AgeRefusal {
  header,    // not the header of an age v1 file, or a stanza of our kind that is malformed
  no_match,  // no stanza was made for this key
  mac,       // the header was altered
  payload,   // the payload was altered, cut short or continued
};

inline constexpr std::string_view age_kind = "mlkem768x25519";

// Empty unless `file` starts with a header that follows the grammar to the letter.
[[nodiscard]] std::optional<AgeHeader> parse_age_header(ByteView file);

// What is left to do once the 16-byte file key is known: checks the MAC, then opens every chunk.
[[nodiscard]] std::variant<SecretBytes, AgeRefusal> age_decrypt(const AgeHeader& header,
                                                                ByteView file_key);

namespace detail {
[[nodiscard]] Bytes age_encrypt(ByteView public_key, ByteView plaintext, Random& random);
[[nodiscard]] std::variant<SecretBytes, AgeRefusal> age_decrypt(ByteView seed, ByteView file);
[[nodiscard]] std::string age_recipient(ByteView public_key);
[[nodiscard]] std::optional<Bytes> parse_age_recipient(std::string_view text);
[[nodiscard]] SecretBytes age_identity(ByteView seed);
[[nodiscard]] std::optional<SecretBytes> parse_age_identity(std::string_view text);
}  // namespace detail

// A file with one stanza, for `recipient`. Error(damaged) if that is not a public key.
template <class Purpose>
[[nodiscard]] Bytes age_encrypt(const KemPublicKey<Purpose>& recipient, ByteView plaintext,
                                Random& random) {
  return detail::age_encrypt(recipient.view(), plaintext, random);
}

// The whole plaintext, or none of it.
template <class Purpose>
[[nodiscard]] std::variant<SecretBytes, AgeRefusal> age_decrypt(
    const KemSecretKey<Purpose>& identity, ByteView file) {
  return detail::age_decrypt(identity.view(), file);
}

// `age1pq1...`, what `age -r` takes.
template <class Purpose>
[[nodiscard]] std::string age_recipient(const KemPublicKey<Purpose>& key) {
  return detail::age_recipient(key.view());
}

template <class Purpose>
[[nodiscard]] std::optional<KemPublicKey<Purpose>> parse_age_recipient(std::string_view text) {
  const std::optional<Bytes> bytes = detail::parse_age_recipient(text);
  return bytes ? KemPublicKey<Purpose>::from_bytes(*bytes) : std::nullopt;
}

// `AGE-SECRET-KEY-PQ-1...`, a line of the file that `age -i` takes.
template <class Purpose>
[[nodiscard]] SecretBytes age_identity(const KemSecretKey<Purpose>& key) {
  return detail::age_identity(key.view());
}

template <class Purpose>
[[nodiscard]] std::optional<KemSecretKey<Purpose>> parse_age_identity(std::string_view text) {
  const std::optional<SecretBytes> bytes = detail::parse_age_identity(text);
  return bytes ? KemSecretKey<Purpose>::from_bytes(bytes->view()) : std::nullopt;
}

}  // namespace muniment
