// A replica as a witness of others' ledgers, and what witnesses say of them.
#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/cosigned.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/note/cosignature.hpp"
#include "vault/replication_own.hpp"

namespace muniment {

namespace {

// When nothing grows, a witness says so often that it is there, by signing one checkpoint again.
// Each time is a note in that ledger's tail, and status warns after a week.
constexpr UnixSeconds sign_of_life_interval = 3 * 24 * 60 * 60;

}  // namespace

std::vector<NoteKey<WitnessPurpose>> Replication::witnesses() const {
  std::vector<NoteKey<WitnessPurpose>> result;
  for (const auto& [id, key] : witness_keys(state().record->consortium)) result.push_back(key);
  return result;
}

bool Replication::is_witness() const {
  return witness_keys(state().record->consortium).contains(device());
}

// Not before it is known what partners saw of a vault that was put back: it may have cosigned what
// it does not remember.
bool Replication::may_cosign() const {
  return find_unheard(files(), directory()).empty() && is_witness();
}

// ---- for others ----

std::vector<LedgerName> Replication::uncosigned() const {
  std::vector<LedgerName> result;
  if (!may_cosign()) return result;
  const std::string own = witness_name(consortium(), device());
  for (const Ledger& ledger : ledgers()) {
    const bool is_signed =
        std::ranges::find(ledger.checkpoint().signatures, own, &NoteSignature::name) !=
        ledger.checkpoint().signatures.end();
    if (is_signed || ledger.name().device == device() || !log_key(ledger.name())) continue;
    if (!state().record->frozen.contains(ledger.name().id())) result.push_back(ledger.name());
  }
  return result;
}

std::optional<LedgerName> Replication::sign_of_life() const {
  const UnixSeconds time = now();
  if (time < x_own->alive_until || !may_cosign()) return std::nullopt;
  const NoteKey<WitnessPurpose> own{witness_name(consortium(), device()),
                                    verify_key(x_own->keys.witness)};
  std::optional<UnixSeconds> last;
  std::optional<LedgerName> first;
  for (const Ledger& ledger : ledgers()) {
    const auto log = log_key(ledger.name());
    const auto opened = log ? open_cosigned(ledger.checkpoint(), *log, {&own, 1}) : std::nullopt;
    if (!opened || opened->cosignatures.empty()) continue;
    last = std::max(last.value_or(0), opened->cosignatures.front().time);
    if (state().record->frozen.contains(ledger.name().id())) continue;
    if (!first || ledger.name().id() < first->id()) first = ledger.name();
  }
  if (!last) return std::nullopt;
  x_own->alive_until = *last + sign_of_life_interval;
  return time < x_own->alive_until ? std::nullopt : first;
}

std::vector<LedgerName> Replication::cosign_held() {
  std::vector<LedgerName> wanted = uncosigned();
  if (const auto alive = wanted.empty() ? sign_of_life() : std::nullopt) wanted.push_back(*alive);
  const auto held_lock = wanted.empty() ? nullptr : state().try_lock();
  if (!held_lock) return {};
  std::vector<LedgerName> result;
  for (const LedgerName& name : wanted) {
    const NoteKey<LogPurpose> log = *log_key(name);
    LedgerWriter writer = LedgerWriter::open(files(), state().ledger_directory(), name, log.key);
    const std::uint64_t size = find_ledger(name)->size();
    if (writer.ledger().size() != size) continue;  // another process was faster
    SignedNote held = writer.ledger().checkpoint();
    // What it said of the same checkpoint before.
    std::erase_if(held.signatures, [own = witness_name(consortium(), device())](
                                       const NoteSignature& line) { return line.name == own; });
    try {
      const SignedNote note = x_own->cosigner.cosign(log, held, writer.ledger().leaves());
      if (note.signatures.size() == held.signatures.size()) continue;
      writer.add_cosigned(note);
    } catch (const Error& error) {
      // It has two histories, of which the proof is kept; the others are none the worse.
      if (error.code() != ErrorCode::damaged) throw;
      continue;
    }
    reload(name, log.key, size);
    result.push_back(name);
  }
  return result;
}

std::vector<WitnessAnswer> Replication::answer(const WitnessRequest& request) {
  const auto held_lock = lock();
  return answer_locked(request);
}

std::vector<WitnessAnswer> Replication::answer_locked(const WitnessRequest& request) {
  static_cast<void>(refresh());
  if (!is_witness()) {
    throw Error(ErrorCode::denied,
                "this device is no witness: the charter does not make its member "
                "one, or it was revoked",
                "'muniment charter show' says who is one");
  }
  if (!may_cosign()) {
    throw Error(ErrorCode::denied,
                "this vault was put back from a backup, and may have cosigned what it does not "
                "remember",
                "take in the newest text of each partner with 'muniment accept FILE'");
  }
  std::vector<WitnessAnswer> answers;
  for (const WitnessAsk& ask : request.asks) {
    if (std::ranges::binary_search(ask.to, device())) answers.push_back(answer(ask));
  }
  for (const LedgerName& name : request.ended) {
    const auto log = log_key(name);
    if (name.consortium != consortium() || !is_access_collection(name.collection) || !log) continue;
    answers.push_back(x_own->cosigner.answer_last(*log));
  }
  return answers;
}

WitnessAnswer Replication::answer(const WitnessAsk& ask) {
  const Checkpoint asked = *decode_checkpoint(ask.checkpoint.text);
  const auto name = LedgerName::from_origin(asked.origin);
  const auto log = name && name->consortium == consortium() && name->device != device()
                       ? log_key(*name)
                       : std::nullopt;
  if (!log) return x_own->cosigner.refuse(WitnessVerdict::unknown_origin, asked);
  if (asked.size == 0 || open_checkpoint(ask.checkpoint, *log) != asked) {
    return x_own->cosigner.refuse(WitnessVerdict::bad_signature, asked);
  }
  const auto fork = x_own->forks.find(name->id());
  if (fork == x_own->forks.end()) {
    WitnessAnswer answer = x_own->cosigner.answer(*log, ask, find_ledger(*name));
    if (answer.fork) x_own->forks.emplace(name->id(), *answer.fork);
    return answer;
  }
  WitnessAnswer answer = x_own->cosigner.refuse(WitnessVerdict::fork, asked);
  answer.fork = fork->second;
  return answer;
}

// ---- of ledgers that are here ----

void Replication::remember_cosignatures(const LedgerName& name, const SignedNote& note) const {
  const Consortium& now = state().record->consortium;
  const Device* own = state().own_device();
  if (own == nullptr) return;
  const NoteKey<LogPurpose> log = *log_key(name);
  CosignedLog known = find_cosigned(files(), directory(), name.id());
  for (const WitnessingMember& member : quorum_for(now, own->certificate.member).members) {
    for (const auto& [id, key] : member.devices) {
      static_cast<void>(add_cosignature(known, note, log, id, key));
    }
  }
  save_cosigned(files(), directory(), name.id(), known);
}

std::size_t Replication::take_cosignatures(const LedgerName& name, const SignedNote& note) {
  const Ledger* held = find_ledger(name);
  const auto log = log_key(name);
  if (held == nullptr || !log || held->checkpoint().text != note.text) return 0;
  SignedNote merged = held->checkpoint();
  const std::size_t before = merged.signatures.size();
  for (const NoteKey<WitnessPurpose>& witness : witnesses()) {
    const auto is_its = [&](const NoteSignature& line) { return line.name == witness.name; };
    if (std::ranges::any_of(merged.signatures, is_its)) continue;
    const auto line = std::ranges::find_if(note.signatures, is_its);
    if (line == note.signatures.end()) continue;
    merged.signatures.push_back(*line);
    const auto opened = open_cosigned(merged, *log, {&witness, 1});
    if (!opened || opened->cosignatures.empty()) merged.signatures.pop_back();
  }
  const std::size_t added = merged.signatures.size() - before;
  if (added > 0) add_signatures(name, merged);
  return added;
}

void Replication::add_signatures(const LedgerName& name, const SignedNote& note) {
  if (is_access_collection(name.collection)) return add_access_signatures(name, note);
  const Ledger* held = find_ledger(name);
  const auto log = log_key(name);
  VAULT_ASSERT(held != nullptr && log);
  const std::uint64_t size = held->size();
  const auto held_lock = lock();
  LedgerWriter::open(files(), state().ledger_directory(), name, log->key).add_cosigned(note);
  reload(name, log->key, size);
  if (name.device == device()) remember_cosignatures(name, note);
}

}  // namespace muniment
