// C2SP signed-note: a text, and lines by which named keys sign it. Byte rules and what we harden:
// FORMAT.md.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "vault/base/ids.hpp"
#include "vault/crypto/sign.hpp"

namespace muniment {

using NoteKeyId = FixedBytes<struct NoteKeyIdTag, 4>;

// Assigned by C2SP. Others exist; their lines are kept and passed on.
enum class NoteKeyType : std::uint8_t {
  ed25519 = 0x01,         // a log signs the text itself
  cosignature_v1 = 0x04,  // a witness signs time and text (cosignature.hpp)
  unassigned = 0xff,      // what it is says a text in place of the public key
};

template <class Purpose>
concept SignsNotes = std::same_as<Purpose, LogPurpose> || std::same_as<Purpose, WitnessPurpose>;

template <SignsNotes Purpose>
inline constexpr NoteKeyType note_key_type =
    std::same_as<Purpose, LogPurpose> ? NoteKeyType::ed25519 : NoteKeyType::cosignature_v1;

// True if `name` is not empty and is UTF-8 without spaces (Unicode's), control characters and '+'.
[[nodiscard]] bool is_note_key_name(std::string_view name) noexcept;

// SHA-256(name || 0A || type || public key)[:4].
[[nodiscard]] NoteKeyId note_key_id(std::string_view name, NoteKeyType type, ByteView public_key);

// Who is known, and so must have signed rightly wherever its name and id stand.
template <SignsNotes Purpose>
struct NoteKey {
  std::string name;
  VerifyKey<Purpose> key;

  [[nodiscard]] NoteKeyId id() const {
    return note_key_id(name, note_key_type<Purpose>, key.view());
  }

  friend bool operator==(const NoteKey&, const NoteKey&) = default;
};

namespace detail {
[[nodiscard]] std::string encode_vkey(std::string_view name, NoteKeyType type, ByteView public_key);
// The name; empty, as a name never is, unless `vkey` is one of this type with such a key.
[[nodiscard]] std::string_view decode_vkey(std::string_view vkey, NoteKeyType type,
                                           MutableByteView public_key);
}  // namespace detail

// `name+hex(id)+base64(type || public key)`, the form in which keys are handed to other programs.
template <SignsNotes Purpose>
[[nodiscard]] std::string encode_vkey(const NoteKey<Purpose>& key) {
  return detail::encode_vkey(key.name, note_key_type<Purpose>, key.key.view());
}

// Empty unless `vkey` is exactly what encode_vkey gives for some key of this purpose.
template <SignsNotes Purpose>
[[nodiscard]] std::optional<NoteKey<Purpose>> decode_vkey(std::string_view vkey) {
  NoteKey<Purpose> result;
  result.name = detail::decode_vkey(vkey, note_key_type<Purpose>, result.key.mutable_view());
  if (result.name.empty()) return std::nullopt;
  return result;
}

// A line `— name base64(id || signature)`. What follows the id is the signer's affair; never empty.
struct NoteSignature {
  std::string name;
  NoteKeyId id;
  Bytes signature;

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

// Nothing in it is believed before a known key was verified (checkpoint.hpp, cosignature.hpp). It
// has no `==`: two notes are the same if their texts are, whoever signed them.
struct SignedNote {
  std::string text;  // ends with LF
  std::vector<NoteSignature> signatures;
};

namespace detail {
[[nodiscard]] std::vector<ByteView> signatures_by(const SignedNote& note, std::string_view name,
                                                  const NoteKeyId& id);
}

// What the lines with the name and id of `key` carry, in their order; each has to verify. Views
// into the note.
template <SignsNotes Purpose>
[[nodiscard]] std::vector<ByteView> signatures_by(const SignedNote& note,
                                                  const NoteKey<Purpose>& key) {
  return detail::signatures_by(note, key.name, key.id());
}

// What names a note: the SHA-256 of its text alone.
[[nodiscard]] Sha256Digest note_identity(const SignedNote& note);

// The note must be one that decodes; anything else is our bug.
[[nodiscard]] std::string encode(const SignedNote& note);

// Empty unless `encoded` is exactly what encode gives for some note: at most limits::note_bytes_max
// bytes, 1 to limits::note_signatures_max signature lines, base64 canonical. Lines of unknown names
// and types are kept as they are, so that passing a note on loses nothing.
[[nodiscard]] std::optional<SignedNote> decode_signed_note(std::string_view encoded);

}  // namespace muniment
