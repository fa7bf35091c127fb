#include "vault/cosigner.hpp"

#include <fmt/format.h>

#include "vault/base/assert.hpp"
#include "vault/consortium/quorum.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// What a log shows of its first `size` entries: their root, and that it grew out of them.
struct Link {
  Sha256Digest root;
  MerkleProof proof;
};

// Empty where nothing is shown of that size.
using LinkFrom = std::function<std::optional<Link>(std::uint64_t size)>;

LinkFrom links_of(std::span<const Sha256Digest> leaves) {
  return [leaves](std::uint64_t size) {
    const NodeReader nodes = nodes_from_leaves(leaves);
    return Link{merkle_root(size, nodes), consistency_proof(size, leaves.size(), nodes)};
  };
}

LinkFrom link_of(const WitnessAsk& ask) {
  return [&ask](std::uint64_t size) -> std::optional<Link> {
    if (size != ask.old_size) return std::nullopt;
    return Link{ask.old_root, ask.proof};
  };
}

LedgerFork make_fork(const NoteKey<LogPurpose>& log, const SignedNote& earlier,
                     const SignedNote& later, Link link) {
  const auto name = LedgerName::from_origin(log.name);
  VAULT_ASSERT(name);
  return {*name, log_signature_alone(earlier, log), log_signature_alone(later, log), link.root,
          std::move(link.proof)};
}

// `note` with this line in place of what the same key said of it before.
SignedNote with_line(SignedNote note, const NoteSignature& line) {
  std::erase_if(note.signatures, [&](const NoteSignature& known) {
    return known.name == line.name && known.id == line.id;
  });
  note.signatures.push_back(line);
  return note;
}

}  // namespace

struct Cosigner::Growth {
  const SignedNote& note;
  TreeHead head;
  LinkFrom link_from;
};

struct Cosigner::Judged {
  WitnessVerdict verdict;  // cosigned: nothing speaks against it
  std::optional<Witnessed> before;
  std::optional<LedgerFork> fork{};
};

Cosigner::Cosigner(Vault::State& vault, const ServiceKeys& keys)
    : x_vault(vault),
      x_keys(keys),
      x_self{witness_name(vault.identity().consortium, vault.identity().device),
             verify_key(keys.witness)},
      x_memory(vault.environment.files, vault.directory, x_self) {}

std::optional<Witnessed> Cosigner::last(const NoteKey<LogPurpose>& log, const Ledger* held) const {
  std::optional<Witnessed> remembered = x_memory.find(log);
  if (held == nullptr || (remembered && remembered->head.size >= held->size())) return remembered;
  SignedNote note = log_signature_alone(held->checkpoint(), log);
  for (const NoteSignature& line : held->checkpoint().signatures) {
    if (line.name == x_self.name && line.id == x_self.id()) note.signatures.push_back(line);
  }
  const auto opened = open_cosigned(note, log, {&x_self, 1});
  if (!opened || opened->cosignatures.empty()) return remembered;
  return Witnessed{held->head(), std::move(note)};
}

Cosigner::Judged Cosigner::judge(const NoteKey<LogPurpose>& log, const Growth& growth,
                                 std::optional<Witnessed> before_it) {
  Judged judged{WitnessVerdict::cosigned, std::move(before_it)};
  if (!judged.before) return judged;
  const auto& [before, note] = *judged.before;
  const auto forked = [&](Link link) {
    judged.verdict = WitnessVerdict::fork;
    judged.fork = make_fork(log, note, growth.note, std::move(link));
  };
  if (growth.head.size < before.size) {
    judged.verdict = WitnessVerdict::stale;
  } else if (growth.head.size == before.size) {
    if (growth.head.root != before.root) forked({growth.head.root, {}});
  } else if (auto link = growth.link_from(before.size); !link) {
    judged.verdict = WitnessVerdict::stale;
  } else if (!verify_consistency({before.size, link->root}, growth.head, link->proof)) {
    judged.verdict = WitnessVerdict::bad_proof;
  } else if (link->root != before.root) {
    forked(std::move(*link));
  }
  return judged;
}

