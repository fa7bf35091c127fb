// Making a backup of keyring and ledgers, and putting one back.
#include <fmt/format.h>

#include <algorithm>

#include "vault/authority.hpp"
#include "vault/backup.hpp"
#include "vault/consortium/certificate.hpp"
#include "vault/state.hpp"
#include "vault/witness_memory.hpp"

namespace muniment {

namespace {

// By device, from the certificates that the copies hold themselves.
std::map<DeviceId, VerifyKey<LogPurpose>> log_keys_of(std::span<const LedgerCopy> copies) {
  std::map<DeviceId, VerifyKey<LogPurpose>> keys;
  for (const LedgerCopy& copy : copies) {
    if (copy.name.collection != consortium_collection) continue;
    const auto key = find_log_key(copy.entries, copy.name.device);
    if (key) keys.emplace(copy.name.device, *key);
  }
  return keys;
}

bool is_readable(FileSystem& files, const std::filesystem::path& ledgers, const LedgerName& name,
                 const VerifyKey<LogPurpose>& log) {
  try {
    return Ledger::find(files, ledgers, name, log).has_value();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return false;
  }
}

// What is there must be nothing, or what is left of this very vault.
void require_room(FileSystem& files, const std::filesystem::path& directory,
                  const KeyringIdentity& identity) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error) || std::filesystem::is_empty(directory, error)) {
    return;
  }
  const auto marker = read_file(files, directory / marker_name, 4096);
  const auto found = marker ? decode_marker(as_text(*marker)) : std::nullopt;
  if (found && *found == identity) return;
  const bool has_packs = std::filesystem::is_directory(directory / "packs", error);
  if (!found && has_packs) return;
  throw Error(
      ErrorCode::exists,
      escape(directory.native()) + (found ? ": this is another vault than the one in the backup"
                                          : ": the directory is not empty, and no vault"),
      "name a directory that does not exist yet, or what is left of the vault");
}

