#include "vault/proofs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/file_proof.hpp"
#include "vault/ledger/fork.hpp"
#include "vault/note/cosignature.hpp"
#include "vault/replication.hpp"
#include "vault/snapshot/content_proof.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// The snapshot's entry and where it stands.
struct SignedSnapshot {
  const Ledger& ledger;
  std::uint64_t index = 0;
  std::string text;
};

SignedSnapshot find_signed(const Record& record, const LedgerName& name,
                           const SnapshotInfo& snapshot) {
  for (const Ledger& ledger : record.ledgers.ledgers) {
    if (ledger.name() != name) continue;
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      std::string text = ledger.entry(i);
      const auto entry = act_of(text) == Act::snapshot ? decode_snapshot(text) : std::nullopt;
      if (!entry || entry->number != snapshot.number) continue;
      if (entry->content_root == snapshot.content_root) return {ledger, i, std::move(text)};
    }
  }
  throw Error(ErrorCode::damaged, snapshot.name + ": its ledger cannot be read",
              "put the ledger back from a copy of the vault");
}

// Calls `visitor` with each entry of this act in ledgers of the built-in collection, until that
// returns true.
void visit_built_in(const Record& record, Act act,
                    const std::function<bool(const Ledger&, const std::string&)>& visitor) {
  for (const Ledger& ledger : record.ledgers.ledgers) {
    if (ledger.name().collection != consortium_collection) continue;
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      const std::string text = ledger.entry(i);
      if (act_of(text) == act && visitor(ledger, text)) return;
    }
  }
}

[[nodiscard]] Error missing(const std::string& what) {
  return {ErrorCode::damaged, what + ": no ledger here has it as it was approved",
          "put the ledger back from a copy of the vault"};
}

// The charters in force, with the approvals that put them there.
std::vector<CharterEntry> approved_charters(const Record& record) {
  const Consortium& consortium = record.consortium;
  std::vector<CharterEntry> result;
  for (const ApprovedCharter& charter : consortium.charters()) {
    const std::size_t before = result.size();
    visit_built_in(record, Act::charter, [&](const Ledger&, const std::string& text) {
      auto entry = decode_charter_entry(text);
      if (!entry || entry->text != charter.text) return false;
      const auto refusal = before == 0
                               ? check_first_charter(consortium.id(), *entry)
                               : check_next_charter(consortium.charters()[before - 1], *entry);
      if (!refusal) result.push_back(std::move(*entry));
      return !refusal;
    });
    if (result.size() == before) {
      throw missing(fmt::format("charter {}", charter.charter.number));
    }
  }
  return result;
}

// The device's certificate, as a charter's member approved it.
DeviceEntry approved_certificate(const Record& record, const DeviceId& device) {
  const Consortium& consortium = record.consortium;
  const Certificate& certificate = consortium.devices().at(device).certificate;
  const ApprovalRule rule = approval_of(certificate.member, approval_namespace::device);
  std::optional<DeviceEntry> result;
  visit_built_in(record, Act::device, [&](const Ledger& ledger, const std::string& text) {
    if (ledger.name().device != device) return false;
    auto entry = decode_device_entry(text);
    if (!entry || decode_certificate(entry->text) != certificate) return false;
    const auto vouches = [&](const ApprovedCharter& known) {
      return !check_approvals(known.charter, rule, entry->text, {&entry->approval, 1});
    };
    if (std::ranges::any_of(consortium.charters(), vouches)) result = std::move(entry);
    return result.has_value();
  });
  if (!result) throw missing("the certificate of device " + device.hex());
  return std::move(*result);
}

// The ledger's checkpoint with the cosignatures of those who are witnesses now, and these devices.
struct Witnessed {
  SignedNote note;
  std::vector<DeviceId> devices;
};

Witnessed witnessed(const Ledger& ledger, const NoteKey<LogPurpose>& log,
                    const Consortium& consortium) {
  Witnessed result{log_signature_alone(ledger.checkpoint(), log), {}};
  const NoteSignature own = result.note.signatures.front();
  for (const auto& [id, witness] : witness_keys(consortium)) {
    std::optional<UnixSeconds> newest;
    NoteSignature kept;
    for (const NoteSignature& line : ledger.checkpoint().signatures) {
      const SignedNote alone{ledger.checkpoint().text, {own, line}};
      const auto opened = open_cosigned(alone, log, {&witness, 1});
      // One that was forged says nothing.
      if (!opened || opened->cosignatures.empty()) continue;
      const UnixSeconds time = opened->cosignatures.front().time;
      if (newest >= time) continue;
      newest = time;
      kept = line;
    }
    if (!newest) continue;
    result.note.signatures.push_back(std::move(kept));
    result.devices.push_back(id);
  }
  return result;
}

