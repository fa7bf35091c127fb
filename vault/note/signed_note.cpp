#include "vault/note/signed_note.hpp"

#include <fmt/format.h>

#include "vault/base/assert.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/note/plain_text.hpp"

namespace muniment {

namespace {

// Before each signature: em dash, space.
constexpr std::string_view signature_mark = "\u2014 ";

// Unicode's White_Space but for the control characters below 0x20.
constexpr std::string_view spaces[] = {
    " ",      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
    "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
    "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
};

std::optional<NoteSignature> decode_signature(std::string_view line) {
  if (!line.starts_with(signature_mark)) return std::nullopt;
  line.remove_prefix(signature_mark.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || !is_note_key_name(line.substr(0, space))) {
    return std::nullopt;
  }
  const auto payload = from_base64(line.substr(space + 1));
  if (!payload || payload->size() <= NoteKeyId::size) return std::nullopt;
  const ByteView bytes = *payload;
  const ByteView signature = bytes.subspan(NoteKeyId::size);
  return NoteSignature{std::string(line.substr(0, space)),
                       NoteKeyId(bytes.first<NoteKeyId::size>()),
                       {signature.begin(), signature.end()}};
}

std::string encode_signature(const NoteSignature& signature) {
  VAULT_ASSERT(is_note_key_name(signature.name) && !signature.signature.empty());
  Bytes payload;
  append(payload, signature.id.view());
  append(payload, signature.signature);
  return fmt::format("{}{} {}\n", signature_mark, signature.name, to_base64(payload));
}

}  // namespace

bool is_note_key_name(std::string_view name) noexcept {
  const auto has = [name](std::string_view part) { return name.find(part) != name.npos; };
  return is_plain_line(name) && !has("+") && std::ranges::none_of(spaces, has);
}

NoteKeyId note_key_id(std::string_view name, NoteKeyType type, ByteView public_key) {
  Bytes key = to_bytes(name);
  key.push_back(std::byte{'\n'});
  key.push_back(static_cast<std::byte>(type));
  append(key, public_key);
  return NoteKeyId(sha256(key).view().first<NoteKeyId::size>());
}

namespace detail {

std::string encode_vkey(std::string_view name, NoteKeyType type, ByteView public_key) {
  VAULT_ASSERT(is_note_key_name(name));
  Bytes material{static_cast<std::byte>(type)};
  append(material, public_key);
  return fmt::format("{}+{}+{}", name, note_key_id(name, type, public_key).hex(),
                     to_base64(material));
}

std::string_view decode_vkey(std::string_view vkey, NoteKeyType type, MutableByteView public_key) {
  constexpr std::size_t id_and_pluses = 1 + 2 * NoteKeyId::size + 1;
  const std::string_view name = vkey.substr(0, vkey.find('+'));
  if (!is_note_key_name(name) || vkey.size() < name.size() + id_and_pluses) return {};
  const auto material = from_base64(vkey.substr(name.size() + id_and_pluses));
  if (!material || material->size() != 1 + public_key.size()) return {};
  std::ranges::copy(ByteView(*material).subspan(1), public_key.begin());
  return encode_vkey(name, type, public_key) == vkey ? name : std::string_view{};
}

std::vector<ByteView> signatures_by(const SignedNote& note, std::string_view name,
                                    const NoteKeyId& id) {
  std::vector<ByteView> found;
  for (const NoteSignature& line : note.signatures) {
    if (line.name == name && line.id == id) found.emplace_back(line.signature);
  }
  return found;
}

}  // namespace detail

Sha256Digest note_identity(const SignedNote& note) {
  return sha256(as_bytes(note.text));
}

std::string encode(const SignedNote& note) {
  VAULT_ASSERT(note.text.ends_with('\n') && is_plain_text(note.text) && !note.signatures.empty());
  std::string encoded = note.text + '\n';
  for (const NoteSignature& signature : note.signatures) encoded += encode_signature(signature);
  return encoded;
}

std::optional<SignedNote> decode_signed_note(std::string_view encoded) {
  if (encoded.size() > limits::note_bytes_max || !is_plain_text(encoded)) return std::nullopt;
  const auto text_end = encoded.rfind("\n\n");
  if (text_end == std::string_view::npos) return std::nullopt;
  SignedNote note{std::string(encoded.substr(0, text_end + 1)), {}};
  std::string_view rest = encoded.substr(text_end + 2);
  do {
    auto signature = decode_signature(take_line(rest));
    if (!signature || note.signatures.size() == limits::note_signatures_max) return std::nullopt;
    note.signatures.push_back(std::move(*signature));
  } while (!rest.empty());
  return note;
}

}  // namespace muniment
