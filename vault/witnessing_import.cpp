// What comes back from witnesses, and what it says of a device that was put back to an older state.
#include <fmt/format.h>

#include <algorithm>

#include "vault/cosigned.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"
#include "vault/witnessing.hpp"

namespace muniment {

// ---- a device that was put back ----

std::vector<Witnessing::Forgotten> Witnessing::forgotten() const {
  const Vault::State& vault = state();
  std::vector<Forgotten> result;
  std::vector<LoggedTree> logs = own_logs();
  const LedgerName access = vault.access_log_name();
  if (std::ranges::find(logs, access, &LoggedTree::name) == logs.end()) {
    logs.push_back({access, {}, 0, {}, {}});
  }
  for (const LoggedTree& log : logs) {
    if (auto lost = vault.find_lost(log)) {
      result.push_back({log.name, std::move(*lost), std::nullopt});
    }
  }
  return result;
}

void Witnessing::go_on_without(std::span<const Forgotten> logs, std::vector<std::string>& damage) {
  Vault::State& vault = state();
  std::set<MemberId> unheard = find_unheard(vault.environment.files, vault.directory);
  const std::size_t known = unheard.size();
  for (const Forgotten& log : logs) {
    std::string line = fmt::format(
        "{}: witnesses saw {} entries, which are not here: this device was put back to "
        "an older state",
        vault.log_label(log.log), decode_checkpoint(log.seen.text)->size);
    if (is_access_collection(log.log.collection)) {
      vault.begin_another_access_log(log.seen);
      line += "; another access log goes on from here, and says so";
    } else {
      if (log.by) unheard.insert(*log.by);
      line += "; take in the newest text of each partner with 'muniment accept FILE'";
    }
    damage.push_back(std::move(line));
  }
  if (unheard.size() > known) {
    save_unheard(vault.environment.files, vault.directory, unheard);
  }
}

void Witnessing::note_end_of(const WitnessAnswer& answer, const DeviceId& witness,
                             const NoteKey<WitnessPurpose>& key, WitnessImportReport& report) {
  Vault::State& vault = state();
  FileSystem& files = vault.environment.files;
  const auto name = LedgerName::from_origin(answer.origin);
  if (!name || !answer.note) return;
  const auto opened = open_cosigned(*answer.note, name->note_key(vault.own_log_key()), {&key, 1});
  AccessLogs logs = find_access_logs(files, vault.directory);
  if (!opened || opened->checkpoint.origin != answer.origin || opened->cosignatures.empty() ||
      !note_end(logs, *name, *answer.note)) {
    return;
  }
  save_access_logs(files, vault.directory, logs);
  const std::string line =
      fmt::format("{}: it had at least {} entries, says {}", vault.log_label(*name),
                  opened->checkpoint.size, vault.device_path(witness));
  vault.journal->follow({*name, answer.note},
                        {.act = access_act::log, .detail = access_detail(line)}, Unattended());
  report.news.push_back(line);
}

// ---- a reply ----

void Witnessing::note_own_fork(const ForkEntry& fork, WitnessImportReport& report) {
  Vault::State& vault = state();
  if (fork.fork.name.device != vault.identity().device || !is_proof(fork)) {
    report.damage.push_back("the witness says that a log has two histories, and does not prove it");
    return;
  }
  vault.freeze(fork);
  report.damage.push_back(vault.describe_kept_fork(fork.fork.name));
}

void Witnessing::take(const WitnessAnswer& answer, const DeviceId& witness,
                      const NoteKey<WitnessPurpose>& key, const LoggedTree& log,
                      WitnessImportReport& report, std::vector<Forgotten>& forgotten) {
  const Vault::State& vault = state();
  const NoteKey<LogPurpose> log_key = log.name.note_key(vault.own_log_key());
  CosignedLog known = find_cosigned(vault.environment.files, vault.directory, log.name.id());
  const std::string before = encode(known);
  std::uint64_t last = 0;
  if (answer.note) {
    const auto opened = open_cosigned(*answer.note, log_key, {&key, 1});
    const bool is_right =
        opened && opened->checkpoint.origin == log_key.name && !opened->cosignatures.empty() &&
        (answer.verdict != WitnessVerdict::cosigned || opened->checkpoint.size == answer.size);
    if (!is_right) {
      report.damage.push_back(vault.log_label(log.name) +
                              ": what the reply has is not signed by the log and the witness");
      return;
    }
    if (!log.has_been(opened->checkpoint)) {
      const auto device = vault.record->consortium.devices().find(witness);
      forgotten.push_back({log.name, *answer.note, device->second.certificate.member});
      return;
    }
    last = opened->checkpoint.size;
    static_cast<void>(add_cosignature(known, *answer.note, log_key, witness, key));
    if (encode(known) != before) ++report.signatures;
  }
  if (answer.verdict == WitnessVerdict::stale) {
    known.last[witness] = last;
    report.outdated = report.outdated || last < log.size;
  }
  if (encode(known) != before) {
    save_cosigned(vault.environment.files, vault.directory, log.name.id(), known);
  }
}

void Witnessing::take_reply(const WitnessReply& reply, WitnessImportReport& report,
                            std::vector<Forgotten>& forgotten) {
  Vault::State& vault = state();
  const std::vector<NoteKey<WitnessPurpose>> keys = quorum().keys();
  const std::string name = witness_name(reply.consortium, reply.from);
  const auto key = std::ranges::find(keys, name, &NoteKey<WitnessPurpose>::name);
  if (key == keys.end()) {
    throw Error(ErrorCode::denied,
                escape(report.from) + ": not a device of another member who is a witness",
                "'muniment charter show' says who is one");
  }
  const std::vector<LoggedTree> logs = own_logs();
  for (const WitnessAnswer& answer : reply.answers) {
    const auto log = std::ranges::find_if(
        logs, [&](const LoggedTree& own) { return own.name.origin() == answer.origin; });
    if (log == logs.end()) {
      note_end_of(answer, reply.from, *key, report);
      continue;
    }
    report.logs.push_back({vault.log_label(log->name), answer.origin, answer.size, answer.verdict,
                           std::string(explain(answer.verdict))});
    if (answer.fork) {
      note_own_fork(*answer.fork, report);
      const LedgerFork& fork = answer.fork->fork;
      // Another log can be begun in place of an access log.
      if (is_proof(*answer.fork) && fork.name == log->name &&
          is_access_collection(fork.name.collection)) {
        forgotten.push_back({log->name, fork.earlier, std::nullopt});
      }
      continue;
    }
    take(answer, reply.from, *key, *log, report, forgotten);
  }
}

WitnessImportReport Witnessing::import(const std::string& text, Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  const WitnessReply reply = read_witness_reply(text);
  if (reply.consortium != vault.identity().consortium) {
    throw Error(ErrorCode::denied, "the text is of another consortium than this vault");
  }
  if (reply.to != vault.identity().device) {
    throw Error(ErrorCode::denied, "the reply is for another device",
                "it is for " + escape(vault.device_path(reply.to)));
  }
  WitnessImportReport report;
  report.from = vault.device_path(reply.from);
  std::vector<Forgotten> forgotten;
  {
    const auto permit =
        vault.begin({.act = access_act::exchange, .detail = "witness import"}, activity);
    const std::unique_ptr<FileLock> held = vault.lock(activity);
    vault.refresh(activity);
    take_reply(reply, report, forgotten);
  }
  if (!forgotten.empty()) {
    const std::unique_ptr<FileLock> held = vault.lock(activity);
    go_on_without(forgotten, report.damage);
  }
  std::map<WitnessVerdict, std::size_t> counts;
  for (const WitnessNews& log : report.logs) ++counts[log.verdict];
  std::string heard;
  for (const auto& [verdict, count] : counts) {
    heard += fmt::format("{} {} {}", heard.empty() ? ":" : ",", count, to_text(verdict));
  }
  vault.journal->event(
      {.act = access_act::cosign, .detail = access_detail("heard of " + report.from + heard)},
      report.damage.empty() ? AccessOutcome::ok : AccessOutcome::partly, activity);
  // So that they travel with the ledger.
  Replication replication(x_vault);
  for (const WitnessAnswer& answer : reply.answers) {
    const auto name = LedgerName::from_origin(answer.origin);
    if (name && answer.note) static_cast<void>(replication.take_cosignatures(*name, *answer.note));
  }
  return report;
}

}  // namespace muniment