void warn_of_revocation(const Device& device, const SignedSnapshot& found, ProofReport& report) {
  if (device.departed) {
    report.warnings.emplace_back(
        "the member that vouched for the device which made the snapshot has left, and the device "
        "counts for nothing here: the proof does not say that");
  }
  if (!device.revoked) return;
  const auto counts = device.revoked->find(found.ledger.name().id());
  if (counts != device.revoked->end() && found.index < counts->second) return;
  report.warnings.emplace_back(
      "the device that made the snapshot was revoked, and its ledger does not count up to here: "
      "the proof does not say that");
}

bool says_when(const Anchor& anchor) {
  const auto ots = decode_ots(anchor.ots);
  return !anchor.timestamps.empty() || (ots && ots->names_block());
}

// The earliest anchors of checkpoints that have the entry, and the entry's place in these. How many
// they are.
std::size_t add_anchors(std::vector<Anchor> anchors, const SignedSnapshot& found,
                        const NoteKey<LogPurpose>& log, std::map<std::string, std::string>& texts) {
  std::size_t count = 0;
  for (Anchor& anchor : anchors) {
    const std::uint64_t size = decode_checkpoint(anchor.checkpoint.text)->size;
    if (size <= found.index || !says_when(anchor)) continue;
    anchor.checkpoint = log_signature_alone(anchor.checkpoint, log);
    const std::string name = fmt::format("anchor-{}", ++count);
    texts[name + ".txt"] = encode(anchor);
    texts[name + ".tlog-proof"] = encode(TlogProof{
        found.index, inclusion_proof(found.index, size, found.ledger.nodes()), anchor.checkpoint});
    if (count == file_proof::anchors_max) break;
  }
  return count;
}

void require_sense(const ProofOptions& options) {
  for (const std::string& part : options.hidden) {
    if (std::ranges::find(proof_parts, part) != proof_parts.end()) continue;
    throw Error(ErrorCode::usage, "a proof has no part called " + escape(part),
                fmt::format("parts are: {}", fmt::join(proof_parts, ", ")));
  }
  for (const char* part : {"content", "name", "time", "parts"}) {
    if (!options.hidden.contains(part)) return;
  }
  throw Error(ErrorCode::usage, "a proof that hides everything says nothing",
              "leave one of content, name, time and parts to be seen");
}

Entry find_file(const Reader& reader, const std::string& path) {
  const std::string name = reader.name() + ":" + escape(path);
  const std::optional<Entry> entry = reader.find(path);
  if (!entry) {
    throw Error(ErrorCode::not_found, name + ": there is no such file",
                "'muniment ls " + reader.name() + "' lists what there is");
  }
  if (entry->kind != EntryKind::file) {
    throw Error(ErrorCode::usage, name + ": not a file", "a proof is of one file");
  }
  return *entry;
}

void require_absent(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(directory, error))) return;
  throw Error(ErrorCode::exists, escape(directory.native()) + ": it exists already",
              "name another with --out, or remove it");
}

// Whole, or not at all.
void write_directory(FileSystem& files, const std::filesystem::path& directory,
                     const std::map<std::string, std::string>& texts) {
  files.make_directory(directory);
  try {
    for (const auto& [name, text] : texts) {
      const std::unique_ptr<File> file = files.create(directory / name);
      file->write_at(0, as_bytes(text));
      file->sync();
    }
    files.sync_directory(directory);
    files.sync_directory(std::filesystem::absolute(directory).parent_path());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
    throw;
  }
}

}  // namespace

