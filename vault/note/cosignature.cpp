#include "vault/note/cosignature.hpp"

#include <fmt/format.h>

#include <utility>

#include "vault/base/assert.hpp"

namespace muniment {

namespace {

// u64 time, big endian, then the signature.
constexpr std::size_t time_bytes = 8;
constexpr std::size_t cosignature_bytes = time_bytes + Signature::size;

std::string signed_message(UnixSeconds time, std::string_view note_text) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time, note_text);
}

// The time; empty unless the cosignature verifies.
std::optional<UnixSeconds> verified_time(ByteView cosignature, std::string_view note_text,
                                         const NoteKey<WitnessPurpose>& witness) {
  if (cosignature.size() != cosignature_bytes) return std::nullopt;
  std::uint64_t time = 0;
  for (const std::byte byte : cosignature.first(time_bytes)) {
    time = time << 8U | std::to_integer<std::uint64_t>(byte);
  }
  if (!std::in_range<UnixSeconds>(time)) return std::nullopt;
  const auto seconds = static_cast<UnixSeconds>(time);
  const Signature signature(cosignature.subspan<time_bytes, Signature::size>());
  if (!verify(witness.key, as_bytes(signed_message(seconds, note_text)), signature)) {
    return std::nullopt;
  }
  return seconds;
}

}  // namespace

NoteSignature cosign(const SignedNote& note, std::string_view name,
                     const SigningKey<WitnessPurpose>& key, UnixSeconds time) {
  VAULT_ASSERT(time >= 0 && decode_checkpoint(note.text));
  const NoteKey<WitnessPurpose> witness{std::string(name), verify_key(key)};
  NoteSignature line{witness.name, witness.id(), {}};
  for (unsigned i = time_bytes; i-- > 0;) {
    line.signature.push_back(
        static_cast<std::byte>(static_cast<std::uint64_t>(time) >> (8 * i) & 0xffU));
  }
  append(line.signature, sign(key, as_bytes(signed_message(time, note.text))).view());
  return line;
}

std::optional<UnixSeconds> open_cosignature(const SignedNote& note, const NoteSignature& line,
                                            const NoteKey<WitnessPurpose>& witness) {
  if (line.name != witness.name || line.id != witness.id()) return std::nullopt;
  return verified_time(line.signature, note.text, witness);
}

std::optional<CosignedCheckpoint> open_cosigned(
    const SignedNote& note, const NoteKey<LogPurpose>& log,
    std::span<const NoteKey<WitnessPurpose>> witnesses) {
  auto checkpoint = open_checkpoint(note, log);
  if (!checkpoint) return std::nullopt;
  CosignedCheckpoint opened{std::move(*checkpoint), {}};
  for (const NoteKey<WitnessPurpose>& witness : witnesses) {
    std::optional<UnixSeconds> newest;
    for (const ByteView cosignature : signatures_by(note, witness)) {
      const auto time = verified_time(cosignature, note.text, witness);
      if (!time) return std::nullopt;
      newest = std::max(newest, time);
    }
    if (newest) opened.cosignatures.push_back({witness.name, *newest});
  }
  return opened;
}

}  // namespace muniment
