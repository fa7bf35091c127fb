// Somebody who holds a pack's key seals any head and table: the pack opens if the table keeps to
// the format, and then every frame is read; else it is refused.
#include "tests/fuzz/pack_input.hpp"
#include "vault/base/assert.hpp"
#include "vault/pack/reader.hpp"

using namespace muniment;

namespace {

// Zeros stand for all payloads.
struct Forged {
  PackForm form;
  PackKey key;
  MutableByteView file;

  void seal_at(std::uint64_t nonce, std::size_t offset, ByteView plaintext) {
    const std::size_t length = plaintext.size() + tag_bytes(form.suite);
    seal(form.suite, key, nonce, plaintext, file.subspan(offset, length));
  }

  void seal_frames(const PackTable& table) {
    std::size_t offset = frames_offset(form.suite);
    std::uint64_t nonce = pack_format::first_frame_nonce;
    for (const FrameEntry& entry : table.frames) {
      seal_at(nonce++, offset, Bytes(entry.stored_bytes));
      offset += entry.stored_bytes + tag_bytes(form.suite);
    }
  }
};

void check_frames(const PackReader& reader) {
  for (std::size_t frame = 0; frame < reader.head().frame_count; ++frame) {
    const auto payload = reader.read_frame(frame);
    VAULT_ASSERT(payload && equal(*payload, Bytes(reader.entry(frame).stored_bytes)));
  }
  if (const auto joined = join_parts(reader, reader)) {
    VAULT_ASSERT(joined->size() <= reader.entry(0).plain_bytes);
  }
}

// What earlier inputs left in the file is never read: head and table are always sealed anew.
void check(ByteView head_plaintext, const fuzz::PackInput& input) {
  const auto head = decode_head(head_plaintext, input.form);
  if (!head || input.table.size() != head->table_bytes) return;
  const auto table = decode_table(input.table, *head, input.form.suite);
  static Bytes memory(file_bytes(PackClass::mib16));
  Forged forged{.form = input.form,
                .key = *PackKey::from_bytes(Bytes(PackKey::size)),
                .file = MutableByteView(memory).first(file_bytes(input.form.size_class))};
  forged.seal_at(pack_format::head_nonce, pack_format::header_bytes, head_plaintext);
  forged.seal_at(pack_format::table_nonce, head->table_offset, input.table);
  if (table) forged.seal_frames(*table);
  const auto reader = PackReader::open(PackBytes(forged.file), input.form, forged.key.clone());
  VAULT_ASSERT(reader.has_value() == table.has_value());
  if (reader) check_frames(*reader);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::read_pack_input(std::as_bytes(std::span(data, size)));
  if (!input) return 0;
  check(input->head, *input);
  check(fuzz::fitting_head(*input), *input);
  return 0;
}