ProofReport Proofs::write(const SnapshotInfo& snapshot, const std::string& path,
                          const ProofOptions& options, Activity& activity) {
  Vault::State& state = *x_vault.x_state;
  Opened& opened = state.unlocked();
  require_sense(options);
  if (!options.directory.empty()) require_absent(options.directory);

  const auto reader = x_vault.reader(
      snapshot, ReaderUse::few, activity,
      {.act = access_act::prove,
       .path = path,
       .detail = options.hidden.empty()
                     ? ""
                     : access_detail(fmt::format("without {}", fmt::join(options.hidden, ", ")))});
  const Entry file = find_file(*reader, path);
  const auto key = snapshot_seed_key(opened.access.at(snapshot.collection_id), *reader);
  if (!key) {
    throw Error(ErrorCode::denied, snapshot.name + ": its epoch was not granted to this device",
                state.members_with(Role::custodian));
  }
  // Two that sort on disk would get in each other's way.
  std::unique_ptr<FileLock> held;
  if (snapshot.files > ContentTree::default_leaves_in_memory) held = state.lock(activity);
  const ContentProof proof = prove_content(*reader, *key, file, state.environment.files,
                                           state.directory / "tmp", activity);
  held.reset();
  if (proof.leaf.head.root != snapshot.content_root) {
    throw Error(ErrorCode::damaged,
                snapshot.name + ": its list of files is not the one that was signed",
                "it was written by a faulty program: tell the device that made the snapshot");
  }

  const Record& record = *state.record;
  const Consortium& consortium = record.consortium;
  const LedgerName name{consortium.id(), snapshot.collection_id, snapshot.device_id};
  const SignedSnapshot found = find_signed(record, name, snapshot);
  const Device& device = consortium.devices().at(snapshot.device_id);
  const NoteKey<LogPurpose> log = name.note_key(device.certificate.keys.log);
  const Witnessed checkpoint = witnessed(found.ledger, log, consortium);

  ProofIdentities identities;
  identities.charters = approved_charters(record);
  identities.devices.push_back(approved_certificate(record, snapshot.device_id));
  std::set<MemberId> members{device.certificate.member};
  std::set<MemberId> witnesses;
  for (const DeviceId& id : checkpoint.devices) {
    identities.devices.push_back(approved_certificate(record, id));
    witnesses.insert(consortium.devices().at(id).certificate.member);
  }
  members.insert(witnesses.begin(), witnesses.end());
  const auto built_in = opened.keys.find(consortium_collection);
  if (!options.hidden.contains("members") && built_in != opened.keys.end()) {
    identities.names = open_charter_names(consortium, built_in->second);
    std::erase_if(identities.names,
                  [&](const auto& named) { return !members.contains(named.first); });
  }

  ProofReport report;
  report.ledger = log.name;
  report.entry = found.index;
  report.witnesses = witnesses.size();
  warn_of_revocation(device, found, report);
  if (!options.hidden.contains("content")) {
    report.warnings.emplace_back(
        "exact bytes can identify a source, by a watermark or because each copy differs: show this "
        "only where the file itself may be shown");
  }
  const std::uint64_t size = found.ledger.size();
  std::map<std::string, std::string> texts{
      {file_proof::fields, encode_proof_fields(proof.fields, options.hidden)},
      {file_proof::leaf, encode(TlogProof{proof.leaf.index, proof.leaf.hashes,
                                          content_note(name, snapshot.number, proof.leaf.head,
                                                       found.ledger.leaf(found.index))})},
      {file_proof::entry, found.text},
      {file_proof::entry_place,
       encode(TlogProof{found.index, inclusion_proof(found.index, size, found.ledger.nodes()),
                        checkpoint.note})},
      {file_proof::identities, encode(identities)}};
  std::vector<Damage> damaged;  // 'verify' speaks of them
  report.anchors = add_anchors(state.anchors_of(found.ledger, damaged), found, log, texts);
  texts[file_proof::readme] = proof_readme(options.hidden, report.anchors);
  // Nothing that could be hidden is in the name: the folder is handed on under it.
  report.directory = options.directory;
  if (report.directory.empty()) {
    const Sha256Digest leaf = leaf_hash(as_bytes(disclosure_leaf(proof.fields)));
    report.directory = "proof-" + leaf.hex().substr(0, 16);
    require_absent(report.directory);
  }
  for (const auto& [file_name, text] : texts) report.files.push_back(file_name);
  write_directory(state.environment.files, report.directory, texts);
  return report;
}

}  // namespace muniment
