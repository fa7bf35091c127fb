#include "vault/keyring/slip39_share.hpp"

#include <array>

#include "vault/base/assert.hpp"
#include "vault/keyring/slip39_words.hpp"

namespace muniment {

namespace {

constexpr unsigned bits_per_word = 10;
constexpr std::size_t prefix_words = 4;
constexpr std::size_t checksum_words = 3;

constexpr std::size_t words_for(std::size_t value_bytes) noexcept {
  return prefix_words + (value_bytes * 8 + bits_per_word - 1) / bits_per_word + checksum_words;
}

constexpr std::size_t words_min = words_for(slip39_value_bytes_min);
constexpr std::size_t words_max = words_for(slip39_value_bytes_max);

// Places in the list of words. They give the share away as the words do, hence secret memory.
class Words {
 public:
  Words() : x_memory(words_max * 2) {}

  [[nodiscard]] std::size_t size() const noexcept { return x_size; }

  [[nodiscard]] unsigned operator[](std::size_t i) const noexcept {
    const ByteView bytes = x_memory.view().subspan(i * 2, 2);
    return std::to_integer<unsigned>(bytes[0]) << 8U | std::to_integer<unsigned>(bytes[1]);
  }

  void push_back(unsigned word) noexcept {
    const MutableByteView bytes = x_memory.mutable_view().subspan(x_size++ * 2, 2);
    bytes[0] = static_cast<std::byte>(word >> 8U);
    bytes[1] = static_cast<std::byte>(word & 0xffU);
  }

 private:
  SecretBytes x_memory;
  std::size_t x_size = 0;
};

// The Reed-Solomon code over GF(1024) that SLIP-0039 calls RS1024. A list of words is right if the
// state is 1 after the last of them.
class Checksum {
 public:
  explicit Checksum(bool extendable) noexcept {
    for (const char c : std::string_view(extendable ? "shamir_extendable" : "shamir")) {
      feed(static_cast<unsigned char>(c));
    }
  }

  void feed(std::uint32_t word) noexcept {
    constexpr std::array<std::uint32_t, bits_per_word> generator{
        0xe0e040,   0x1c1c080,  0x3838100,  0x7070200,  0xe0e0009,
        0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120};
    const std::uint32_t top = x_state >> 20U;
    x_state = (x_state & 0xfffffU) << bits_per_word ^ word;
    for (unsigned i = 0; i < generator.size(); ++i) {
      x_state ^= (0U - (top >> i & 1U)) & generator[i];
    }
  }

  [[nodiscard]] std::uint32_t state() const noexcept { return x_state; }

 private:
  std::uint32_t x_state = 1;
};

class BitWriter {
 public:
  explicit BitWriter(Words& words) noexcept : x_words(words) {}

  // The lowest `bits` bits of `value`, at most 16.
  void put(unsigned value, unsigned bits) noexcept {
    x_pending = x_pending << bits | value;
    for (x_bits += bits; x_bits >= bits_per_word;) {
      x_bits -= bits_per_word;
      x_words.push_back(x_pending >> x_bits);
      x_pending &= (1U << x_bits) - 1U;
    }
  }

 private:
  Words& x_words;
  unsigned x_pending = 0;
  unsigned x_bits = 0;
};

class BitReader {
 public:
  explicit BitReader(const Words& words) noexcept : x_words(words) {}

  [[nodiscard]] unsigned get(unsigned bits) noexcept {
    while (x_bits < bits) {
      x_pending = x_pending << bits_per_word | x_words[x_next++];
      x_bits += bits_per_word;
    }
    x_bits -= bits;
    const unsigned value = x_pending >> x_bits;
    x_pending &= (1U << x_bits) - 1U;
    return value;
  }

