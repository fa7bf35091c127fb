#include "vault/pack/reader.hpp"

#include "vault/base/assert.hpp"
#include "vault/pack/heal.hpp"
#include "vault/pack/tile.hpp"

namespace muniment {

namespace {

// Whether the file's tile is the one that `id` names.
bool has_tile_of(const PackBytes& bytes, PackClass size_class, const PackId& id) {
  Bytes scratch;
  const auto tile = bytes.read(body_bytes(size_class), pack_format::tile_bytes, scratch);
  return tile && pack_id(decode_pack_tile(*tile)) == id;
}

std::variant<PackReader, PackFault> open_bytes(PackBytes bytes,
                                               std::span<const EpochSecretKey> keys,
                                               bool healed = false) {
  Bytes scratch;
  const auto clear = bytes.read(0, pack_format::header_bytes, scratch);
  if (!clear) return PackFault::malformed;
  const auto decoded = decode_header(*clear);
  if (const auto* fault = std::get_if<HeaderFault>(&decoded)) {
    return *fault == HeaderFault::unsupported ? PackFault::unsupported : PackFault::malformed;
  }
  const PackHeader& header = std::get<PackHeader>(decoded);
  auto key = find_pack_key(header, keys);
  if (!key) return PackFault::foreign;
  auto reader = PackReader::open(std::move(bytes), header.form, std::move(*key), healed);
  if (!reader) return PackFault::malformed;
  return std::move(*reader);
}

// Empty if anything at all is wrong with the pack; open_checked then says what.
std::optional<PackReader> open_unchecked(const PackStore& store, const PackId& id,
                                         std::span<const EpochSecretKey> keys, PackAccess access,
                                         Bytes buffer) {
  const std::string key = pack_key(id);
  const auto size_class = pack_class_of_file(store.stat(key).value_or(0));
  if (!size_class) return std::nullopt;
  PackBytes bytes(store, id, *size_class);
  if (access == PackAccess::whole) {
    auto file = get_object(store, key, file_bytes(*size_class), std::move(buffer));
    if (!file) return std::nullopt;
    bytes = PackBytes(std::move(*file));
  }
  if (!has_tile_of(bytes, *size_class, id)) return std::nullopt;
  auto opened = open_bytes(std::move(bytes), keys);
  auto* const reader = std::get_if<PackReader>(&opened);
  if (reader == nullptr || reader->form().size_class != *size_class) return std::nullopt;
  return std::move(*reader);
}

std::variant<PackReader, PackFault> open_checked(const PackStore& store, const PackId& id,
                                                 std::span<const EpochSecretKey> keys,
                                                 Bytes buffer) {
  // One byte more than any pack has, to see that there is more.
  constexpr std::size_t limit = file_bytes(PackClass::mib16) + 1;
  auto file = get_object(store, pack_key(id), limit, std::move(buffer));
  if (!file) return PackFault::absent;
  PackExamination examination = examine_pack(*file, id);
  if (examination.other) return PackFault::swapped;
  const bool healed = examination.condition == PackCondition::healable;
  if (healed) *file = std::move(examination.healed);
  const auto size_class = pack_class_of_file(file->size());
  auto opened = open_bytes(PackBytes(std::move(*file)), keys, healed);
  const auto* const reader = std::get_if<PackReader>(&opened);
  if (examination.condition == PackCondition::lost) {
    if (reader == nullptr) return PackFault::damaged;
  } else if (reader != nullptr && reader->form().size_class != size_class) {
    return PackFault::malformed;
  }
  return opened;
}

}  // namespace

PackReader::PackReader(PackBytes bytes, const PackForm& form, PackKey key, bool healed)
    : x_bytes(std::move(bytes)), x_form(form), x_key(std::move(key)), x_healed(healed) {}

std::optional<PackReader> PackReader::open(PackBytes bytes, const PackForm& form, PackKey key,
                                           bool healed) {
  PackReader reader(std::move(bytes), form, std::move(key), healed);
  const auto head_plaintext =
      reader.open_part(pack_format::head_nonce, pack_format::header_bytes, pack_format::head_bytes);
  if (!head_plaintext) return std::nullopt;
  const auto head = decode_head(*head_plaintext, form);
  if (!head) return std::nullopt;
  auto table_plaintext =
      reader.open_part(pack_format::table_nonce, head->table_offset, head->table_bytes);
  if (!table_plaintext) return std::nullopt;
  auto table = decode_table(*table_plaintext, *head, form.suite);
  if (table && table->batch) wipe(*table_plaintext);
  if (!table) return std::nullopt;
  reader.set_frames(*head, std::move(*table));
  return reader;
}

void PackReader::set_frames(const PackHead& head, PackTable table) {
  x_head = head;
  x_table = std::move(table);
  x_offsets.reserve(x_table.frames.size());
  std::size_t offset = frames_offset(x_form.suite);
  for (const FrameEntry& entry : x_table.frames) {
    x_offsets.push_back(static_cast<std::uint32_t>(offset));
    offset += entry.stored_bytes + tag_bytes(x_form.suite);
  }
}

std::optional<Bytes> PackReader::open_part(std::uint64_t nonce, std::size_t offset,
                                           std::size_t length) const {
  Bytes scratch;
  const auto sealed = x_bytes.read(offset, length + tag_bytes(x_form.suite), scratch);
  if (!sealed) return std::nullopt;
  return muniment::open(x_form.suite, x_key, nonce, *sealed);
}

bool PackReader::read_frame(std::size_t frame, MutableByteView payload) const {
  VAULT_ASSERT(payload.size() == entry(frame).stored_bytes);
  Bytes scratch;
  const auto sealed =
      x_bytes.read(x_offsets[frame], payload.size() + tag_bytes(x_form.suite), scratch);
  return sealed && muniment::open(x_form.suite, x_key, pack_format::first_frame_nonce + frame,
                                  *sealed, payload);
}

std::optional<Bytes> PackReader::read_frame(std::size_t frame) const {
  Bytes payload(entry(frame).stored_bytes);
  if (!read_frame(frame, payload)) return std::nullopt;
  return payload;
}

bool PackReader::tail_is_sound() const {
  const std::size_t tag = tag_bytes(x_form.suite);
  const std::size_t offset = x_head.table_offset + x_head.table_bytes + tag;
  const std::uint64_t nonce = pack_format::first_frame_nonce + x_head.frame_count;
  const auto tail = open_part(nonce, offset, data_bytes(x_form.size_class) - offset - tag);
  const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
  return tail && std::ranges::all_of(*tail, is_zero);
}

std::variant<PackReader, PackFault> open_pack(const PackStore& store, const PackId& id,
                                              std::span<const EpochSecretKey> keys,
                                              PackAccess access, Bytes buffer) {
  if (access != PackAccess::checked) {
    auto reader = open_unchecked(store, id, keys, access, std::move(buffer));
    if (reader) return std::move(*reader);
    buffer = {};
  }
  return open_checked(store, id, keys, std::move(buffer));
}

std::variant<PackReader, PackFault> open_pack_file(Bytes file,
                                                   std::span<const EpochSecretKey> keys) {
  const auto size_class = pack_class_of_file(file.size());
  if (!size_class) return PackFault::malformed;
  auto opened = open_bytes(PackBytes(std::move(file)), keys);
  const auto* const reader = std::get_if<PackReader>(&opened);
  if (reader != nullptr && reader->form().size_class != size_class) return PackFault::malformed;
  return opened;
}

std::optional<Bytes> join_parts(const PackReader& first, const PackReader& second) {
  const std::size_t last = first.head().frame_count - 1;
  const FrameEntry& begin = first.entry(last);
  const FrameEntry& rest = second.entry(0);
  const bool joins =
      begin.chunk == rest.chunk && begin.type == rest.type &&
      begin.plain_bytes == rest.plain_bytes && first.codec(last) == second.codec(0) &&
      frame_part(first.head(), last) == FramePart{.before = 0, .after = rest.stored_bytes} &&
      frame_part(second.head(), 0) == FramePart{.before = begin.stored_bytes, .after = 0};
  if (!joins) return std::nullopt;
  Bytes payload(begin.stored_bytes + rest.stored_bytes);
  const MutableByteView target = payload;
  if (!first.read_frame(last, target.first(begin.stored_bytes)) ||
      !second.read_frame(0, target.subspan(begin.stored_bytes))) {
    return std::nullopt;
  }
  return payload;
}

}  // namespace muniment
