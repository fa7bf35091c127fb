// What this device knows of partners' copies: of which packs their devices have produced shards
// when they were asked, and what is to be asked next.
#pragma once

#include "vault/possessions.hpp"
#include "vault/replication.hpp"

namespace muniment {

// How old an answer may be until the next is asked for; and how old to count at all.
inline constexpr UnixHours possession_renewal_hours = 4 * 24;
inline constexpr UnixHours possession_retry_hours = 1;
inline constexpr UnixHours possession_hours_max = 30 * 24;

// Not thread-safe.
class KnownCopies {
 public:
  // `vault` must outlive it.
  explicit KnownCopies(Replication& vault);

  // At most `count` packs that are whole here, and for which it is time, of collections that the
  // device may have; each under one of these.
  [[nodiscard]] std::vector<std::pair<CollectionId, PackId>> to_ask(const DeviceId& device,
                                                                    std::size_t count);
  // Of a pack that to_ask gave last.
  void answered(const DeviceId& device, const PackId& pack, bool shown);

  // Writes down what is new. Error(io) if it cannot; then it is still new.
  void save();

 private:
  struct Place {
    LedgerId ledger;
    std::uint64_t pack = 0;
  };

  [[nodiscard]] bool is_due(const Place& place, const DeviceId& device, UnixHours now) const;

  Replication& x_vault;
  Possessions x_possessions;
  std::map<DeviceId, std::map<PackId, std::vector<Place>>> x_asked;
  bool x_changed = false;
};

// Of one collection: how many devices of others may have it, and how many of them could produce
// every pack of it that is here.
struct CopiesOf {
  std::uint64_t devices = 0;
  std::uint64_t whole = 0;
  std::optional<UnixHours> since;  // each of the whole was asked for each pack then or later

  friend bool operator==(const CopiesOf&, const CopiesOf&) = default;
};
// What it is counted from; all must outlive it.
struct CopiesSource {
  const DeviceId& self;
  const Consortium& consortium;
  std::span<const Ledger> ledgers;
  const Possessions& possessions;
  std::function<bool(const PackId&)> is_here;  // whether there is a file of the pack
  UnixHours now = 0;
};
[[nodiscard]] CopiesOf count_copies(const CollectionId& collection, const CopiesSource& source);

}  // namespace muniment
