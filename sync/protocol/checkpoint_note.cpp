#include "sync/protocol/checkpoint_note.hpp"

#include "sync/limits.hpp"
#include "vault/base/assert.hpp"

namespace muniment::sync {

namespace {

bool before(const NoteSignature& a, const NoteSignature& b) {
  if (a.name != b.name) return a.name < b.name;
  if (a.id != b.id) return a.id < b.id;
  return std::ranges::lexicographical_compare(a.signature, b.signature);
}

// Whether the line bears the name and id of this key.
template <class Purpose>
bool is_by(const NoteSignature& line, const NoteKey<Purpose>& key) {
  return line.name == key.name && line.id == key.id();
}

// 63 witnesses and the log of 256 ledgers; 64 bytes each.
constexpr std::size_t memo_entries_max = 16384;

template <class Purpose>
Sha256Digest digest_of(const SignedNote& note, const NoteSignature& line,
                       const NoteKey<Purpose>& key) {
  Bytes what = to_bytes(encode(SignedNote{note.text, {line}}));
  append(what, key.key.view());
  what.push_back(static_cast<std::byte>(note_key_type<Purpose>));
  return leaf_hash(what);
}

}  // namespace

template <class Verify>
bool SignatureMemo::remember(const Sha256Digest& what, Verify verify) {
  if (x_verified.contains(what)) return true;
  if (!verify()) return false;
  if (x_verified.size() >= memo_entries_max) x_verified.clear();
  x_verified.insert(what);
  return true;
}

bool SignatureMemo::verifies(const SignedNote& note, const NoteSignature& line,
                             const NoteKey<LogPurpose>& log) {
  return remember(digest_of(note, line, log),
                  [&] { return open_checkpoint(SignedNote{note.text, {line}}, log).has_value(); });
}

bool SignatureMemo::verifies(const SignedNote& note, const NoteSignature& line,
                             const NoteKey<WitnessPurpose>& witness) {
  return remember(digest_of(note, line, witness),
                  [&] { return open_cosignature(note, line, witness).has_value(); });
}

SignedNote canonical(const SignedNote& note, const NoteKeys& keys) {
  std::vector<NoteSignature> lines = note.signatures;
  std::ranges::sort(lines, before);
  SignedNote result{note.text, {}};
  const auto log_line =
      std::ranges::find_if(lines, [&](const NoteSignature& line) { return is_by(line, keys.log); });
  VAULT_ASSERT(log_line != lines.end());
  result.signatures.push_back(*log_line);
  std::vector<NoteSignature> cosignatures;
  std::vector<NoteSignature> unknown;
  for (const NoteSignature& line : lines) {
    if (is_by(line, keys.log)) continue;
    const auto witness = std::ranges::find_if(
        keys.witnesses, [&](const NoteKey<WitnessPurpose>& key) { return is_by(line, key); });
    if (witness == keys.witnesses.end()) {
      const bool is_new = unknown.empty() || unknown.back() != line;
      if (is_new && unknown.size() < limits::unknown_signatures_max) unknown.push_back(line);
    } else if (keys.memo.verifies(note, *log_line, keys.log) &&
               keys.memo.verifies(note, line, *witness)) {
      // A cosignature begins with its time, so the last of a witness's lines is its latest.
      const bool is_same = !cosignatures.empty() && cosignatures.back().name == line.name &&
                           cosignatures.back().id == line.id;
      if (is_same) cosignatures.pop_back();
      cosignatures.push_back(line);
    }
  }
  result.signatures.insert(result.signatures.end(), cosignatures.begin(), cosignatures.end());
  result.signatures.insert(result.signatures.end(), unknown.begin(), unknown.end());
  return result;
}

std::optional<VerifiedNote> verify_note(std::string_view encoded, const NoteKeys& keys) {
  const auto note = decode_signed_note(encoded);
  if (!note) return std::nullopt;
  std::size_t by_log = 0;
  for (const NoteSignature& line : note->signatures) {
    if (!is_by(line, keys.log)) continue;
    if (!keys.memo.verifies(*note, line, keys.log)) return std::nullopt;
    ++by_log;
  }
  const auto checkpoint = by_log > 0 ? decode_checkpoint(note->text) : std::nullopt;
  if (!checkpoint || checkpoint->origin != keys.log.name || checkpoint->size == 0) {
    return std::nullopt;
  }
  return VerifiedNote{{checkpoint->size, checkpoint->root}, canonical(*note, keys)};
}

SignedNote merge_notes(const SignedNote& a, const SignedNote& b, const NoteKeys& keys) {
  VAULT_ASSERT(a.text == b.text);
  SignedNote both = a;
  both.signatures.insert(both.signatures.end(), b.signatures.begin(), b.signatures.end());
  return canonical(both, keys);
}

Sha256Digest note_digest(const SignedNote& note) {
  return leaf_hash(as_bytes(encode(note)));
}

}  // namespace muniment::sync
