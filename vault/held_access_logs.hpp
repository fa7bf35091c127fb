// The access logs that are here, as partners see them: this device's own, and copies of those of
// other devices, so that what a seized or lost device did can still be read by its auditors. Copies
// have the layout of audit/FORMAT.md §1 and need no key: what stands in them is sealed.
#pragma once

#include "vault/audit/tail_writer.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"

namespace muniment {

// Not thread-safe. Needs the record.
class HeldAccessLogs {
 public:
  using Logs = std::map<LedgerName, HeldAccessLog>;

  // The vault must outlive it.
  explicit HeldAccessLogs(Vault::State& vault) : x_vault(vault) {}

  // Reads what is here. A copy that is damaged, or of a device whose certificate is not here, is
  // passed over, as if it were not here: partners bring it again.
  void load();

  // Once an hour, takes this device's own log as it is now: how much it grows within an hour is
  // shown to nobody. If it is not what witnesses saw of it, another log is begun, for which the
  // vault's lock has to be free. Returns the logs that are not what they were, those included that
  // were dropped.
  [[nodiscard]] std::vector<LedgerName> refresh();

  // Own ones that ended stand among them only if they have all that is known of them.
  [[nodiscard]] Logs& all() noexcept { return x_logs; }
  // Null if it is not here. Valid until the log is changed.
  [[nodiscard]] HeldAccessLog* find(const LedgerName& name);

  // Whether a log may be taken of which nothing is here: of a known device that does not have too
  // many.
  [[nodiscard]] bool admits(const LedgerName& name) const;
  // Adds what a partner has more of a copy, or all of one that is not here; `note` is over all of
  // it then. Error(damaged) if it is not; Error(busy) while another process writes to the log.
  void append(const LedgerName& name, std::span<const std::string> entries, const SignedNote& note);
  // More signatures on the newest checkpoint. The caller holds the vault's lock for a log of this
  // device.
  void replace_note(const LedgerName& name, const SignedNote& note);
  // Its files turned out to be damaged: as if it were not here.
  void drop(const LedgerName& name);

  // Partners have a checkpoint of this device's present log that is not of the log that is here, so
  // that this device was put back: another log goes on. Nothing happens if it is of the log. The
  // caller holds the vault's lock.
  void note_seen(const SignedNote& seen);

 private:
  void load(const LedgerName& name);
  void heal(const LedgerName& name);
  // False if that has to be tried again.
  [[nodiscard]] bool look_at_own();
  [[nodiscard]] VerifyKey<LogPurpose> key_of(const LedgerName& name) const;
  [[nodiscard]] AccessTailWriter writer_of(const LedgerName& name) const;
  [[nodiscard]] std::unique_ptr<FileLock> lock(const LedgerName& name) const;
  void require_same(const AccessTailWriter& writer, const HeldAccessLog& held) const;
  [[nodiscard]] bool is_whole(const AccessLogView& log) const;
  void show(AccessLogView log);

  Vault::State& x_vault;
  Logs x_logs;
  std::vector<LedgerName> x_changed;  // and not returned yet
  UnixSeconds x_hour = -1;            // in which the own log was shown last
};

}  // namespace muniment
