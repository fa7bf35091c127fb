// A replica and the access logs: what it shows of its own, keeps of others, and vouches for.
#include <algorithm>

#include "vault/replication_own.hpp"

namespace muniment {

namespace {

LoggedTree tree_of(const HeldAccessLog& log) {
  return {log.view.name(), log.note, log.size(),
          [&log](std::uint64_t size) { return log.view.root_at(size); },
          [&log](std::uint64_t size) { return log.view.proof_since(size); }};
}

bool is_signed_by(const SignedNote& note, const std::string& name) {
  return std::ranges::find(note.signatures, name, &NoteSignature::name) != note.signatures.end();
}

}  // namespace

std::vector<LedgerName> Replication::access_logs() const {
  std::vector<LedgerName> result;
  for (const auto& [name, log] : x_own->access.all()) result.push_back(name);
  return result;
}

HeldAccessLog* Replication::find_access_log(const LedgerName& name) const {
  return x_own->access.find(name);
}

void Replication::drop_access_log(const LedgerName& name) {
  x_own->access.drop(name);
}

std::vector<LedgerName> Replication::refresh_access_logs() {
  std::vector<LedgerName> changed = x_own->access.refresh();
  cosign_access_logs(changed);
  return changed;
}

void Replication::cosign_access_logs(std::vector<LedgerName>& changed) {
  if (!may_cosign()) return;
  const std::string own = witness_name(consortium(), device());
  std::vector<LoggedTree> wanted;
  for (const auto& [name, log] : x_own->access.all()) {
    if (name.device == device() || is_signed_by(log.note, own)) continue;
    if (!state().record->frozen.contains(name.id())) wanted.push_back(tree_of(log));
  }
  const auto held_lock = wanted.empty() ? nullptr : state().try_lock();
  if (!held_lock) return;
  const std::vector<SignedNote> notes = x_own->cosigner.cosign_together(wanted);
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (!is_signed_by(notes[i], own)) continue;
    changed.push_back(wanted[i].name);
    x_own->access.replace_note(changed.back(), notes[i]);
  }
}

void Replication::append_access(const LedgerName& name, std::span<const std::string> entries,
                                const SignedNote& note) {
  if (name == state().access_log_name()) return note_seen(name, note);
  x_own->access.append(name, entries, note);
}

void Replication::add_access_signatures(const LedgerName& name, const SignedNote& note) {
  const auto held_lock = name.device == device() ? lock() : nullptr;
  x_own->access.replace_note(name, note);
  if (name.device == device()) remember_cosignatures(name, note);
}

void Replication::note_seen(const LedgerName& name, const SignedNote& seen) {
  if (name != state().access_log_name()) return;
  const auto held_lock = lock();
  x_own->access.note_seen(log_signature_alone(seen, *log_key(name)));
}

}  // namespace muniment