SignedNote Cosigner::cosign(const NoteKey<LogPurpose>& log, const SignedNote& note,
                            std::span<const Sha256Digest> leaves) {
  const auto checkpoint = open_checkpoint(note, log);
  const TreeHead head{leaves.size(), merkle_root(leaves)};
  if (checkpoint != Checkpoint{log.name, head.size, head.root} || head.size == 0) return note;
  std::optional<LedgerFork> fork;
  try {
    Judged judged = judge(log, {note, head, links_of(leaves)}, last(log, nullptr));
    if (judged.verdict == WitnessVerdict::cosigned) {
      note_act(*checkpoint, AccessOutcome::ok, {});
      return with_line(note, sign(log, note).signatures.back());
    }
    if (judged.verdict != WitnessVerdict::fork) return note;
    fork = std::move(judged.fork);
    note_act(*checkpoint, AccessOutcome::denied, to_text(judged.verdict));
  } catch (const Error&) {
    // What cannot be remembered, or written to the access log, is not signed; the entries are
    // taken.
    if (!fork) return note;
  }
  throw Error(ErrorCode::damaged, x_vault.describe_fork(keep(std::move(*fork)).fork.name));
}

std::vector<SignedNote> Cosigner::cosign_together(std::span<const LoggedTree> logs) {
  std::vector<SignedNote> notes;
  std::vector<std::size_t> chosen;
  std::string names;
  for (const LoggedTree& log : logs) {
    notes.push_back(log.checkpoint);
    const Checkpoint checkpoint = *decode_checkpoint(log.checkpoint.text);
    if (!may_sign(log, checkpoint)) continue;
    chosen.push_back(notes.size() - 1);
    names += fmt::format("{}{}, {} entries", names.empty() ? "" : "; ", x_vault.log_label(log.name),
                         checkpoint.size);
  }
  if (chosen.empty()) return notes;
  write_act({.act = access_act::cosign, .detail = access_detail(names)}, AccessOutcome::ok);
  for (const std::size_t i : chosen) {
    notes[i] = with_line(notes[i], sign(key_of(logs[i].name), notes[i]).signatures.back());
  }
  return notes;
}

bool Cosigner::may_sign(const LoggedTree& log, const Checkpoint& checkpoint) {
  const LinkFrom link_from = [&log](std::uint64_t size) {
    return Link{log.root_at(size), log.proof_since(size)};
  };
  try {
    const NoteKey<LogPurpose> key = key_of(log.name);
    const Growth growth{log.checkpoint, {checkpoint.size, checkpoint.root}, link_from};
    Judged judged = judge(key, growth, last(key, nullptr));
    if (judged.fork) {
      keep(std::move(*judged.fork));
      note_act(checkpoint, AccessOutcome::denied, to_text(judged.verdict));
    }
    return judged.verdict == WitnessVerdict::cosigned;
  } catch (const Error& error) {
    // What this device signed of it, or the log, cannot be read; the others are none the worse.
    if (error.code() != ErrorCode::damaged) throw;
    return false;
  }
}

NoteKey<LogPurpose> Cosigner::key_of(const LedgerName& log) const {
  return log.note_key(x_vault.record->consortium.devices().at(log.device).certificate.keys.log);
}

std::optional<LedgerFork> Cosigner::differs_from_held(const NoteKey<LogPurpose>& log,
                                                      const SignedNote& note,
                                                      const Ledger* held) const {
  const auto asked = decode_checkpoint(note.text);
  if (held == nullptr || asked->size > held->size()) return std::nullopt;
  Link link = *links_of(held->leaves())(asked->size);
  if (link.root == asked->root) return std::nullopt;
  return make_fork(log, note, held->checkpoint(), std::move(link));
}

