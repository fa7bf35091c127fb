#include "vault/keyring/age.hpp"

#include <array>

#include "vault/base/error.hpp"
#include "vault/crypto/aead.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/kdf.hpp"
#include "vault/keyring/age_base64.hpp"
#include "vault/keyring/age_format.hpp"
#include "vault/keyring/bech32.hpp"
#include "vault/keyring/hpke.hpp"

namespace muniment {

namespace {

SecretBytes header_mac(ByteView file_key, ByteView authenticated) {
  const SecretBytes key = hkdf_sha256(file_key, {}, as_bytes("header"), age_mac_bytes);
  return hmac_sha256(key.view(), authenticated);
}

SecretBytes payload_key(ByteView file_key, ByteView nonce) {
  return hkdf_sha256(file_key, nonce, as_bytes("payload"), 32);
}

// Big-endian number of the chunk in 11 bytes, then 1 for the last chunk and 0 before.
class ChunkNonce {
 public:
  ByteView next(bool last) noexcept {
    std::uint64_t value = x_number++;
    for (std::size_t i = 11; i-- > 3; value >>= 8U)
      x_bytes[i] = static_cast<std::byte>(value & 0xffU);
    x_bytes[11] = std::byte{last};
    return x_bytes;
  }

 private:
  std::array<std::byte, 12> x_bytes{};
  std::uint64_t x_number = 0;
};

Bytes seal_payload(ByteView key, ByteView plaintext) {
  Bytes sealed;
  ChunkNonce nonce;
  bool last = false;
  while (!last) {
    last = plaintext.size() <= age_chunk_bytes;
    const ByteView chunk = plaintext.first(std::min(plaintext.size(), age_chunk_bytes));
    append(sealed, chacha20poly1305_seal(key, nonce.next(last), chunk));
    plaintext = plaintext.subspan(chunk.size());
  }
  return sealed;
}

std::optional<SecretBytes> open_payload(ByteView key, ByteView sealed) {
  constexpr std::size_t sealed_chunk_bytes = age_chunk_bytes + age_tag_bytes;
  if (sealed.size() < age_tag_bytes) return std::nullopt;
  const std::size_t full_chunks = (sealed.size() - 1) / sealed_chunk_bytes;
  const std::size_t last_bytes = sealed.size() - full_chunks * sealed_chunk_bytes;
  // Only an empty payload has an empty chunk: otherwise one plaintext had two files.
  if (last_bytes < age_tag_bytes + (full_chunks > 0 ? 1 : 0)) return std::nullopt;

  SecretBytes plaintext(sealed.size() - (full_chunks + 1) * age_tag_bytes);
  auto out = plaintext.mutable_view().begin();
  ChunkNonce nonce;
  for (std::size_t i = 0; i <= full_chunks; ++i) {
    const bool last = i == full_chunks;
    const ByteView chunk = sealed.first(last ? last_bytes : sealed_chunk_bytes);
    const auto opened = chacha20poly1305_open(key, nonce.next(last), chunk);
    if (!opened) return std::nullopt;
    out = std::ranges::copy(opened->view(), out).out;
    sealed = sealed.subspan(chunk.size());
  }
  return plaintext;
}

void append_text(Bytes& target, std::string_view text) {
  append(target, as_bytes(text));
}

void append_stanza(Bytes& file, ByteView encapsulated, ByteView body) {
  append_text(file, age_stanza_start);
  append_text(file, age_kind);
  append_text(file, " ");
  append_text(file, to_age_base64(encapsulated));
  append_text(file, "\n");
  // One line: the body has 32 bytes, 43 columns.
  append_text(file, to_age_base64(body));
  append_text(file, "\n");
}

// A stanza of our kind. Empty unless it has the one form that the specification allows.
std::optional<KemCiphertext> encapsulated_key(const AgeStanza& stanza) {
  if (stanza.arguments.size() != 2 || stanza.body.size() != age_file_key_bytes + age_tag_bytes) {
    return std::nullopt;
  }
  const std::optional<Bytes> bytes = from_age_base64(stanza.arguments[1]);
  return bytes ? KemCiphertext::from_bytes(*bytes) : std::nullopt;
}

// The file key from the first stanza that opens; every stanza of our kind must be well formed.
std::variant<SecretBytes, AgeRefusal> find_file_key(ByteView seed, const AgeHeader& header) {
  std::variant<SecretBytes, AgeRefusal> result = AgeRefusal::no_match;
  for (const AgeStanza& stanza : header.stanzas) {
    if (stanza.arguments.front() != age_kind) continue;
    const std::optional<KemCiphertext> ciphertext = encapsulated_key(stanza);
    if (!ciphertext) return AgeRefusal::header;
    const auto shared = detail::kem_decapsulate(seed, ciphertext->view());
    if (!shared) return AgeRefusal::header;
    const HpkeKey hpke = hpke_base_key(*shared, age_hpke_info);
    auto file_key = chacha20poly1305_open(hpke.key.view(), hpke.nonce.view(), stanza.body);
    if (file_key && std::holds_alternative<AgeRefusal>(result)) result = std::move(*file_key);
  }
  return result;
}

}  // namespace

std::variant<SecretBytes, AgeRefusal> age_decrypt(const AgeHeader& header, ByteView file_key) {
  const SecretBytes mac = header_mac(file_key, header.authenticated);
  if (!equal_constant_time(mac.view(), header.mac)) return AgeRefusal::mac;
  const SecretBytes key = payload_key(file_key, header.payload_nonce);
  std::optional<SecretBytes> plaintext = open_payload(key.view(), header.payload);
  if (!plaintext) return AgeRefusal::payload;
  return std::move(*plaintext);
}

namespace detail {

Bytes age_encrypt(ByteView public_key, ByteView plaintext, Random& random) {
  // Hedged, so that a machine that was rolled back does not use one key for two plaintexts.
  SecretBytes fresh(64);
  random.fill(fresh.mutable_view());
  const SecretBytes hedged = blake2b_512(fresh.view(), plaintext);
  const ByteView file_key = hedged.view().first(age_file_key_bytes);
  const ByteView nonce = hedged.view().subspan(age_file_key_bytes, age_nonce_bytes);
  random.fill(fresh.mutable_view());
  const SecretBytes kem_seed = blake2b_512(fresh.view(), file_key);

  const auto encapsulation = kem_encapsulate(public_key, kem_seed.view());
  if (!encapsulation) throw Error(ErrorCode::damaged, "recipient: not an X-Wing public key");
  const HpkeKey hpke = hpke_base_key(encapsulation->secret, age_hpke_info);
  const Bytes body = chacha20poly1305_seal(hpke.key.view(), hpke.nonce.view(), file_key);

  Bytes file;
  append_text(file, age_version_line);
  append_text(file, "\n");
  append_stanza(file, encapsulation->ciphertext.view(), body);
  append_text(file, age_end_start);
  const SecretBytes mac = header_mac(file_key, file);
  append_text(file, " " + to_age_base64(mac.view()) + "\n");
  append(file, nonce);
  append(file, seal_payload(payload_key(file_key, nonce).view(), plaintext));
  return file;
}

std::variant<SecretBytes, AgeRefusal> age_decrypt(ByteView seed, ByteView file) {
  const std::optional<AgeHeader> header = parse_age_header(file);
  if (!header) return AgeRefusal::header;
  std::variant<SecretBytes, AgeRefusal> file_key = find_file_key(seed, *header);
  if (const auto* refusal = std::get_if<AgeRefusal>(&file_key)) return *refusal;
  return muniment::age_decrypt(*header, std::get<SecretBytes>(file_key).view());
}

std::string age_recipient(ByteView public_key) {
  return std::string(as_text(bech32_encode(age_recipient_prefix, public_key).view()));
}

std::optional<Bytes> parse_age_recipient(std::string_view text) {
  const std::optional<SecretBytes> data = bech32_decode(age_recipient_prefix, text);
  if (!data) return std::nullopt;
  return Bytes(data->view().begin(), data->view().end());
}

// The identity is the one text that is in capitals; its checksum is that of the small letters.
SecretBytes age_identity(ByteView seed) {
  SecretBytes text = bech32_encode(age_identity_prefix, seed);
  for (std::byte& c : text.mutable_view()) {
    if (c >= std::byte{'a'} && c <= std::byte{'z'}) c ^= std::byte{'a' ^ 'A'};
  }
  return text;
}

std::optional<SecretBytes> parse_age_identity(std::string_view text) {
  SecretBytes lower = SecretBytes::copy_of(as_bytes(text));
  for (std::byte& c : lower.mutable_view()) {
    if (c >= std::byte{'a'} && c <= std::byte{'z'}) return std::nullopt;
    if (c >= std::byte{'A'} && c <= std::byte{'Z'}) c ^= std::byte{'a' ^ 'A'};
  }
  return bech32_decode(age_identity_prefix, as_text(lower.view()));
}

}  // namespace detail

}  // namespace muniment
