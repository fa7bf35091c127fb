// How a Consortium is derived. Entries are sorted by act first, and then taken in the order in
// which acts rest on each other: charters, devices, revocations, collections, epochs, grants. So
// nothing depends on which ledger was read first.
#pragma once

#include "vault/consortium/consortium.hpp"
#include "vault/consortium/fork.hpp"
#include "vault/consortium/travel.hpp"

namespace muniment {

class Replay {
 public:
  Replay(const ConsortiumId& id, std::span<const Ledger* const> ledgers,
         std::span<const CharterRef> adopted);

  [[nodiscard]] Consortium finish() &&;

 private:
  struct Place {
    const Ledger* ledger = nullptr;
    std::uint64_t index = 0;
    Act act = Act::unknown;
  };

  template <class Entry>
  struct Found {
    Entry entry;
    Place place;
    Standing standing = Standing::counts;
  };

  void read(const Ledger& ledger);
  template <class Entry>
  void keep(std::vector<Found<Entry>>& list, std::optional<Entry> entry, const Place& place);

  void build_charters();
  // Those that follow the last of the chain, one entry for each text.
  [[nodiscard]] std::vector<const CharterEntry*> next_charters() const;
  void note_fork(const std::string& previous, std::span<const CharterEntry* const> entries,
                 bool decided);
  void judge_charter(const Found<CharterEntry>& found);
  void certify_devices();
  [[nodiscard]] std::optional<Refusal> certify(const Found<DeviceEntry>& found);
  void accept_recoveries();
  [[nodiscard]] std::optional<Refusal> accept(const Found<RecoveryEntry>& found);
  void note_recovered();
  [[nodiscard]] std::optional<Refusal> note(const Found<RecoveredEntry>& found);
  void note_forks();
  [[nodiscard]] std::optional<Refusal> note(const ForkEntry& entry);
  void note_journeys();
  [[nodiscard]] std::optional<Refusal> note(const Found<TravelEntry>& found);
  [[nodiscard]] std::optional<Refusal> note(const Found<ReturnedEntry>& found);
  void keep_rewrapped();
  [[nodiscard]] std::optional<Refusal> keep(const Found<RewrapEntry>& found);
  void revoke_devices();
  [[nodiscard]] std::optional<Refusal> revoke(const Found<RevocationEntry>& found);
  void begin_collections();
  [[nodiscard]] std::optional<Refusal> begin(const Found<CollectionEntry>& found);
  void begin_epochs();
  void drop_skipping_epochs();
  [[nodiscard]] std::optional<Refusal> begin(Found<EpochEntry>& found);
  void restate_records();
  [[nodiscard]] bool may_begin_first(const LedgerName& ledger, const MemberId& member) const;
  void mark_disputed_epochs();
  void approve_grants();
  [[nodiscard]] std::optional<Refusal> approve(const Found<GrantEntry>& found);

  // Whose device writes the ledger; null if nobody certified it.
  [[nodiscard]] const Device* writer_of(const Place& place) const;
  // What the place is good for by the revocation of its device.
  [[nodiscard]] Standing standing_of(const Place& place) const;
  // What it is good for by the charters after `number`, for what rests on that one.
  [[nodiscard]] Standing standing_of(const Place& place, const MemberId& member,
                                     std::uint32_t number) const;
  // By both. What was written after its end is refused as well, so that it is seen.
  [[nodiscard]] Standing judge(const Place& place, const MemberId& member, std::uint32_t number);
  // The newest charter under which the member, by itself, approved the text.
  struct ApprovedBy {
    const Charter* charter = nullptr;
    Refusal refusal = Refusal::unknown_member;  // if there is none
  };
  [[nodiscard]] ApprovedBy find_charter(const MemberId& member, std::string_view name_space,
                                        std::string_view text, const Approval& approval) const;
  [[nodiscard]] const Charter* charter_named(const CharterRef& ref) const;
  void refuse(const Place& place, Refusal refusal);
  void refuse_if(const Place& place, std::optional<Refusal> refusal);

  Consortium x_result;
  std::vector<CharterRef> x_refs;  // of the chain
  std::vector<CharterRef> x_adopted;
  std::vector<Found<CharterEntry>> x_charters;
  std::vector<Found<DeviceEntry>> x_certificates;
  std::vector<Found<RecoveryEntry>> x_recoveries;
  std::vector<Found<RecoveredEntry>> x_recovered;
  std::vector<Found<ForkEntry>> x_forks;
  std::vector<Found<TravelEntry>> x_journeys;
  std::vector<Found<ReturnedEntry>> x_returns;
  std::vector<Found<RewrapEntry>> x_rewraps;
  std::map<DeviceId, std::uint64_t> x_journey_begins;  // of the last one, in the device's ledger
  std::vector<Found<RevocationEntry>> x_revocations;
  std::vector<Found<CollectionEntry>> x_collections;
  std::vector<Found<EpochEntry>> x_epochs;
  std::vector<Found<GrantEntry>> x_grants;
};

}  // namespace muniment
