// How the facade writes to the access log: for whom, and what has to be said before.
#include <algorithm>

#include "vault/state.hpp"

namespace muniment {

namespace {

// Whoever waits for this one waits for one commit at a time.
constexpr std::chrono::milliseconds log_wait_min = std::chrono::seconds(5);

void add_member(const Consortium& consortium, const MemberId& member,
                std::vector<Auditor>& auditors) {
  for (const auto& [id, device] : consortium.devices()) {
    if (device.certificate.member != member || !consortium.is_active(id)) continue;
    auditors.push_back({id, device.certificate.keys.reading});
  }
  const auto recovery = consortium.recoveries().find(member);
  if (recovery != consortium.recoveries().end()) auditors.push_back({member, recovery->second.key});
}

}  // namespace

LedgerName Vault::State::access_log_name() const {
  return {identity().consortium, find_access_logs(environment.files, directory).present,
          identity().device};
}

std::filesystem::path Vault::State::access_directory() const {
  return access_directory(access_log_name());
}

std::filesystem::path Vault::State::access_directory(const LedgerName& log) const {
  return directory / "access" / log.id().hex();
}

std::vector<Auditor> Vault::State::auditors() const {
  const Consortium& consortium = record->consortium;
  std::vector<Auditor> list;
  for (const CharterMember& member : consortium.charter().members) {
    if (member.roles.has(Role::auditor)) add_member(consortium, member.id, list);
  }
  // Somebody must be able to read it.
  const Device* own = own_device();
  if (list.empty() && own != nullptr) {
    add_member(consortium, own->certificate.member, list);
    if (list.empty()) list.push_back({identity().device, own->certificate.keys.reading});
  }
  if (list.empty()) {
    throw Error(ErrorCode::damaged,
                "the access log can be sealed to nobody: this device's certificate is missing",
                "put its ledger back from a copy of the vault");
  }
  std::ranges::sort(list, {}, &Auditor::who);
  return list;
}

std::unique_ptr<AccessJournal> Vault::State::make_journal(const LogKey& log) const {
  AccessActor actor{{}, user, purpose};
  if (const Device* own = own_device()) actor.member = own->certificate.member;
  const AccessLogs logs = find_access_logs(environment.files, directory);
  const LedgerName name{identity().consortium, logs.present, identity().device};
  AccessLogPlace place{environment.files, environment.random, environment.clock,
                       access_directory(name), name};
  if (!logs.ended.empty()) place.follows = logs.ended.front();
  return std::make_unique<AccessJournal>(std::move(place), log, auditors(), std::move(actor),
                                         std::max(lock_wait, log_wait_min));
}

void Vault::State::require_purpose(const AccessSubject& subject) const {
  const std::initializer_list<std::string_view> reading{
      access_act::read,    access_act::list,         access_act::search,
      access_act::compare, access_act::export_files, access_act::prove};
  if (!purpose.empty() || std::ranges::find(reading, subject.act) == reading.end()) return;
  for (const auto& [id, facts] : opened->names.collections) {
    if (!facts.purpose_required || (subject.collection && *subject.collection != id)) continue;
    throw Error(ErrorCode::usage,
                "collection " + facts.name + ": whoever reads it has to say what for",
                "say it with --purpose TEXT; it goes to the access log, where auditors read it");
  }
}

std::shared_ptr<AccessPermit> Vault::State::begin(AccessSubject subject, const Activity& activity) {
  require_purpose(subject);
  return journal->begin(std::move(subject), activity);
}

std::shared_ptr<AccessPermit> Vault::State::begin(AccessSubject subject) {
  static const Unattended unattended;
  return begin(std::move(subject), unattended);
}

void Vault::State::spool_event(std::string_view act, const std::string& detail,
                               AccessOutcome outcome) {
  try {
    if (!record) load_record();
    AccessRecord said;
    said.time = std::max<UnixSeconds>(environment.clock.now(), 0);
    said.act = act;
    if (const Device* own = own_device()) said.member = own->certificate.member;
    said.detail = detail;
    said.outcome = outcome;
    spool(environment.files, environment.random, access_directory(), said, auditors());
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): nothing was opened, so nothing is lost
  }
}

void Vault::set_actor(const std::string& user, const std::string& purpose) {
  if (!user.empty() && !is_access_text(user, access_user_bytes_max)) {
    throw Error(ErrorCode::usage, "'" + escape(user) + "' cannot be a name in the access log",
                "use one line of text of at most 255 bytes");
  }
  if (!purpose.empty() && !is_access_text(purpose, access_purpose_bytes_max)) {
    throw Error(ErrorCode::usage, "this purpose cannot stand in the access log",
                "use one line of text of at most 200 bytes");
  }
  x_state->user = user;
  x_state->purpose = purpose;
  if (x_state->journal) {
    x_state->journal->set_actor({x_state->journal->actor().member, user, purpose});
  }
}

void Vault::record_agent(const DeviceKeys& keys, std::optional<std::chrono::seconds> lifetime,
                         const Activity& activity) {
  State& state = *x_state;
  if (!state.record) state.load_record();
  AccessSubject subject{.act = lifetime ? access_act::agent_start : access_act::agent_stop};
  if (lifetime) subject.detail = "for " + std::to_string(lifetime->count()) + " seconds";
  state.make_journal(keys.service.log)->event(std::move(subject), AccessOutcome::ok, activity);
}

