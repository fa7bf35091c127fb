#include "vault/held_access_logs.hpp"

#include <algorithm>

#include "vault/audit/format.hpp"
#include "vault/base/assert.hpp"
#include "vault/cosigned.hpp"

namespace muniment {

namespace {

constexpr UnixSeconds hour = 3600;

// A device begins another log when it was put back; more often than this is no accident.
constexpr std::ptrdiff_t logs_per_device_max = 16;

// The caller goes on without waiting: another process holds the log for one commit at a time.
constexpr std::chrono::milliseconds lock_wait{100};

bool has_been(const AccessLogView& log, const Checkpoint& seen) {
  return seen.size <= log.size() && log.root_at(seen.size) == seen.root;
}

}  // namespace

void HeldAccessLogs::load() {
  x_logs.clear();
  for (const LedgerName& name : x_vault.access_log_names()) {
    load(name);
    const HeldAccessLog* log = find(name);
    if (log != nullptr && !log->view.damage().empty()) heal(name);
  }
}

// Others' logs may not be written again for years, which would heal them.
void HeldAccessLogs::heal(const LedgerName& name) {
  const auto held_lock =
      x_vault.environment.files.try_lock(x_vault.access_directory(name) / access_format::lock_name);
  if (!held_lock) return;
  writer_of(name).refresh();
  load(name);
}

void HeldAccessLogs::load(const LedgerName& name) {
  x_logs.erase(name);
  try {
    auto log = x_vault.access_log(name);
    if (log && is_whole(*log)) show(std::move(*log));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::unsupported) throw;
  }
}

// Of a device whose certificate is here.
VerifyKey<LogPurpose> HeldAccessLogs::key_of(const LedgerName& name) const {
  return x_vault.record->consortium.devices().at(name.device).certificate.keys.log;
}

AccessTailWriter HeldAccessLogs::writer_of(const LedgerName& name) const {
  return {x_vault.environment.files, x_vault.access_directory(name), name, key_of(name)};
}

std::unique_ptr<FileLock> HeldAccessLogs::lock(const LedgerName& name) const {
  return lock_access_log(x_vault.environment.files, x_vault.access_directory(name), lock_wait,
                         Unattended());
}

// As it was when it was looked at last.
void HeldAccessLogs::require_same(const AccessTailWriter& writer, const HeldAccessLog& held) const {
  if (writer.tail().size() == held.size()) return;
  throw Error(ErrorCode::busy,
              x_vault.log_label(held.view.name()) + ": another process wrote to it");
}

// Of a log of this device that ended, not all may be here.
bool HeldAccessLogs::is_whole(const AccessLogView& log) const {
  if (log.name().device != x_vault.identity().device) return true;
  const AccessLogs own = find_access_logs(x_vault.environment.files, x_vault.directory);
  const auto ended = std::ranges::find(own.ended, log.name(), &AccessFollows::log);
  if (ended == own.ended.end() || !ended->checkpoint) return true;
  const auto known = decode_checkpoint(ended->checkpoint->text);
  return known && has_been(log, *known);
}

void HeldAccessLogs::show(AccessLogView log) {
  SignedNote note = log.checkpoint();
  const LedgerName name = log.name();
  if (name.device == x_vault.identity().device) {
    // The log itself has its own signature alone.
    const CosignedLog known =
        find_cosigned(x_vault.environment.files, x_vault.directory, name.id());
    const auto cosigned = known.notes.find(log.size());
    if (cosigned != known.notes.end() && cosigned->second.text == note.text) {
      note = cosigned->second;
    }
  }
  x_logs.erase(name);
  x_logs.emplace(name, HeldAccessLog{std::move(log), std::move(note)});
}

std::vector<LedgerName> HeldAccessLogs::refresh() {
  const UnixSeconds now = x_vault.environment.clock.now() / hour;
  if (now != x_hour && look_at_own()) x_hour = now;
  return std::exchange(x_changed, {});
}

bool HeldAccessLogs::look_at_own() try {
  const LedgerName name = x_vault.access_log_name();
  auto log = x_vault.access_log();
  const LoggedTree tree =
      log ? Vault::State::tree_of(std::move(*log)) : LoggedTree{name, {}, 0, {}, {}};
  if (const auto lost = x_vault.find_lost(tree)) {
    const auto held_lock = x_vault.try_lock();
    if (held_lock) note_seen(*lost);
    return held_lock != nullptr;
  }
  const HeldAccessLog* shown = find(name);
  if (shown != nullptr && shown->size() == tree.size) return true;
  load(name);
  x_changed.push_back(name);
  return true;
} catch (const Error& error) {
  // That it is damaged is told by 'verify', and shown to no partner.
  if (error.code() != ErrorCode::damaged) throw;
  return true;
}

HeldAccessLog* HeldAccessLogs::find(const LedgerName& name) {
  const auto found = x_logs.find(name);
  return found == x_logs.end() ? nullptr : &found->second;
}

bool HeldAccessLogs::admits(const LedgerName& name) const {
  if (!x_vault.record->consortium.devices().contains(name.device)) return false;
  return std::ranges::count(x_logs, name.device, [](const auto& each) {
           return each.first.device;
         }) < logs_per_device_max;
}

void HeldAccessLogs::append(const LedgerName& name, std::span<const std::string> entries,
                            const SignedNote& note) {
  const HeldAccessLog* held = find(name);
  const NoteKey<LogPurpose> log = name.note_key(key_of(name));
  Frontier frontier = held == nullptr ? Frontier{} : held->view.frontier();
  for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
  const TreeHead head = frontier.head();
  if (open_checkpoint(note, log) != Checkpoint{log.name, head.size, head.root} || entries.empty()) {
    throw Error(ErrorCode::damaged,
                x_vault.log_label(name) + ": what came is not what its checkpoint says");
  }
  AccessTailWriter writer = writer_of(name);
  writer.make_directory();
  const auto held_lock = lock(name);
  if (held == nullptr) {
    writer.start_over();
  } else {
    writer.refresh();
    require_same(writer, *held);
  }
  writer.commit(entries, note);
  writer.rotate_if_long();
  load(name);
  if (name.device != x_vault.identity().device) return;
  // One that it wrote before it was put back: now it is known to its end.
  AccessLogs own = find_access_logs(x_vault.environment.files, x_vault.directory);
  if (note_end(own, name, log_signature_alone(note, log))) {
    save_access_logs(x_vault.environment.files, x_vault.directory, own);
  }
}

void HeldAccessLogs::replace_note(const LedgerName& name, const SignedNote& note) {
  HeldAccessLog* held = find(name);
  VAULT_ASSERT(held != nullptr);
  if (name.device == x_vault.identity().device) {
    held->note = note;
    return;
  }
  AccessTailWriter writer = writer_of(name);
  const auto held_lock = lock(name);
  writer.refresh();
  require_same(writer, *held);
  writer.commit({}, note);
  writer.rotate_if_long();
  load(name);
}

void HeldAccessLogs::drop(const LedgerName& name) {
  if (x_logs.erase(name) > 0) x_changed.push_back(name);
}

void HeldAccessLogs::note_seen(const SignedNote& seen) {
  const LedgerName name = x_vault.access_log_name();
  const auto checkpoint = decode_checkpoint(seen.text);
  VAULT_ASSERT(checkpoint);
  bool is_here = false;
  try {
    const auto log = x_vault.access_log();
    is_here = log && has_been(*log, *checkpoint);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
  }
  if (!is_here) x_vault.begin_another_access_log(seen);
  load(name);
  x_changed.push_back(name);
}

}  // namespace muniment