WitnessAnswer Cosigner::answer(const NoteKey<LogPurpose>& log, const WitnessAsk& ask,
                               const Ledger* held) {
  const Checkpoint asked = *open_checkpoint(ask.checkpoint, log);
  Judged judged =
      judge(log, {ask.checkpoint, {asked.size, asked.root}, link_of(ask)}, last(log, held));
  if (judged.verdict != WitnessVerdict::fork) {
    if (auto fork = differs_from_held(log, ask.checkpoint, held)) {
      judged.verdict = WitnessVerdict::fork;
      judged.fork = std::move(fork);
    }
  }
  // Without a memory there is nothing that the log can grow out of.
  if (judged.verdict == WitnessVerdict::cosigned && !judged.before && ask.old_size > 0) {
    judged.verdict = WitnessVerdict::stale;
  }
  WitnessAnswer answer{judged.verdict, log.name, asked.size, {}, {}};
  if (judged.verdict == WitnessVerdict::cosigned) {
    note_act(asked, AccessOutcome::ok, {});
    answer.note = sign(log, ask.checkpoint);
    return answer;
  }
  note_act(asked, AccessOutcome::denied, to_text(judged.verdict));
  if (judged.verdict == WitnessVerdict::stale && judged.before) {
    answer.note = std::move(judged.before->note);
  }
  if (judged.fork) answer.fork = keep(std::move(*judged.fork));
  return answer;
}

WitnessAnswer Cosigner::answer_last(const NoteKey<LogPurpose>& log) const {
  WitnessAnswer answer{WitnessVerdict::stale, log.name, 0, {}, {}};
  if (auto last = x_memory.find(log)) answer.note = std::move(last->note);
  return answer;
}

WitnessAnswer Cosigner::refuse(WitnessVerdict verdict, const Checkpoint& asked) {
  note_act(asked, AccessOutcome::denied, to_text(verdict));
  return {verdict, asked.origin, asked.size, {}, {}};
}

// Logged, then remembered; and only then is there a signature that somebody could see.
SignedNote Cosigner::sign(const NoteKey<LogPurpose>& log, const SignedNote& note) {
  const NoteSignature line =
      muniment::cosign(note, x_self.name, x_keys.witness, x_vault.environment.clock.now());
  SignedNote remembered = log_signature_alone(note, log);
  remembered.signatures.push_back(line);
  x_memory.save(remembered);
  return remembered;
}

ForkEntry Cosigner::keep(LedgerFork fork) {
  const auto& devices = x_vault.record->consortium.devices();
  const auto device = devices.find(fork.name.device);
  VAULT_ASSERT(device != devices.end());
  ForkEntry entry{device->second.certificate.keys, std::move(fork)};
  x_vault.freeze(entry);
  return entry;
}

void Cosigner::note_act(const Checkpoint& checkpoint, AccessOutcome outcome, std::string_view why) {
  AccessSubject subject{.act = access_act::cosign};
  const auto name = LedgerName::from_origin(checkpoint.origin);
  const std::string log = name ? x_vault.log_label(*name) : checkpoint.origin;
  std::string detail = fmt::format("{}, {} entries", log, checkpoint.size);
  if (!why.empty()) detail += fmt::format(": {}", why);
  subject.detail = access_detail(detail);
  if (name && x_vault.record->consortium.collections().contains(name->collection)) {
    subject.collection = name->collection;
  }
  write_act(std::move(subject), outcome);
}

void Cosigner::write_act(AccessSubject subject, AccessOutcome outcome) {
  static const Unattended unattended;
  if (x_vault.journal) {
    x_vault.journal->event(std::move(subject), outcome, unattended);
  } else {
    x_vault.make_journal(x_keys.log)->event(std::move(subject), outcome, unattended);
  }
}

std::optional<LedgerFork> contradicts(const LedgerCopy& copy, const Witnessed& cosigned,
                                      const NoteKey<LogPurpose>& log) {
  if (copy.entries.size() < cosigned.head.size || !is_authentic(copy, log.key)) {
    return std::nullopt;
  }
  std::vector<Sha256Digest> leaves;
  leaves.reserve(copy.entries.size());
  for (const std::string& entry : copy.entries) leaves.push_back(leaf_hash(as_bytes(entry)));
  Link link = *links_of(leaves)(cosigned.head.size);
  if (link.root == cosigned.head.root) return std::nullopt;
  return make_fork(log, cosigned.note, copy.checkpoint, std::move(link));
}

}  // namespace muniment
