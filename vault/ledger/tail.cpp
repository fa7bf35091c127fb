#include "vault/ledger/tail.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

using namespace tail_format;

namespace {

constexpr std::uint64_t window_bytes = 1 * limits::mib;

// The limit of a type's payload; 0 if there is no such type.
constexpr std::size_t payload_bytes_max(std::uint8_t type) noexcept {
  switch (RecordType{type}) {
    case RecordType::entry:
      return limits::ledger_entry_bytes_max;
    case RecordType::checkpoint:
    case RecordType::cosigned:
      return limits::note_bytes_max;
  }
  return 0;
}

ByteView magic_bytes() noexcept {
  return std::as_bytes(std::span(magic));
}

using Checksum = FixedBytes<struct ChecksumTag, checksum_bytes>;

Checksum checksum_of(ByteView checked) {
  return Checksum(blake2b_256(checked).view().first<checksum_bytes>());
}

// `typed_payload` is the type's byte and the payload, as they lie in the file.
Checksum record_checksum(std::uint64_t offset, ByteView typed_payload) {
  Bytes checked;
  checked.reserve(sizeof offset + typed_payload.size());
  ByteWriter writer(checked);
  writer.u64(offset);
  writer.raw(typed_payload);
  return checksum_of(checked);
}

}  // namespace

Bytes encode(const TailHeader& header) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(magic_bytes());
  writer.u16(header.version);
  writer.zeros(6);
  writer.raw(header.ledger.view());
  const Checksum checksum = checksum_of(bytes);
  writer.raw(checksum.view());
  return bytes;
}

std::optional<TailHeader> decode_tail_header(ByteView bytes) {
  ByteReader reader(bytes);
  if (!equal(reader.raw(magic.size()), magic_bytes())) return std::nullopt;
  TailHeader header;
  header.version = reader.u16();
  reader.expect_zeros(6);
  header.ledger = reader.fixed<LedgerId>();
  reader.raw(checksum_bytes);
  if (!reader.done() || !equal(encode(header), bytes)) return std::nullopt;
  return header;
}

void append_record(Bytes& target, std::uint64_t offset, RecordType type, ByteView payload) {
  const auto type_byte = static_cast<std::uint8_t>(type);
  VAULT_ASSERT(!payload.empty() && payload.size() <= payload_bytes_max(type_byte));
  const std::size_t begin = target.size();
  ByteWriter writer(target);
  writer.u32(static_cast<std::uint32_t>(payload.size()));
  writer.u8(type_byte);
  writer.raw(payload);
  const Checksum checksum = record_checksum(offset, ByteView(target).subspan(begin + 4));
  writer.raw(checksum.view());
}

std::optional<TailRecord> decode_record(ByteView bytes, std::uint64_t offset) {
  ByteReader reader(bytes);
  const std::uint32_t length = reader.u32();
  const std::uint8_t type = reader.u8();
  if (!reader.ok() || length == 0 || length > payload_bytes_max(type)) return std::nullopt;
  TailRecord record;
  record.type = RecordType{type};
  record.payload = reader.raw(length);
  const auto checksum = reader.fixed<Checksum>();
  if (!reader.ok()) return std::nullopt;
  record.whole = bytes.first(record_overhead_bytes + length);
  if (checksum != record_checksum(offset, record.whole.subspan(4, 1 + length))) return std::nullopt;
  return record;
}

std::string_view copy_name(std::size_t copy) noexcept {
  return copy == 0 ? first_copy : second_copy;
}

TailReader::TailReader(const TailCopies& copies, CopySet set) {
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    if (set[copy] && copies[copy].file) x_windows[copy].copy = &copies[copy];
  }
}

std::optional<TailRecord> TailReader::next() {
  for (x_copy = 0; x_copy < x_windows.size(); ++x_copy) {
    if (const auto record = x_windows[x_copy].read(x_next)) {
      x_offset = x_next;
      x_next += record->whole.size();
      return record;
    }
  }
  return std::nullopt;
}

std::optional<TailRecord> TailReader::Window::read(std::uint64_t at) {
  if (copy == nullptr || at >= copy->size) return std::nullopt;
  const std::uint64_t end = offset + bytes.size();
  if (at >= end || (end - at < record_bytes_max && end < copy->size)) {
    const std::uint64_t left = copy->size - at;
    bytes = copy->file->read_at(at, static_cast<std::size_t>(std::min(left, window_bytes)));
    offset = at;
  }
  return decode_record(ByteView(bytes).subspan(static_cast<std::size_t>(at - offset)), at);
}

}  // namespace muniment