 private:
  const Words& x_words;
  std::size_t x_next = 0;
  unsigned x_pending = 0;
  unsigned x_bits = 0;
};

void append_checksum(Words& words, bool extendable) noexcept {
  Checksum checksum(extendable);
  for (std::size_t i = 0; i < words.size(); ++i) checksum.feed(words[i]);
  for (std::size_t i = 0; i < checksum_words; ++i) checksum.feed(0);
  const std::uint32_t sum = checksum.state() ^ 1U;
  for (unsigned i = checksum_words; i-- > 0;) words.push_back(sum >> bits_per_word * i & 0x3ffU);
}

bool checksum_holds(const Words& words, bool extendable) noexcept {
  Checksum checksum(extendable);
  for (std::size_t i = 0; i < words.size(); ++i) checksum.feed(words[i]);
  return checksum.state() == 1;
}

SecretBytes to_words_text(const Words& words) {
  std::size_t size = words.size() - 1;
  for (std::size_t i = 0; i < words.size(); ++i) size += slip39_word(words[i]).size();
  SecretBytes text(size);
  auto out = text.mutable_view().begin();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) *out++ = std::byte{' '};
    out = std::ranges::copy(as_bytes(slip39_word(words[i])), out).out;
  }
  return text;
}

std::variant<Words, Slip39Problem> parse_words(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\n";
  Words words;
  for (std::size_t at = text.find_first_not_of(white_space); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(white_space, at), text.size());
    if (words.size() == words_max) return Slip39Problem{.reason = Slip39Refusal::length};
    const std::optional<unsigned> word = find_slip39_word(text.substr(at, end - at));
    if (!word) return Slip39Problem{.reason = Slip39Refusal::word_unknown, .word = words.size()};
    words.push_back(*word);
    at = text.find_first_not_of(white_space, end);
  }
  if (words.size() < words_min) return Slip39Problem{.reason = Slip39Refusal::length};
  return words;
}

}  // namespace

SecretBytes encode_slip39_share(const Slip39Share& share) {
  const std::size_t value_words = words_for(share.value.size()) - prefix_words - checksum_words;
  Words words;
  BitWriter bits(words);
  bits.put(share.identifier, 15);
  bits.put(share.extendable ? 1 : 0, 1);
  bits.put(share.iteration_exponent, 4);
  bits.put(share.group_index, 4);
  bits.put(share.group_threshold - 1, 4);
  bits.put(share.group_count - 1, 4);
  bits.put(share.member_index, 4);
  bits.put(share.member_threshold - 1, 4);
  bits.put(0, static_cast<unsigned>(value_words * bits_per_word - share.value.size() * 8));
  for (const std::byte byte : share.value.view()) bits.put(std::to_integer<unsigned>(byte), 8);
  append_checksum(words, share.extendable);
  return to_words_text(words);
}

std::variant<Slip39Share, Slip39Problem> decode_slip39_share(ByteView text) {
  std::variant<Words, Slip39Problem> parsed = parse_words(as_text(text));
  if (const auto* problem = std::get_if<Slip39Problem>(&parsed)) return *problem;
  const Words& words = std::get<Words>(parsed);

  // A secret is an even number of bytes, so a length in words fits one length in bytes or none.
  const std::size_t value_bits = (words.size() - prefix_words - checksum_words) * bits_per_word;
  const auto padding_bits = static_cast<unsigned>(value_bits % 16);
  if (padding_bits > 8) return Slip39Problem{.reason = Slip39Refusal::length};

  BitReader bits(words);
  Slip39Share share;
  share.identifier = static_cast<std::uint16_t>(bits.get(15));
  share.extendable = bits.get(1) == 1;
  if (!checksum_holds(words, share.extendable)) {
    return Slip39Problem{.reason = Slip39Refusal::checksum};
  }
  share.iteration_exponent = bits.get(4);
  share.group_index = bits.get(4);
  share.group_threshold = bits.get(4) + 1;
  share.group_count = bits.get(4) + 1;
  share.member_index = bits.get(4);
  share.member_threshold = bits.get(4) + 1;
  const bool padded_with_zeros = bits.get(padding_bits) == 0;
  if (!padded_with_zeros || share.group_threshold > share.group_count ||
      share.group_index >= share.group_count) {
    return Slip39Problem{.reason = Slip39Refusal::malformed};
  }
  share.value = SecretBytes(value_bits / 8 - padding_bits / 8);
  for (std::byte& byte : share.value.mutable_view()) byte = static_cast<std::byte>(bits.get(8));
  return share;
}

}  // namespace muniment