VerifyKey<LogPurpose> Vault::State::own_log_key() const {
  if (const Device* own = own_device()) return own->certificate.keys.log;
  throw Error(ErrorCode::damaged, "this device's certificate is missing",
              "put its ledger back from a copy of the vault");
}

std::optional<AccessLogView> Vault::State::access_log() const {
  return access_log(access_log_name());
}

std::optional<AccessLogView> Vault::State::access_log(const LedgerName& log) const {
  if (log.device == identity().device) {
    return AccessLogView::find(environment.files, access_directory(log), log, own_log_key());
  }
  const auto device = record->consortium.devices().find(log.device);
  if (device == record->consortium.devices().end()) return std::nullopt;
  return AccessLogView::find(environment.files, access_directory(log), log,
                             device->second.certificate.keys.log);
}

std::optional<SignedNote> Vault::State::last_access_checkpoint() const {
  try {
    const auto log = access_log();
    return log ? std::optional(log->checkpoint()) : std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return std::nullopt;
  }
}

void Vault::State::begin_another_access_log(const std::optional<SignedNote>& seen) {
  FileSystem& files = environment.files;
  const AccessLogs logs = find_access_logs(files, directory);
  const LedgerName present{identity().consortium, logs.present, identity().device};
  AccessLogs next = begin_another(logs, present, last_access_checkpoint(), environment.random);
  if (seen) static_cast<void>(note_end(next, present, *seen));
  save_access_logs(files, directory, next);
  if (!journal) return;
  // How acts ended that stand in the log before is not said any more: it is not signed again.
  journal = make_journal(opened->service.log);
}

std::vector<LedgerName> Vault::State::access_log_names() const {
  std::vector<LedgerName> names;
  const std::filesystem::path access = directory / "access";
  for (const std::string& folder : environment.files.list(access)) {
    const auto name = find_access_log_name(environment.files, access / folder);
    const bool is_ours = name && name->consortium == identity().consortium &&
                         is_access_collection(name->collection) && name->id().hex() == folder;
    if (is_ours) names.push_back(*name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<Damage> Vault::State::access_log_damage(bool whole, const Activity& activity) const {
  std::vector<Damage> damage;
  std::vector<LedgerName> names = access_log_names();
  const LedgerName present = access_log_name();
  // Nothing unlocks without it, so it is looked at whatever its files say they are.
  std::erase(names, present);
  names.insert(names.begin(), present);
  for (const LedgerName& name : names) {
    const bool is_own = name == present;
    const std::string label = is_own ? std::string() : escape(log_label(name)) + ": ";
    try {
      const auto log = access_log(name);
      if (!log) continue;
      for (const LedgerDamage& found : whole ? log->check(activity).damage : log->damage()) {
        const bool is_copy = found.object.find("tile") == std::string::npos;
        damage.push_back({label + found.object, found.cause, is_copy, {}});
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      const std::string object = label + std::string(access_log_label);
      damage.push_back({object,
                        is_own ? error.what() : "damaged; munimentd takes it again from partners",
                        false,
                        {}});
    }
  }
  return damage;
}

std::vector<std::string> Vault::State::repair_access_log(const Activity& activity) const {
  std::vector<std::string> repaired;
  std::vector<LedgerName> names = access_log_names();
  const LedgerName present = access_log_name();
  if (std::ranges::find(names, present) == names.end()) names.push_back(present);
  for (const LedgerName& name : names) {
    const std::string label = name == present ? std::string() : escape(log_label(name)) + ": ";
    const auto device = record->consortium.devices().find(name.device);
    if (name != present && device == record->consortium.devices().end()) continue;
    try {
      const VerifyKey<LogPurpose> key =
          name == present ? own_log_key() : device->second.certificate.keys.log;
      for (const LedgerDamage& copy :
           heal_access_log(environment.files, access_directory(name), name, key,
                           std::max(lock_wait, log_wait_min), activity)) {
        repaired.push_back(label + copy.object + ": " + copy.cause +
                           "; written again from the other copy");
      }
    } catch (const Error& error) {
      // What cannot be healed is damage that is found again afterwards.
      if (error.code() != ErrorCode::damaged) throw;
    }
  }
  return repaired;
}

std::optional<std::uint64_t> Vault::repair_access_log(const DeviceKeys& keys,
                                                      const Activity& activity) {
  State& state = *x_state;
  if (!state.record) state.load_record();
  try {
    static_cast<void>(find_access_logs(state.environment.files, state.directory));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    // Which one it was nobody knows; another one is sure not to be it.
    const LedgerName first{state.identity().consortium, access_collection(),
                           state.identity().device};
    save_access_logs(state.environment.files, state.directory,
                     begin_another({}, first, std::nullopt, state.environment.random));
    state.make_journal(keys.service.log)
        ->event({.act = access_act::log, .detail = "the file 'access-log' was damaged"},
                AccessOutcome::partly, activity);
    return 0;
  }
  return state.make_journal(keys.service.log)->salvage(activity);
}

}  // namespace muniment
