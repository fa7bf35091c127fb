#include "vault/audit/state.hpp"

#include "vault/audit/format.hpp"
#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"

namespace muniment {

using namespace access_format;

namespace {

using StateKey = SecretKey<struct AccessStatePurpose>;

StateKey state_key(const LogKey& log) {
  return derive<AccessStatePurpose>(log, "muniment/access-state/v1");
}

Bytes context_of(const LedgerName& ledger) {
  return to_bytes("muniment/access-state/v1 " + ledger.origin());
}

void write_head(ByteWriter& writer) {
  writer.raw(std::as_bytes(std::span(state_magic)));
  writer.u16(state_version);
  writer.zeros(6);
}

}  // namespace

Bytes encode_state(const RatchetState& state, const LedgerName& ledger, const LogKey& log,
                   Random& random) {
  Bytes numbers;
  ByteWriter fields(numbers);
  fields.u64(state.size);
  fields.u32(state.steps);
  fields.i64(state.begun);
  fields.raw(state.auditors.view());
  SecretBytes plain(state_plain_bytes);
  const MutableByteView target = plain.mutable_view();
  std::ranges::copy(numbers, target.begin());
  std::ranges::copy(state.key.view(), target.subspan(numbers.size()).begin());
  const SaltedBox box = seal_salted(state_key(log), context_of(ledger), plain.view(), random);
  Bytes bytes;
  ByteWriter writer(bytes);
  write_head(writer);
  writer.raw(box.salt.view());
  writer.raw(box.sealed);
  VAULT_ASSERT(bytes.size() == state_bytes);
  return bytes;
}

std::optional<RatchetState> decode_state(ByteView bytes, const LedgerName& ledger,
                                         const LogKey& log) {
  if (bytes.size() != state_bytes) return std::nullopt;
  Bytes head;
  ByteWriter head_writer(head);
  write_head(head_writer);
  if (!equal(head, bytes.first(state_head_bytes))) return std::nullopt;
  ByteReader reader(bytes.subspan(state_head_bytes));
  SaltedBox box;
  box.salt = reader.fixed<SaltedBox::Salt>();
  box.sealed = to_bytes(reader.raw(reader.remaining()));
  const auto plain = open_salted(state_key(log), context_of(ledger), box);
  if (!plain) return std::nullopt;
  ByteReader fields(plain->view());
  const std::uint64_t size = fields.u64();
  const std::uint32_t steps = fields.u32();
  const UnixSeconds begun = fields.i64();
  const auto auditors = fields.fixed<Sha256Digest>();
  auto key = RatchetKey::from_bytes(fields.raw(RatchetKey::size));
  if (!fields.done() || !key) return std::nullopt;
  return RatchetState{std::move(*key), size, steps, begun, auditors};
}

std::optional<RatchetState> load_state(FileSystem& files, const FileSystem::Path& directory,
                                       const LedgerName& ledger, const LogKey& log) {
  const auto file = files.find(directory / state_name);
  if (!file) return std::nullopt;
  return decode_state(file->read_at(0, state_bytes + 1), ledger, log);
}

void save_state(FileSystem& files, const FileSystem::Path& directory, ByteView encoded,
                StateSync sync) {
  const auto file = files.open_or_create(directory / state_name);
  file->write_at(0, encoded);
  if (file->size() != encoded.size()) file->truncate(encoded.size());
  if (sync == StateSync::now) file->sync();
}

}  // namespace muniment
