// An envelope: the keys of a collection, sealed to one device or recovery key (DESIGN §5). An age
// v1 file with exactly one mlkem768x25519 stanza, so that stock age 1.3 opens it. Layout:
// FORMAT.md.
#pragma once

#include <variant>
#include <vector>

#include "vault/base/ids.hpp"
#include "vault/crypto/keys.hpp"

namespace muniment {

struct EnvelopeEpoch {
  std::uint32_t number = 0;  // from 1
  EpochKey key;
};

struct EnvelopeKeys {
  ConsortiumId consortium;
  CollectionId collection;
  IdKey id_key;
  ChunkerKey chunker_key;
  std::vector<EnvelopeEpoch> epochs;  // at least one, numbers strictly ascending
};

enum class EnvelopeRefusal {
  too_large,         // over envelope_bytes_max
  malformed,         // not an age v1 file, or its stanza is none
  several_stanzas,   // sealed to more than one recipient
  foreign_stanza,    // sealed to another kind of recipient, which no quantum computer may be near
  not_for_this_key,  // sealed to another key
  altered,           // the seal is broken, or something follows it
  content,           // properly sealed, but the text within is no envelope
};

// In lower case and without a full stop, to stand after the envelope's name.
[[nodiscard]] std::string_view to_text(EnvelopeRefusal refusal) noexcept;

// Fits into a ledger entry as base64, and holds some 500 epochs.
inline constexpr std::size_t envelope_bytes_max = 40960;

// The text that is sealed, and its strict reverse.
[[nodiscard]] SecretBytes encode_envelope(const EnvelopeKeys& keys);
[[nodiscard]] std::optional<EnvelopeKeys> decode_envelope(ByteView text);

namespace detail {
[[nodiscard]] Bytes seal_envelope(ByteView public_key, const EnvelopeKeys& keys, Random& random);
[[nodiscard]] std::variant<EnvelopeKeys, EnvelopeRefusal> open_envelope(ByteView seed,
                                                                        ByteView file);
}  // namespace detail

// Error(limit) if there are too many epochs; Error(damaged) if `recipient` is not a public key.
template <class Purpose>
[[nodiscard]] Bytes seal_envelope(const KemPublicKey<Purpose>& recipient, const EnvelopeKeys& keys,
                                  Random& random) {
  return detail::seal_envelope(recipient.view(), keys, random);
}

template <class Purpose>
[[nodiscard]] std::variant<EnvelopeKeys, EnvelopeRefusal> open_envelope(
    const KemSecretKey<Purpose>& identity, ByteView file) {
  return detail::open_envelope(identity.view(), file);
}

}  // namespace muniment
