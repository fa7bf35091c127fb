// What a custodian writes: grants, new epochs, revocations. Pure: the caller appends the entries.
#pragma once

#include <set>

#include "vault/consortium/consortium.hpp"
#include "vault/consortium/keys.hpp"

namespace muniment {

// In whose name grants are approved.
struct Custodian {
  MemberId member;
  const SigningKey<AuthorityPurpose>& authority;
};

// Error(denied) unless the newest charter lets this one member grant: it is a custodian, and one is
// enough.
void require_custodian(const Consortium& consortium, const MemberId& member);

struct WantedGrant {
  CollectionId collection;
  Grantee to;
  Rights rights = Rights::read;
  bool history = true;  // with the keys of earlier epochs, as far as `keys` has them
  std::string name{};   // what a depositor shall call the collection; for Rights::deposit only
};

// The entries that give `to` its rights, to the epoch that is sealed to now. Where an earlier epoch
// number has two epochs, since two custodians began one at once, it takes a grant for each of them.
// Error(denied) if the device was revoked or nobody vouches for it, or the custodian may not grant,
// or `keys` do not hold the epoch.
[[nodiscard]] std::vector<std::string> grant_entries(const Consortium& consortium,
                                                     const WantedGrant& wanted,
                                                     const CollectionKeys& keys,
                                                     const Custodian& custodian, Random& random);

// Who will not be given a new epoch, though nothing in the ledgers says so yet.
using Excluded = std::set<Grantee>;

// The rights that each grantee has in a collection by any grant so far: devices that are active and
// do not travel without it, recovery recipients of present members; without the excluded.
//
// Grants that are past give none. But where a charter does not say up to where their ledger counts,
// those below its size in `known` do: they were here before the charter was.
[[nodiscard]] std::map<Grantee, Rights> remaining_grantees(const Consortium& consortium,
                                                           const CollectionId& collection,
                                                           const Excluded& excluded,
                                                           const LedgerSizes& known = {});

struct WantedEpoch {
  LedgerName ledger;  // of the custodian's device, in which the entries will stand
  const Excluded& excluded;
  // Repeated for who cannot read what the creator sealed; none for the built-in collection.
  std::optional<CollectionRecord> record;
  LedgerSizes known = {};  // as for remaining_grantees
};

// A new epoch, granted to all who remain: one entry for the epoch, one a grantee. Error(denied) if
// the custodian may not grant.
[[nodiscard]] std::vector<std::string> epoch_entries(const Consortium& consortium,
                                                     const WantedEpoch& wanted,
                                                     const CollectionKeys& keys,
                                                     const Custodian& custodian, Random& random);

// Collections with an epoch to whose present one nothing may be sealed (Consortium::sealing_epoch),
// once the excluded are gone; and those in which somebody's rights rest on what only `known` tells
// (remaining_grantees).
[[nodiscard]] std::vector<CollectionId> stale_collections(const Consortium& consortium,
                                                          const Excluded& excluded,
                                                          const LedgerSizes& known = {});

// The epochs whose keys `to` was granted.
[[nodiscard]] std::set<EpochCommitment> held_epochs(const Consortium& consortium,
                                                    const CollectionId& collection,
                                                    const Grantee& to);

// The epochs of `collection` whose keys everybody was granted who may read its present one, but for
// the excluded: what is stored for them need not be stored again.
[[nodiscard]] std::set<EpochCommitment> shared_epochs(const Consortium& consortium,
                                                      const CollectionId& collection,
                                                      const Excluded& excluded);

// That `recipient` recovers the member from now on, and the member's authority key sealed to it.
[[nodiscard]] std::string recovery_entry(const Consortium& consortium,
                                         const RecoveryPublicKey& recipient, UnixSeconds now,
                                         const Custodian& by, Random& random);

// The end of `device`, of whose ledgers nothing is accepted past the sizes in `accepted`.
[[nodiscard]] std::string revocation_entry(const Consortium& consortium, const DeviceId& device,
                                           const LedgerSizes& accepted, const Custodian& by);

}  // namespace muniment
