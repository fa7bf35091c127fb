#include "vault/witnessing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/cosigned.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"

namespace muniment {

Vault::State& Witnessing::state() const {
  return *x_vault.x_state;
}

WitnessQuorum Witnessing::quorum() const {
  return quorum_for(state().record->consortium, state().own_member());
}

std::vector<LoggedTree> Witnessing::own_logs() const {
  const Vault::State& vault = state();
  std::vector<LoggedTree> logs;
  for (const Ledger& ledger : vault.record->ledgers.ledgers) {
    if (ledger.name().device != vault.identity().device) continue;
    logs.push_back(Vault::State::tree_of(ledger));
  }
  std::ranges::sort(logs, {}, &LoggedTree::name);
  if (auto log = vault.access_log()) logs.push_back(Vault::State::tree_of(std::move(*log)));
  return logs;
}

// ---- who asks ----

void Witnessing::add_asks(const LoggedTree& log, WitnessRequest& request,
                          WitnessRequestReport& report) const {
  const Vault::State& vault = state();
  const NoteKey<LogPurpose> log_key = log.name.note_key(vault.own_log_key());
  CosignedLog known = find_cosigned(vault.environment.files, vault.directory, log.name.id());
  std::map<std::uint64_t, std::vector<DeviceId>> to;
  for (const WitnessingMember& member : quorum().members) {
    for (const auto& [id, key] : member.devices) {
      static_cast<void>(add_cosignature(known, log.checkpoint, log_key, id, key));
      const auto last = known.last.find(id);
      const std::uint64_t size = last == known.last.end() ? 0 : last->second;
      if (size < log.size) to[size].push_back(id);
    }
  }
  for (auto& [size, devices] : to) {
    std::ranges::sort(devices);
    for (const DeviceId& device : devices) {
      std::string name = vault.device_path(device);
      if (std::ranges::find(report.witnesses, name) == report.witnesses.end()) {
        report.witnesses.push_back(std::move(name));
      }
    }
    request.asks.push_back({size, log.proof_since(size),
                            log_signature_alone(log.checkpoint, log_key),
                            size == 0 ? Sha256Digest{} : log.root_at(size), std::move(devices)});
  }
  if (!to.empty()) report.logs.push_back(vault.log_label(log.name));
}

WitnessRequestReport Witnessing::request(const Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  vault.require_active();
  WitnessRequestReport report;
  const std::vector<Forgotten> lost = forgotten();
  if (!lost.empty()) {
    const std::unique_ptr<FileLock> held = vault.lock(activity);
    go_on_without(lost, report.damage);
  }
  const auto permit =
      vault.begin({.act = access_act::exchange, .detail = "witness request"}, activity);
  WitnessRequest request{vault.identity().consortium, vault.identity().device, {}, {}};
  const bool heard = find_unheard(vault.environment.files, vault.directory).empty();
  if (!heard) {
    report.withheld =
        "this vault was put back from a backup: of its ledgers nothing is shown before the newest "
        "text of each partner was taken in with 'muniment accept FILE'";
  }
  for (const LoggedTree& log : own_logs()) {
    const bool is_lost = std::ranges::find(lost, log.name, &Forgotten::log) != lost.end();
    if (!is_lost && (heard || is_access_collection(log.name.collection))) {
      add_asks(log, request, report);
    }
  }
  for (const AccessFollows& ended :
       find_access_logs(vault.environment.files, vault.directory).ended) {
    request.ended.push_back(ended.log);
  }
  if (!request.asks.empty()) report.text = armor_record(encode(request));
  return report;
}

// ---- who signs ----

void Witnessing::tell_forks(std::span<const WitnessAnswer> answers, Activity& activity) {
  Vault::State& vault = state();
  std::vector<std::string> entries;
  for (const WitnessAnswer& answer : answers) {
    if (!answer.fork) continue;
    const std::string entry = encode(*answer.fork);
    const bool known = vault.record->consortium.forks().contains(answer.fork->fork.name.id());
    if (!known && std::ranges::find(entries, entry) == entries.end()) entries.push_back(entry);
  }
  if (entries.empty()) return;
  vault.refresh(activity);
  // Nothing is signed while this device's own ledgers are not what they were; the proof is kept.
  if (!vault.rewritten.empty()) return;
  vault.append(consortium_collection, entries);
  vault.refresh(activity);
}

WitnessSignReport Witnessing::sign(const std::string& text, Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  vault.require_active();
  const WitnessRequest request = read_witness_request(text);
  const KeyringIdentity& own = vault.identity();
  if (request.consortium != own.consortium) {
    throw Error(ErrorCode::denied, "the text is of another consortium than this vault");
  }
  const auto permit =
      vault.begin({.act = access_act::exchange, .detail = "witness sign"}, activity);
  Replication replication(x_vault);
  const std::unique_ptr<FileLock> held = vault.lock(activity);
  WitnessReply reply{own.consortium, own.device, request.from, replication.answer_locked(request)};
  WitnessSignReport report;
  report.from = vault.device_path(request.from);
  for (const WitnessAnswer& answer : reply.answers) {
    if (answer.size == 0) continue;  // of a log that ended
    const auto name = LedgerName::from_origin(answer.origin);
    report.logs.push_back({name ? vault.log_label(*name) : answer.origin, answer.origin,
                           answer.size, answer.verdict, std::string(explain(answer.verdict))});
  }
  tell_forks(reply.answers, activity);
  if (!reply.answers.empty()) report.text = armor_record(encode(reply));
  return report;
}

// ---- the rule ----

std::string Witnessing::policy(const std::optional<std::string>& collection) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  LedgerName name = vault.access_log_name();
  if (collection) {
    name.collection =
        *collection == "consortium" ? consortium_collection : vault.find_collection(*collection).id;
  }
  const WitnessQuorum quorum = this->quorum();
  std::string text = "# " + escape(vault.log_label(name)) + "\n";
  for (const WitnessingMember& member : quorum.members) {
    const auto known = vault.opened->names.members.find(member.member);
    if (known == vault.opened->names.members.end()) continue;
    text += "# member:" + member.member.hex() + " is " + escape(known->second) + "\n";
  }
  return text + encode_policy(name.note_key(vault.own_log_key()), quorum);
}

}  // namespace muniment
