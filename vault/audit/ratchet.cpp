#include "vault/audit/ratchet.hpp"

#include <algorithm>

#include "vault/audit/format.hpp"
#include "vault/base/assert.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/keyring/age.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view commitment_label{"muniment/access-commit/v1\0", 26};
constexpr std::string_view box_label{"muniment/access/v1\0", 19};
constexpr std::string_view ratchet_label = "muniment/access-ratchet/v1";
constexpr std::string_view key_type = "muniment/access-key/v1";

Bytes box_context(const LedgerName& ledger, AccessLevel level) {
  Bytes context = to_bytes(box_label);
  append(context, as_bytes(ledger.origin()));
  context.push_back(std::byte{0});
  context.push_back(static_cast<std::byte>(level));
  return context;
}

SecretBytes key_text(const LedgerName& ledger, const RatchetKey& key) {
  RecordWriter writer(key_type);
  writer.key("origin").word(ledger.origin());
  writer.key("key").base64(key.view());
  std::string text = writer.finish();
  SecretBytes secret = SecretBytes::copy_of(as_bytes(text));
  wipe(std::as_writable_bytes(std::span(text)));
  return secret;
}

std::vector<SealedForReader> seal_for(std::span<const Auditor> auditors, ByteView plaintext,
                                      Random& random) {
  std::vector<SealedForReader> sealed;
  for (const Auditor& auditor : auditors) {
    Bytes file = std::visit([&](const auto& key) { return age_encrypt(key, plaintext, random); },
                            auditor.key);
    VAULT_ASSERT(file.size() <= sealed_for_reader_bytes_max);
    sealed.push_back({auditor.who, std::move(file)});
  }
  return sealed;
}

// Cuts the list to what one entry holds.
template <class Make>
std::vector<std::string> in_entries(std::span<const SealedForReader> sealed, Make make) {
  VAULT_ASSERT(!sealed.empty());
  std::vector<std::string> entries;
  for (std::size_t at = 0; at < sealed.size(); at += segment_keys_max) {
    const auto part = sealed.subspan(at, std::min(segment_keys_max, sealed.size() - at));
    entries.push_back(encode(make(std::vector(part.begin(), part.end()))));
  }
  return entries;
}

std::optional<SecretBytes> decrypt(const ReadingSecretKey& key, ByteView file) {
  auto opened = age_decrypt(key, file);
  auto* plaintext = std::get_if<SecretBytes>(&opened);
  if (plaintext == nullptr) return std::nullopt;
  return std::move(*plaintext);
}

}  // namespace

RatchetCommitment ratchet_commitment(const LedgerName& ledger, const RatchetKey& first) {
  static constexpr std::array zero{std::byte{0}};
  Sha256 hash;
  hash.update(as_bytes(commitment_label));
  hash.update(as_bytes(ledger.origin()));
  hash.update(zero);
  hash.update(first.view());
  return *RatchetCommitment::from_bytes(hash.finish().view());
}

RatchetKey next_ratchet_key(const RatchetKey& key) {
  return derive<RatchetPurpose>(key, ratchet_label);
}

AccessEntry seal_record(const RatchetKey& key, const LedgerName& ledger, const AccessRecord& record,
                        Random& random) {
  AccessEntry entry;
  entry.box = seal_salted(key, box_context(ledger, entry.level), encode_padded(record), random);
  return entry;
}

std::optional<AccessRecord> open_record(const RatchetKey& key, const LedgerName& ledger,
                                        const AccessEntry& entry) {
  const auto padded = open_salted(key, box_context(ledger, entry.level), entry.box);
  return padded ? decode_padded_record(padded->view()) : std::nullopt;
}

Sha256Digest auditors_digest(std::span<const Auditor> auditors) {
  Sha256 hash;
  for (const Auditor& auditor : auditors) {
    std::visit([&](const auto& key) { hash.update(key.view()); }, auditor.key);
    std::visit([&](const auto& id) { hash.update(id.view()); }, auditor.who);
  }
  return hash.finish();
}

std::vector<std::string> begin_segment(const LedgerName& ledger, const RatchetKey& first,
                                       std::span<const Auditor> auditors, Random& random) {
  const RatchetCommitment commitment = ratchet_commitment(ledger, first);
  const auto sealed = seal_for(auditors, key_text(ledger, first).view(), random);
  return in_entries(sealed, [&](std::vector<SealedForReader> part) {
    return SegmentEntry{.commitment = commitment, .keys = std::move(part)};
  });
}

std::optional<RatchetKey> open_ratchet_key(const ReadingSecretKey& key, const LedgerName& ledger,
                                           const SegmentEntry& entry, ByteView file) {
  const auto plaintext = decrypt(key, file);
  if (!plaintext) return std::nullopt;
  RecordReader reader(as_text(plaintext->view()), key_type);
  const bool ours = reader.key("origin").word() == ledger.origin();
  Bytes bytes = reader.key("key").base64();
  auto first = RatchetKey::from_bytes(bytes);
  wipe(bytes);
  if (!ours || !reader.done() || !first) return std::nullopt;
  if (ratchet_commitment(ledger, *first) != entry.commitment) return std::nullopt;
  return first;
}

std::vector<std::string> seal_spooled(const AccessRecord& record, std::span<const Auditor> auditors,
                                      Random& random) {
  const auto sealed = seal_for(auditors, as_bytes(encode(record)), random);
  return in_entries(
      sealed, [](std::vector<SealedForReader> part) { return SpooledEntry{std::move(part)}; });
}

std::optional<AccessRecord> open_spooled(const ReadingSecretKey& key, ByteView file) {
  const auto plaintext = decrypt(key, file);
  return plaintext ? decode_access_record(as_text(plaintext->view())) : std::nullopt;
}

}  // namespace muniment
