#include "vault/note/opentimestamps.hpp"

#include <array>

#include "vault/base/cursor.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

constexpr std::string_view magic("\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94", 31);
constexpr std::uint8_t version = 1;

namespace tag {
constexpr std::uint8_t attestation = 0x00;
constexpr std::uint8_t sha256 = 0x08;
constexpr std::uint8_t append = 0xf0;
constexpr std::uint8_t prepend = 0xf1;
constexpr std::uint8_t fork = 0xff;
}  // namespace tag

constexpr std::string_view bitcoin_kind("\x05\x88\x96\x0d\x73\xd7\x19\x01", 8);
constexpr std::string_view pending_kind("\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e", 8);

// Those of python-opentimestamps, but for the last three, which it has not.
constexpr std::size_t message_bytes_max = 4096;
constexpr std::size_t payload_bytes_max = 8192;
constexpr std::size_t calendar_bytes_max = 1000;
constexpr std::size_t depth_max = 256;
constexpr std::size_t steps_max = 4096;
constexpr std::size_t attestations_max = 64;

constexpr std::string_view calendar_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:";

// Seven bits a byte, the lowest first; no more bytes than it takes.
std::uint64_t take_varint(ByteReader& reader) {
  constexpr unsigned bytes_max = 5;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes_max; ++i) {
    const std::uint8_t byte = reader.u8();
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    if (byte == 0 && i > 0) break;
    return value;
  }
  reader.fail();
  return 0;
}

ByteView take_bytes(ByteReader& reader, std::size_t least, std::size_t most) {
  const std::uint64_t size = take_varint(reader);
  if (size < least || size > most) reader.fail();
  return reader.ok() ? reader.raw(size) : ByteView{};
}

OtsAttestation take_attestation(ByteReader& reader, ByteView message) {
  OtsAttestation result;
  const std::string_view kind = as_text(reader.raw(bitcoin_kind.size()));
  ByteReader payload(take_bytes(reader, 0, payload_bytes_max));
  if (kind == bitcoin_kind) {
    result.kind = OtsAttestation::Kind::bitcoin;
    result.block = take_varint(payload);
    const auto root = Sha256Digest::from_bytes(message);
    if (!root || !payload.done()) reader.fail();
    result.merkle_root = root.value_or(Sha256Digest{});
  } else if (kind == pending_kind) {
    result.kind = OtsAttestation::Kind::pending;
    result.calendar = as_text(take_bytes(payload, 1, calendar_bytes_max));
    const bool plain = result.calendar.find_first_not_of(calendar_letters) == std::string::npos;
    if (!plain || !payload.done()) reader.fail();
  }
  return result;
}

// The way from a message to attestations, of which each fork has one or more.
class Walk {
 public:
  explicit Walk(const Sha256Digest& digest) : x_message(to_bytes(digest.view())) {}

  // Up to the last attestation.
  std::vector<OtsAttestation> run(ByteReader& reader) {
    for (std::size_t step = 0; step < steps_max && reader.ok(); ++step) {
      if (this->step(reader)) return std::move(x_found);
    }
    reader.fail();
    return {};
  }

 private:
  // True if nothing is left to walk.
  bool step(ByteReader& reader) {
    const std::uint8_t what = reader.u8();
    switch (what) {
      case tag::fork:
        x_forks.push_back(x_message);
        if (x_forks.size() > depth_max) reader.fail();
        return false;
      case tag::attestation:
        x_found.push_back(take_attestation(reader, x_message));
        if (x_found.size() > attestations_max) reader.fail();
        if (x_forks.empty()) return true;
        x_message = std::move(x_forks.back());
        x_forks.pop_back();
        return false;
      case tag::sha256:
        x_message = to_bytes(sha256(x_message).view());
        return false;
      case tag::append:
      case tag::prepend:
        join(take_bytes(reader, 1, message_bytes_max), what == tag::append);
        if (x_message.size() > message_bytes_max) reader.fail();
        return false;
      default:
        reader.fail();
        return false;
    }
  }

  void join(ByteView more, bool behind) {
    x_message.insert(behind ? x_message.end() : x_message.begin(), more.begin(), more.end());
  }

  Bytes x_message;
  std::vector<Bytes> x_forks;
  std::vector<OtsAttestation> x_found;
};

}  // namespace

bool OtsFile::names_block() const noexcept {
  return std::ranges::find(attestations, OtsAttestation::Kind::bitcoin, &OtsAttestation::kind) !=
         attestations.end();
}

Bytes ots_head(const Sha256Digest& digest) {
  Bytes head = to_bytes(magic);
  head.push_back(static_cast<std::byte>(version));
  head.push_back(static_cast<std::byte>(tag::sha256));
  append(head, digest.view());
  return head;
}

bool is_ots(ByteView file) noexcept {
  return as_text(file).starts_with(magic);
}

std::optional<OtsFile> decode_ots(ByteView file) {
  if (file.size() > ots_bytes_max) return std::nullopt;
  ByteReader reader(file);
  if (as_text(reader.raw(magic.size())) != magic || reader.u8() != version ||
      reader.u8() != tag::sha256) {
    return std::nullopt;
  }
  OtsFile result;
  result.digest = reader.fixed<Sha256Digest>();
  result.attestations = Walk(result.digest).run(reader);
  if (!reader.done()) return std::nullopt;
  return result;
}

}  // namespace muniment
