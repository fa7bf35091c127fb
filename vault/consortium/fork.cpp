#include "vault/consortium/fork.hpp"

#include "vault/ledger/entries.hpp"

namespace muniment {

namespace {

SignedNote read_note(RecordReader& reader) {
  const Bytes bytes = reader.key("checkpoint").base64();
  auto note = decode_signed_note(as_text(bytes));
  if (!note) reader.fail();
  return std::move(note).value_or(SignedNote{});
}

}  // namespace

bool is_proof(const ForkEntry& entry) {
  return entry.keys.id() == entry.fork.name.device && is_proof(entry.fork, entry.keys.log);
}

std::string encode(const ForkEntry& entry) {
  RecordWriter writer(type_line(Act::fork));
  writer.key("ledger").word(entry.fork.name.origin());
  write_device_keys(writer, entry.keys);
  for (const SignedNote* note : {&entry.fork.earlier, &entry.fork.later}) {
    writer.key("checkpoint").base64(as_bytes(encode(*note)));
  }
  writer.key("root").hex(entry.fork.root.view());
  for (const Sha256Digest& hash : entry.fork.proof) writer.key("hash").hex(hash.view());
  return writer.finish();
}

std::optional<ForkEntry> decode_fork_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::fork));
  ForkEntry result;
  const auto name = LedgerName::from_origin(reader.key("ledger").word());
  if (!name) reader.fail();
  result.fork.name = name.value_or(LedgerName{});
  result.keys = read_device_keys(reader);
  result.fork.earlier = read_note(reader);
  result.fork.later = read_note(reader);
  result.fork.root = reader.key("root").hex<Sha256Digest>();
  while (reader.key_if("hash")) {
    result.fork.proof.push_back(reader.hex<Sha256Digest>());
    if (result.fork.proof.size() > proof_hashes_max) reader.fail();
  }
  if (!reader.done()) return std::nullopt;
  return result;
}

}  // namespace muniment
