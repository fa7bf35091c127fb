#include "vault/note/checkpoint.hpp"

#include <fmt/format.h>

#include "vault/base/assert.hpp"
#include "vault/base/decimal.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/note/plain_text.hpp"

namespace muniment {

namespace {

bool is_origin(std::string_view origin) noexcept {
  return is_plain_line(origin) && origin != "cosignature/v1";
}

}  // namespace

std::string encode(const Checkpoint& checkpoint) {
  VAULT_ASSERT(is_origin(checkpoint.origin));
  return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                     to_base64(checkpoint.root.view()));
}

std::optional<Checkpoint> decode_checkpoint(std::string_view text) {
  const std::string_view origin = take_line(text);
  const auto size = from_decimal(take_line(text));
  const auto root = from_base64(take_line(text));
  if (!is_origin(origin) || !size || !root || !text.empty()) return std::nullopt;
  const auto digest = Sha256Digest::from_bytes(*root);
  if (!digest) return std::nullopt;
  return Checkpoint{std::string(origin), *size, *digest};
}

SignedNote sign_checkpoint(const Checkpoint& checkpoint, std::string_view name,
                           const SigningKey<LogPurpose>& key) {
  const NoteKey<LogPurpose> log{std::string(name), verify_key(key)};
  SignedNote note{encode(checkpoint), {}};
  const Signature signature = sign(key, as_bytes(note.text));
  const ByteView bytes = signature.view();
  note.signatures.push_back({log.name, log.id(), {bytes.begin(), bytes.end()}});
  return note;
}

std::optional<Checkpoint> open_checkpoint(const SignedNote& note, const NoteKey<LogPurpose>& log) {
  const auto verifies = [&](ByteView bytes) {
    const auto signature = Signature::from_bytes(bytes);
    return signature && verify(log.key, as_bytes(note.text), *signature);
  };
  const std::vector<ByteView> signatures = signatures_by(note, log);
  if (signatures.empty() || !std::ranges::all_of(signatures, verifies)) return std::nullopt;
  return decode_checkpoint(note.text);
}

}  // namespace muniment
