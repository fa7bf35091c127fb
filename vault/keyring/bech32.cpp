#include "vault/keyring/bech32.hpp"

#include <array>

#include "vault/base/assert.hpp"

namespace muniment {

namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_symbols = 6;
constexpr unsigned bits_per_symbol = 5;

// The polynomial remainder of BIP 173, fed one symbol at a time.
class Checksum {
 public:
  // Starts with the prefix, as the specification expands it.
  explicit Checksum(std::string_view prefix) noexcept {
    for (const char c : prefix) feed(static_cast<unsigned char>(c) >> bits_per_symbol);
    feed(0);
    for (const char c : prefix) feed(static_cast<unsigned char>(c) & 31U);
  }

  void feed(std::uint32_t symbol) noexcept {
    constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                     0x2a1462b3};
    const std::uint32_t top = x_state >> 25U;
    x_state = (x_state & 0x1ffffffU) << bits_per_symbol ^ symbol;
    for (unsigned i = 0; i < generator.size(); ++i) {
      x_state ^= (0U - (top >> i & 1U)) & generator[i];
    }
  }

  [[nodiscard]] std::uint32_t state() const noexcept { return x_state; }

 private:
  std::uint32_t x_state = 1;
};

bool is_prefix(std::string_view prefix) noexcept {
  return !prefix.empty() && std::ranges::all_of(prefix, [](char c) {
    return c >= '!' && c <= '~' && (c < 'A' || c > 'Z');
  });
}

}  // namespace

SecretBytes bech32_encode(std::string_view prefix, ByteView data) {
  VAULT_ASSERT(is_prefix(prefix));
  const std::size_t data_symbols = (data.size() * 8 + bits_per_symbol - 1) / bits_per_symbol;
  SecretBytes text(prefix.size() + 1 + data_symbols + checksum_symbols);
  const MutableByteView out = text.mutable_view();
  std::ranges::copy(as_bytes(prefix), out.begin());
  out[prefix.size()] = std::byte{'1'};

  std::size_t next = prefix.size() + 1;
  const auto put = [&](std::uint32_t symbol) {
    out[next++] = static_cast<std::byte>(alphabet[symbol]);
  };
  Checksum checksum(prefix);
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  const auto put_data = [&](std::uint32_t symbol) {
    checksum.feed(symbol);
    put(symbol);
  };
  for (const std::byte byte : data) {
    pending = (pending << 8U | std::to_integer<std::uint32_t>(byte)) & 0xfffU;
    for (pending_bits += 8; pending_bits >= bits_per_symbol;) {
      pending_bits -= bits_per_symbol;
      put_data(pending >> pending_bits & 31U);
    }
  }
  if (pending_bits > 0) put_data(pending << (bits_per_symbol - pending_bits) & 31U);

  for (std::size_t i = 0; i < checksum_symbols; ++i) checksum.feed(0);
  const std::uint32_t sum = checksum.state() ^ 1U;
  for (unsigned i = checksum_symbols; i-- > 0;) put(sum >> bits_per_symbol * i & 31U);
  return text;
}

std::optional<SecretBytes> bech32_decode(std::string_view prefix, std::string_view text) {
  const std::size_t symbols_at = prefix.size() + 1;
  if (!text.starts_with(prefix) || text.size() < symbols_at + checksum_symbols ||
      text[prefix.size()] != '1') {
    return std::nullopt;
  }

  const std::size_t data_symbols = text.size() - symbols_at - checksum_symbols;
  const std::size_t padding_bits = data_symbols * bits_per_symbol % 8;
  SecretBytes data(data_symbols * bits_per_symbol / 8);
  Checksum checksum(prefix);
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  std::size_t next = 0;
  for (std::size_t i = symbols_at; i < text.size(); ++i) {
    const std::size_t symbol = alphabet.find(text[i]);
    if (symbol == std::string_view::npos) return std::nullopt;
    checksum.feed(static_cast<std::uint32_t>(symbol));
    if (i >= symbols_at + data_symbols) continue;
    pending = (pending << bits_per_symbol | static_cast<std::uint32_t>(symbol)) & 0xfffU;
    pending_bits += bits_per_symbol;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      data.mutable_view()[next++] = static_cast<std::byte>(pending >> pending_bits & 0xffU);
    }
  }
  const bool padding_is_zero = (pending & ((1U << pending_bits) - 1U)) == 0;
  if (checksum.state() != 1 || padding_bits >= bits_per_symbol || !padding_is_zero) {
    return std::nullopt;
  }
  return data;
}

}  // namespace muniment
