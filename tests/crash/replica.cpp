#include "tests/crash/replica.hpp"

#include <filesystem>

#include "vault/base/file.hpp"
#include "vault/consortium/certificate.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/ledger/ledger.hpp"
#include "vault/ledger/tail.hpp"
#include "vault/merkle/tree.hpp"
#include "vault/pack/heal.hpp"

namespace muniment::test {

namespace fs = std::filesystem;

namespace {

// One copy of a ledger, up to its newest checkpoint.
struct Copy {
  std::vector<std::string> entries;
  std::string note;
  bool ends_with_it = false;
};

Bytes read_all(FileSystem& files, const fs::path& path) {
  return read_file(files, path, std::uint64_t{1} << 32U).value_or(Bytes());
}

Copy read_copy(FileSystem& files, const fs::path& path, const LedgerId& id) {
  Copy copy;
  const Bytes bytes = read_all(files, path);
  if (bytes.size() < tail_format::header_bytes) return copy;
  const auto header = decode_tail_header(ByteView(bytes).first(tail_format::header_bytes));
  if (!header || header->ledger != id) return copy;
  std::vector<std::string> entries;
  std::size_t at = tail_format::header_bytes;
  while (const auto record = decode_record(ByteView(bytes).subspan(at), at)) {
    at += record->whole.size();
    if (record->type == tail_format::RecordType::entry) {
      entries.emplace_back(as_text(record->payload));
      continue;
    }
    copy.entries = entries;
    copy.note = as_text(record->payload);
    copy.ends_with_it = at == bytes.size();
  }
  return copy;
}

struct FoundLedger {
  LedgerId id;
  Copy copy;
};

std::vector<FoundLedger> find_ledgers(FileSystem& files, const fs::path& ledgers,
                                      ReplicaView& view) {
  std::vector<FoundLedger> found;
  for (const LedgerId& id : list_ledgers(files, ledgers)) {
    Copy first = read_copy(files, ledgers / id.hex() / tail_format::first_copy, id);
    Copy second = read_copy(files, ledgers / id.hex() / tail_format::second_copy, id);
    const bool equal = first.note == second.note && first.ends_with_it && second.ends_with_it;
    if (!equal) view.copies_are_equal = false;
    Copy& longer = second.entries.size() > first.entries.size() ? second : first;
    // A ledger that was never committed to is none.
    if (!longer.note.empty()) found.push_back({id, std::move(longer)});
  }
  return found;
}

std::optional<LedgerName> name_of(const FoundLedger& ledger) {
  const std::string& note = ledger.copy.note;
  const auto name = LedgerName::from_origin(std::string_view(note).substr(0, note.find('\n')));
  return name && name->id() == ledger.id ? name : std::nullopt;
}

std::string check_ledger(const FoundLedger& ledger,
                         const std::map<DeviceId, VerifyKey<LogPurpose>>& keys) {
  const auto name = name_of(ledger);
  if (!name) return "its checkpoint is another ledger's";
  const auto key = keys.find(name->device);
  if (key == keys.end()) return "its device has no certificate";
  const auto note = decode_signed_note(ledger.copy.note);
  const auto checkpoint = note ? open_checkpoint(*note, name->note_key(key->second)) : std::nullopt;
  if (!checkpoint) return "its checkpoint is not signed";
  std::vector<Sha256Digest> leaves;
  for (const std::string& entry : ledger.copy.entries) leaves.push_back(leaf_hash(as_bytes(entry)));
  const Checkpoint expected{name->origin(), leaves.size(), merkle_root(leaves)};
  return *checkpoint == expected ? "" : "its checkpoint is over other entries";
}

void add_entries(const FoundLedger& ledger, ReplicaView& view) {
  for (const std::string& entry : ledger.copy.entries) {
    if (act_of(entry) == Act::snapshot) ++view.snapshots;
    if (act_of(entry) != Act::packs) continue;
    const auto packs = decode_packs(entry);
    if (!packs) {
      view.faults.push_back("ledger " + ledger.id.hex() + ": an entry does not decode");
      continue;
    }
    for (const PackRef& pack : packs->packs) {
      view.listed.emplace(pack.id, PackClass{pack.size_class});
    }
  }
}

void look_at_packs(FileSystem& files, const fs::path& vault, ReplicaView& view) {
  const auto is_whole = [](const PackId& id, const Bytes& file) {
    return examine_pack(file, id).condition == PackCondition::intact;
  };
  for (const auto& [id, size_class] : view.listed) {
    const Bytes file = read_all(files, vault / pack_key(id));
    if (file.size() != file_bytes(size_class) || !is_whole(id, file)) {
      view.faults.push_back("pack " + id.hex() + ": not what the ledger lists");
    }
  }
  if (!fs::exists(vault / "packs")) return;
  for (const auto& entry : fs::recursive_directory_iterator(vault / "packs")) {
    const auto id = pack_id_from_key(fs::relative(entry.path(), vault).native());
    if (!id || view.listed.contains(*id)) continue;
    const Bytes file = read_all(files, entry.path());
    const auto size_class = pack_class_of_file(file.size());
    if (size_class && is_whole(*id, file)) view.unlisted.emplace(*id, *size_class);
  }
}

}  // namespace

ReplicaView view_as_replica(const fs::path& vault) {
  const auto files = posix_file_system();
  ReplicaView view;
  const std::vector<FoundLedger> ledgers = find_ledgers(*files, vault / "ledgers", view);
  std::map<DeviceId, VerifyKey<LogPurpose>> keys;
  for (const FoundLedger& ledger : ledgers) {
    const auto name = name_of(ledger);
    if (!name || name->collection != consortium_collection) continue;
    const auto key = find_log_key(ledger.copy.entries, name->device);
    if (key) keys.emplace(name->device, *key);
  }
  for (const FoundLedger& ledger : ledgers) {
    const std::string fault = check_ledger(ledger, keys);
    if (!fault.empty()) view.faults.push_back("ledger " + ledger.id.hex() + ": " + fault);
    add_entries(ledger, view);
  }
  look_at_packs(*files, vault, view);
  return view;
}

}  // namespace muniment::test
