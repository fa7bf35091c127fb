#include "vault/ledger/copy.hpp"

#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/writer.hpp"

namespace muniment {

namespace {

std::vector<Sha256Digest> leaves_of(std::span<const std::string> entries) {
  std::vector<Sha256Digest> leaves;
  leaves.reserve(entries.size());
  for (const std::string& entry : entries) leaves.push_back(leaf_hash(as_bytes(entry)));
  return leaves;
}

LedgerCopy read_ledger_copy(RecordReader& record) {
  LedgerCopy copy;
  const auto name = LedgerName::from_origin(record.word());
  const std::uint64_t size = record.u64();
  if (!name || size == 0) record.fail();
  copy.name = name.value_or(LedgerName{});
  for (std::uint64_t i = 0; record.ok() && i < size; ++i) {
    copy.entries.emplace_back(as_text(record.key("entry").base64()));
    const std::size_t bytes = copy.entries.back().size();
    if (bytes == 0 || bytes > limits::ledger_entry_bytes_max) record.fail();
  }
  const Bytes note = record.key("checkpoint").base64();
  auto checkpoint = decode_signed_note(as_text(note));
  if (!checkpoint) record.fail();
  copy.checkpoint = std::move(checkpoint).value_or(SignedNote{});
  return copy;
}

// The first entry in which the two differ; empty if one begins with the other.
std::optional<std::uint64_t> find_difference(const Ledger& ledger, const LedgerCopy& copy) {
  const std::uint64_t both = std::min<std::uint64_t>(ledger.size(), copy.entries.size());
  for (std::uint64_t i = 0; i < both; ++i) {
    if (ledger.leaf(i) != leaf_hash(as_bytes(copy.entries[i]))) return i;
  }
  return std::nullopt;
}

}  // namespace

LedgerCopy sign_first_commit(const LedgerName& name, std::vector<std::string> entries,
                             const SigningKey<LogPurpose>& log) {
  const std::string origin = name.origin();
  const Checkpoint checkpoint{origin, entries.size(), merkle_root(leaves_of(entries))};
  return {name, std::move(entries), sign_checkpoint(checkpoint, origin, log)};
}

LedgerCopy copy_ledger(const Ledger& ledger) {
  LedgerCopy copy{ledger.name(), {}, ledger.checkpoint()};
  copy.entries.reserve(ledger.size());
  for (std::uint64_t i = 0; i < ledger.size(); ++i) copy.entries.push_back(ledger.entry(i));
  return copy;
}

void write_ledger_copy(RecordWriter& record, const LedgerCopy& copy) {
  record.key("ledger").word(copy.name.origin()).u64(copy.entries.size());
  for (const std::string& entry : copy.entries) record.key("entry").base64(as_bytes(entry));
  record.key("checkpoint").base64(as_bytes(encode(copy.checkpoint)));
}

std::vector<LedgerCopy> read_ledger_copies(RecordReader& record) {
  std::vector<LedgerCopy> copies;
  while (record.key_if("ledger")) {
    copies.push_back(read_ledger_copy(record));
    const std::size_t count = copies.size();
    if (count > 1 && copies[count - 2].name >= copies[count - 1].name) record.fail();
  }
  return copies;
}

bool is_authentic(const LedgerCopy& copy, const VerifyKey<LogPurpose>& log) {
  const NoteKey<LogPurpose> key = copy.name.note_key(log);
  const auto checkpoint = open_checkpoint(copy.checkpoint, key);
  const std::vector<Sha256Digest> leaves = leaves_of(copy.entries);
  return checkpoint == Checkpoint{key.name, leaves.size(), merkle_root(leaves)};
}

std::uint64_t merge_ledger(FileSystem& files, const Ledger::Path& ledgers, const LedgerCopy& copy,
                           const VerifyKey<LogPurpose>& log) {
  const std::string label = ledger_label(copy.name.id());
  if (!is_authentic(copy, log)) {
    throw Error(ErrorCode::damaged, label + ": the copy is not what its device signed");
  }
  LedgerWriter writer = LedgerWriter::open(files, ledgers, copy.name, log);
  const Ledger& ledger = writer.ledger();
  if (const auto at = find_difference(ledger, copy)) {
    throw Error(ErrorCode::damaged,
                label + ": two histories, both signed by its device, differ at entry " +
                    std::to_string(*at),
                "keep both and tell your partners: the device was restored from an old state, or "
                "lies");
  }
  const std::uint64_t known = ledger.size();
  if (copy.entries.size() <= known) return 0;
  writer.append(std::span(copy.entries).subspan(known), copy.checkpoint);
  return copy.entries.size() - known;
}

}  // namespace muniment