// True if it was needed.
bool restore_keyring(FileSystem& files, const std::filesystem::path& directory, Keyring keyring) {
  try {
    const LoadedKeyring loaded = load_keyring(files, directory, keyring.identity().vault);
    if (loaded.keyring.generation() >= keyring.generation()) return false;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  save_keyring(files, directory, keyring);
  return true;
}

// The access log is not in the backup, and may have gone on since: whatever is here of it, the
// device goes on in another one.
void begin_another_log(Environment environment, const std::filesystem::path& directory,
                       std::span<const AccessFollows> in_backup, CheckedLedger own) {
  FileSystem& files = environment.files;
  AccessLogs logs;
  try {
    logs = find_access_logs(files, directory);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  const bool is_fresh = logs.ended.empty() && !in_backup.empty();
  own.name.collection = is_fresh ? in_backup.front().log.collection : logs.present;
  std::optional<SignedNote> last;
  try {
    const auto here =
        AccessLogView::find(files, directory / "access" / own.name.id().hex(), own.name, own.log);
    if (here) last = here->checkpoint();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  AccessLogs next = begin_another(logs, own.name, last, environment.random);
  for (const AccessFollows& log : in_backup) {
    const auto known = std::ranges::find(next.ended, log.log, &AccessFollows::log);
    if (known == next.ended.end()) {
      next.ended.push_back(log);
    } else if (log.checkpoint) {
      static_cast<void>(note_end(next, log.log, *log.checkpoint));
    }
  }
  save_access_logs(files, directory, next);
}

// Members with another device than this one, by what the ledgers say that were put back.
std::set<MemberId> who_may_know_more(FileSystem& files, const std::filesystem::path& directory,
                                     const KeyringIdentity& identity) {
  const LedgerSet set = load_ledgers(files, directory / "ledgers", identity.consortium);
  const AdoptedCharters adopted = find_adopted(files, directory, identity.consortium);
  const Consortium consortium =
      Consortium::replay(identity.consortium, set.pointers(), adopted.charters);
  std::set<MemberId> members;
  for (const auto& [id, device] : consortium.devices()) {
    if (id != identity.device && consortium.is_active(id)) {
      members.insert(device.certificate.member);
    }
  }
  return members;
}

}  // namespace

BackupReport Vault::export_backup(const Credential& current, const std::filesystem::path& file,
                                  const Activity& activity) {
  State& state = *x_state;
  auto& [files, clock, random] = state.environment;
  const std::unique_ptr<FileLock> held = state.lock(activity);
  const LoadedKeyring loaded = load_keyring(files, state.directory, state.identity().vault);
  const OpenCompartment<ReadingKeys> reading = loaded.keyring.open_reading(current);
  state.load_record();
  state.spool_event(access_act::backup, "export", AccessOutcome::ok);
  if (!state.record->ledgers.damage.empty()) {
    const Damage& damage = state.record->ledgers.damage.front();
    throw Error(ErrorCode::damaged, damage.object + ": " + damage.cause,
                "repair the vault first, so that the backup is whole");
  }
  BackupContent content;
  content.charters = state.record->consortium.charter_refs();
  content.authority = read_sealed_authority(files, state.directory);
  content.access = find_access_logs(files, state.directory).ended;
  content.access.insert(content.access.begin(),
                        {state.access_log_name(), state.last_access_checkpoint()});
  content.witnessed = list_witnessed(files, state.directory);
  for (const Ledger& ledger : state.record->ledgers.ledgers) {
    content.ledgers.push_back(copy_ledger(ledger));
  }
  std::ranges::sort(content.ledgers, {}, &LedgerCopy::name);

  const Bytes bytes = encode_backup(loaded.keyring, reading, content, random);
  if (files.file_size(file)) {
    throw Error(ErrorCode::exists, escape(file.native()) + ": there is a file of this name",
                "give a new name; older backups are worth keeping");
  }
  write_file_atomically(files, std::filesystem::absolute(file), bytes);
  LastBackup last{clock.now(), loaded.keyring.generation()};
  if (!content.authority.empty()) last.authority = sha256(content.authority);
  save_last_backup(files, state.directory, last);
  return {bytes.size(), content.ledgers.size()};
}

RestoredBackup Vault::import_backup(const std::filesystem::path& directory_,
                                    const std::filesystem::path& file,
                                    const CredentialFor& credential_for, Environment environment) {
  FileSystem& files = environment.files;
  const std::string label = escape(file.native());
  const auto bytes = read_file(files, file, backup_bytes_max);
  if (!bytes) throw Error(ErrorCode::not_found, label + ": no such file");
  std::optional<Backup> backup = decode_backup(*bytes);
  if (!backup) {
    throw Error(ErrorCode::damaged, label + ": damaged, or not a backup of a vault",
                "use another backup");
  }
  const OpenCompartment<ReadingKeys> reading =
      backup->keyring.open_reading(credential_for(backup->keyring.slots()));
  const BackupContent content = open_backup(*backup, reading);
  const std::vector<LedgerCopy>& copies = content.ledgers;

  const KeyringIdentity identity = backup->keyring.identity();
  const std::filesystem::path directory = std::filesystem::absolute(directory_).lexically_normal();
  require_room(files, directory, identity);
  RestoredBackup result{identity.vault, false, {}};
  std::error_code error;
  std::filesystem::create_directories(directory.parent_path(), error);
  files.make_directory(directory);
  for (const char* name : {"packs", "ledgers", "tmp"}) files.make_directory(directory / name);
  result.keyring = restore_keyring(files, directory, std::move(backup->keyring));
  write_file_atomically(files, directory / marker_name, as_bytes(encode_marker(identity)));

  const std::unique_ptr<FileLock> held = files.try_lock(directory / marker_name);
  if (!held) throw Error(ErrorCode::busy, escape(directory.native()) + ": another process writes");
  const std::filesystem::path ledgers = directory / "ledgers";
  const auto log_keys = log_keys_of(copies);
  for (const LedgerCopy& copy : copies) {
    const auto log = log_keys.find(copy.name.device);
    if (log == log_keys.end()) continue;
    // One that neither copy on disk has whole stands in the way of the one that is.
    if (!is_readable(files, ledgers, copy.name, log->second)) {
      for (const char* tail : {"tail", "tail.2"}) {
        files.remove(ledgers / copy.name.id().hex() / tail);
      }
    }
    if (merge_ledger(files, ledgers, copy, log->second) > 0) {
      result.ledgers.push_back(copy.name.id());
    }
  }
  restore_sealed_authority(files, directory, content.authority);
  restore_witnessed(files, directory, content.witnessed);
  // Never fewer than are known here.
  const AdoptedCharters adopted = find_adopted(files, directory, identity.consortium);
  if (content.charters.size() > adopted.charters.size()) {
    save_adopted(files, directory, identity.consortium, content.charters);
  }
  const bool own_came_back =
      result.keyring || std::ranges::any_of(copies, [&](const LedgerCopy& copy) {
        return copy.name.device == identity.device &&
               std::ranges::find(result.ledgers, copy.name.id()) != result.ledgers.end();
      });
  if (own_came_back) {
    const std::set<MemberId> others = who_may_know_more(files, directory, identity);
    if (!others.empty()) save_unheard(files, directory, others);
    result.asks_partners = !others.empty();
    const auto log = log_keys.find(identity.device);
    if (log != log_keys.end()) {
      begin_another_log(environment, directory, content.access,
                        {{identity.consortium, {}, identity.device}, log->second});
      result.other_access_log = true;
    }
  }
  files.sync_directory(directory);
  return result;
}

void Vault::resume(const Activity& activity) {
  const std::unique_ptr<FileLock> held = x_state->lock(activity);
  x_state->spool_event(access_act::backup, "going on without partners' texts", AccessOutcome::ok);
  save_unheard(x_state->environment.files, x_state->directory, {});
}

}  // namespace muniment
