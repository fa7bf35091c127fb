// Devices vouching for each other's logs by files alone: who asks, who signs, what comes back, and
// how many are enough. A further part of the facade; sync and bundles vouch for ledgers by
// themselves, access logs are vouched for here.
#pragma once

#include "vault/consortium/quorum.hpp"
#include "vault/vault.hpp"
#include "vault/witness_text.hpp"

namespace muniment {

struct LoggedTree;

// What is said of one log, in a text that was made, answered or taken in.
struct WitnessNews {
  std::string log;  // "access log of bbc/desk", for people
  std::string origin;
  std::uint64_t size = 0;  // of the checkpoint that was asked for
  WitnessVerdict verdict = WitnessVerdict::cosigned;
  std::string explanation;  // see explain()
};

struct WitnessRequestReport {
  std::string text;  // empty if nobody has to be asked
  std::vector<std::string> logs;
  std::vector<std::string> witnesses;  // their devices
  // Why of this device's ledgers nothing is asked; empty if it is.
  std::string withheld;
  std::vector<std::string> damage;  // a line each
};

struct WitnessSignReport {
  std::string text;  // the reply; empty if nothing was asked of this device
  std::string from;  // whose logs they are: a device
  std::vector<WitnessNews> logs;
};

struct WitnessImportReport {
  std::string from;  // a device
  std::vector<WitnessNews> logs;
  std::uint64_t signatures = 0;   // that were not known here
  bool outdated = false;          // another request fits what the witness has
  std::vector<std::string> news;  // of access logs that ended, a line each
  std::vector<std::string> damage;
};

// The vault must be unlocked.
class Witnessing {
 public:
  // The vault must outlive it.
  explicit Witnessing(Vault& vault) : x_vault(vault) {}

  // For all witnesses of other members: the newest checkpoint of each of this device's ledgers and
  // of its access log, if the witness has not cosigned it yet. If what witnesses cosigned is not
  // here any more, this device was put back to an older state: then the access log goes on in
  // another one, and of a ledger nothing is shown before the witness's text was taken in.
  [[nodiscard]] WitnessRequestReport request(const Activity& activity);

  // As a witness: checks, remembers, signs what the text asks of this device. Refusals are in the
  // reply, and both in the access log. Error(denied) if this device is no witness; Error(damaged)
  // if it is no request.
  [[nodiscard]] WitnessSignReport sign(const std::string& text, Activity& activity);

  // Takes in a witness's reply: each signature is verified, and kept with the log.
  [[nodiscard]] WitnessImportReport import(const std::string& text, Activity& activity);

  // C2SP tlog-policy text for this device's ledger of the collection, or for its access log.
  [[nodiscard]] std::string policy(const std::optional<std::string>& collection);

 private:
  struct Imported;
  // What others saw of one of this device's logs, and is not here.
  struct Forgotten {
    LedgerName log;
    SignedNote seen;             // signed by the log
    std::optional<MemberId> by;  // who has to be heard
  };
  [[nodiscard]] Vault::State& state() const;
  // The access log is the last.
  [[nodiscard]] std::vector<LoggedTree> own_logs() const;
  [[nodiscard]] WitnessQuorum quorum() const;
  void add_asks(const LoggedTree& log, WitnessRequest& request, WitnessRequestReport& report) const;
  void tell_forks(std::span<const WitnessAnswer> answers, Activity& activity);
  void take(const WitnessAnswer& answer, const DeviceId& witness,
            const NoteKey<WitnessPurpose>& key, const LoggedTree& log, WitnessImportReport& report,
            std::vector<Forgotten>& forgotten);
  void note_own_fork(const ForkEntry& fork, WitnessImportReport& report);
  [[nodiscard]] std::vector<Forgotten> forgotten() const;
  // The caller holds the vault's lock, and no permit is alive.
  void go_on_without(std::span<const Forgotten> logs, std::vector<std::string>& damage);
  void take_reply(const WitnessReply& reply, WitnessImportReport& report,
                  std::vector<Forgotten>& forgotten);
  void note_end_of(const WitnessAnswer& answer, const DeviceId& witness,
                   const NoteKey<WitnessPurpose>& key, WitnessImportReport& report);

  Vault& x_vault;
};

}  // namespace muniment
