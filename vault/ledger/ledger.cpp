#include "vault/ledger/ledger.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/ledger/load.hpp"

namespace muniment {

namespace {

using tail_format::RecordType;

// Most entries are shorter: one system call for them.
constexpr std::size_t first_read_bytes = 4096;

// Empty if there is no whole entry at `offset`.
std::optional<std::string> read_entry(const File& file, std::uint64_t offset) {
  Bytes bytes = file.read_at(offset, first_read_bytes);
  auto record = decode_record(bytes, offset);
  if (!record && bytes.size() == first_read_bytes) {
    bytes = file.read_at(offset, tail_format::entry_record_bytes_max);
    record = decode_record(bytes, offset);
  }
  if (!record || record->type != RecordType::entry) return std::nullopt;
  return std::string(as_text(record->payload));
}

}  // namespace

std::optional<Ledger> Ledger::find(FileSystem& files, const Path& ledgers, const LedgerName& name,
                                   const VerifyKey<LogPurpose>& log) {
  auto loaded = load_ledger(files, ledgers, name, log, LoadDepth::quick);
  if (!loaded) return std::nullopt;
  return std::move(loaded->ledger);
}

std::string Ledger::entry(std::uint64_t index) const {
  VAULT_ASSERT(index < size());
  const EntryPlace& place = x_places[index];
  for (const std::size_t copy : {std::size_t{place.copy}, std::size_t{1} - place.copy}) {
    if (!x_copies[copy]) continue;
    const auto entry = read_entry(*x_copies[copy], place.offset);
    if (entry && leaf_hash(as_bytes(*entry)) == x_leaves[index]) return *entry;
  }
  throw Error(ErrorCode::damaged,
              ledger_label(x_name.id()) + ": damaged at entry " + std::to_string(index),
              "fetch it from a partner who keeps a copy");
}

std::optional<LedgerPreamble> read_preamble(FileSystem& files, const Ledger::Path& ledgers,
                                            const LedgerId& ledger) {
  const TailCopies copies = find_copies(files, ledgers, ledger);
  if (!copies[0].file && !copies[1].file) return std::nullopt;
  LedgerPreamble preamble;
  TailReader reader(copies, 0b11);
  for (auto record = reader.next(); record; record = reader.next()) {
    if (record->type == RecordType::entry) {
      preamble.entries.emplace_back(as_text(record->payload));
      continue;
    }
    const std::string_view note = as_text(record->payload);
    const auto name = LedgerName::from_origin(note.substr(0, note.find('\n')));
    if (!name || name->id() != ledger) break;
    preamble.name = *name;
    return preamble;
  }
  throw Error(ErrorCode::damaged, ledger_label(ledger) + ": the first commit is damaged",
              "fetch it from a partner who keeps a copy");
}

std::vector<LedgerId> list_ledgers(FileSystem& files, const Ledger::Path& ledgers) {
  std::vector<LedgerId> result;
  for (const std::string& name : files.list(ledgers)) {
    if (const auto id = LedgerId::from_hex(name)) result.push_back(*id);
  }
  return result;
}

}  // namespace muniment
