#include "vault/consortium/granting.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/consortium/deposit.hpp"
#include "vault/keyring/age.hpp"
#include "vault/keyring/envelope.hpp"
#include "vault/ledger/sealed_part.hpp"

namespace muniment {

namespace {

// An envelope's content: of each number one epoch.
EnvelopeKeys envelope_keys(const Consortium& consortium, const CollectionId& collection,
                           const CollectionKeys& keys) {
  return {consortium.id(), collection, keys.id_key.clone(), keys.chunker_key.clone(), {}};
}

const Epoch& known_epoch(const Consortium& consortium, const CollectionId& collection,
                         const EpochCommitment& commitment) {
  const auto& epochs = consortium.collections().at(collection).epochs;
  return *std::ranges::find(epochs, commitment, &Epoch::commitment);
}

// Whether there is one epoch of this number; two custodians may have begun one at once.
bool is_alone(const Collection& collection, std::uint32_t number) {
  return std::ranges::count(collection.epochs, number, &Epoch::number) == 1;
}

Bytes seal_to(const Consortium& consortium, const Grantee& to, const EnvelopeKeys& keys,
              Random& random) {
  if (const auto* device = std::get_if<DeviceId>(&to)) {
    return seal_envelope(consortium.devices().at(*device).certificate.keys.reading, keys, random);
  }
  return seal_envelope(consortium.recoveries().at(std::get<MemberId>(to)).key, keys, random);
}

struct GrantFacts {
  const Consortium& consortium;
  const CollectionId& collection;
  const Custodian& custodian;
  Random& random;
};

// `envelope` is empty where the rights need none.
std::string write_grant(const GrantFacts& facts, const Epoch& epoch, const WantedGrant& wanted,
                        Bytes envelope) {
  Grant grant;
  grant.consortium = facts.consortium.id();
  grant.charter = facts.consortium.charters().back().ref();
  grant.collection = facts.collection;
  grant.epoch = epoch.number;
  grant.commitment = epoch.commitment;
  grant.epoch_key = epoch_key_digest(epoch.public_key);
  grant.to = wanted.to;
  grant.rights = wanted.rights;
  grant.history = wanted.history;
  if (!envelope.empty()) grant.envelope = EnvelopeRef::of(envelope);
  const std::string text = encode(grant);
  Bytes label;
  if (const auto* device = std::get_if<DeviceId>(&wanted.to); device && !wanted.name.empty()) {
    label = seal_label(facts.consortium.devices().at(*device).certificate.keys.reading,
                       facts.collection, *device, wanted.name, facts.random);
  }
  return encode(GrantEntry{
      text,
      {approve(facts.custodian.authority, facts.custodian.member, approval_namespace::grant, text)},
      std::move(envelope),
      std::move(label)});
}

void require_grantee(const Consortium& consortium, const CollectionId& collection,
                     const Grantee& to) {
  if (const auto* member = std::get_if<MemberId>(&to)) {
    if (consortium.recoveries().contains(*member) && consortium.charter().find(*member)) return;
    throw Error(ErrorCode::denied, "member " + member->hex() + ": it has no recovery recipient");
  }
  const DeviceId& device = std::get<DeviceId>(to);
  if (consortium.is_left_behind(collection, device)) {
    throw Error(ErrorCode::denied,
                "device " + device.hex() + ": it travels without this collection",
                "when it is back, take in what its 'muniment key return' prints");
  }
  if (consortium.is_active(device)) return;
  throw Error(ErrorCode::denied,
              "device " + device.hex() +
                  (consortium.devices().contains(device) ? ": it was revoked, or its member left"
                                                         : ": no member vouches for it"),
              "take in what its member sent with 'muniment accept FILE' first");
}

}  // namespace

void require_custodian(const Consortium& consortium, const MemberId& member) {
  const Charter& charter = consortium.charter();
  const CharterMember* found = charter.find(member);
  if (found == nullptr || !found->roles.has(Role::custodian)) {
    throw Error(ErrorCode::denied, "this device's member is no custodian, and cannot grant");
  }
  if (charter.thresholds.grant > 1) {
    throw Error(ErrorCode::denied, "a grant takes the approval of " +
                                       std::to_string(charter.thresholds.grant) + " custodians");
  }
}

std::vector<std::string> grant_entries(const Consortium& consortium, const WantedGrant& wanted,
                                       const CollectionKeys& keys, const Custodian& custodian,
                                       Random& random) {
  require_custodian(consortium, custodian.member);
  require_grantee(consortium, wanted.collection, wanted.to);
  const GrantFacts facts{consortium, wanted.collection, custodian, random};
  const Epoch& current = consortium.sealing_epoch(wanted.collection);
  if (wanted.rights != Rights::read) return {write_grant(facts, current, wanted, {})};
  if (keys.find(current.commitment) == nullptr) {
    throw Error(ErrorCode::denied, "collection " + wanted.collection.hex() +
                                       ": this device does not hold its present epoch");
  }
  std::vector<std::string> entries;
  EnvelopeKeys main = envelope_keys(consortium, wanted.collection, keys);
  for (const OpenEpoch& epoch : keys.epochs) {
    const bool is_current = epoch.commitment == current.commitment;
    if (!is_current && (!wanted.history || epoch.number > current.number)) continue;
    // The present one stands last. Of several with one number each has a grant that names it, else
    // nobody could tell from the ledgers who holds which.
    if (!is_current && !is_alone(consortium.collections().at(wanted.collection), epoch.number)) {
      EnvelopeKeys alone = envelope_keys(consortium, wanted.collection, keys);
      alone.epochs.push_back({epoch.number, epoch.key.clone()});
      WantedGrant extra = wanted;
      extra.history = false;
      entries.push_back(write_grant(facts,
                                    known_epoch(consortium, wanted.collection, epoch.commitment),
                                    extra, seal_to(consortium, wanted.to, alone, random)));
    } else {
      main.epochs.push_back({epoch.number, epoch.key.clone()});
    }
  }
  entries.push_back(
      write_grant(facts, current, wanted, seal_to(consortium, wanted.to, main, random)));
  return entries;
}

namespace {

bool gives_rights(const ApprovedGrant& approved, const LedgerSizes& known) {
  if (approved.standing == Standing::counts) return true;
  const auto size = known.find(approved.ledger);
  return approved.standing == Standing::unstated && size != known.end() &&
         approved.index < size->second;
}

}  // namespace

std::map<Grantee, Rights> remaining_grantees(const Consortium& consortium,
                                             const CollectionId& collection,
                                             const Excluded& excluded, const LedgerSizes& known) {
  std::map<Grantee, Rights> remaining;
  for (const ApprovedGrant& approved : consortium.collections().at(collection).grants) {
    if (!gives_rights(approved, known)) continue;
    const Grantee& to = approved.grant.to;
    const auto* device = std::get_if<DeviceId>(&to);
    const bool present =
        device != nullptr
            ? consortium.is_active(*device) && !consortium.is_left_behind(collection, *device)
            : consortium.charter().find(std::get<MemberId>(to)) != nullptr;
    if (!present || excluded.contains(to)) continue;
    const auto [at, fresh] = remaining.emplace(to, approved.grant.rights);
    // Each right includes those after it.
    if (!fresh) at->second = std::min(at->second, approved.grant.rights);
  }
  return remaining;
}

std::vector<std::string> epoch_entries(const Consortium& consortium, const WantedEpoch& wanted,
                                       const CollectionKeys& keys, const Custodian& custodian,
                                       Random& random) {
  require_custodian(consortium, custodian.member);
  const CollectionId& collection = wanted.ledger.collection;
  const GrantFacts facts{consortium, collection, custodian, random};
  EnvelopeKeys fresh = envelope_keys(consortium, collection, keys);
  const std::uint32_t number =
      epoch_after(consortium.collections().at(collection).epochs.back().number);
  fresh.epochs.push_back({number, EpochKey::generate(random)});
  const Epoch epoch{number, epoch_commitment(fresh, fresh.epochs.front()),
                    public_key(epoch_secret_key(fresh.epochs.front().key))};
  EpochEntry entry{consortium.charters().back().ref(),
                   collection,
                   number,
                   epoch.commitment,
                   epoch.public_key,
                   {}};
  if (wanted.record) {
    entry.sealed =
        seal_part(epoch.public_key, wanted.ledger, Act::epoch, encode(*wanted.record), random);
  }
  std::vector<std::string> entries{encode(entry)};
  for (const auto& [to, rights] :
       remaining_grantees(consortium, collection, wanted.excluded, wanted.known)) {
    Bytes envelope;
    if (rights == Rights::read) envelope = seal_to(consortium, to, fresh, random);
    // Who has earlier epochs keeps them by its earlier grants.
    entries.push_back(
        write_grant(facts, epoch, {collection, to, rights, false}, std::move(envelope)));
  }
  return entries;
}

std::vector<CollectionId> stale_collections(const Consortium& consortium, const Excluded& excluded,
                                            const LedgerSizes& known) {
  std::vector<CollectionId> stale;
  for (const auto& [id, collection] : consortium.collections()) {
    if (collection.epochs.empty()) continue;
    try {
      const Epoch& epoch = consortium.sealing_epoch(id);
      const bool reads = std::ranges::any_of(collection.grants, [&](const ApprovedGrant& approved) {
        return approved.grant.commitment == epoch.commitment &&
               approved.grant.rights == Rights::read && excluded.contains(approved.grant.to);
      });
      const bool rests_on_known = remaining_grantees(consortium, id, excluded, known) !=
                                  remaining_grantees(consortium, id, excluded);
      if (reads || rests_on_known) stale.push_back(id);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied) throw;
      stale.push_back(id);
    }
  }
  return stale;
}

namespace {

// Whether a grant's envelope has the key of `epoch`, which is `alone` with its number: of several,
// envelopes with history hold none.
bool covers(const Grant& grant, const Epoch& epoch, bool alone) {
  if (grant.rights != Rights::read) return false;
  if (grant.commitment == epoch.commitment) return true;
  return grant.history && alone && grant.epoch > epoch.number;
}

}  // namespace

std::set<EpochCommitment> shared_epochs(const Consortium& consortium,
                                        const CollectionId& collection, const Excluded& excluded) {
  const std::vector<Epoch>& epochs = consortium.collections().at(collection).epochs;
  const std::vector<ApprovedGrant>& grants = consortium.collections().at(collection).grants;
  const auto remaining = remaining_grantees(consortium, collection, excluded);
  std::set<EpochCommitment> shared;
  for (const Epoch& epoch : epochs) {
    const bool alone = is_alone(consortium.collections().at(collection), epoch.number);
    std::set<Grantee> holders;
    for (const ApprovedGrant& approved : grants) {
      if (covers(approved.grant, epoch, alone)) holders.insert(approved.grant.to);
    }
    const bool all = std::ranges::all_of(remaining, [&](const auto& grantee) {
      return grantee.second != Rights::read || holders.contains(grantee.first);
    });
    if (all) shared.insert(epoch.commitment);
  }
  return shared;
}

std::set<EpochCommitment> held_epochs(const Consortium& consortium, const CollectionId& collection,
                                      const Grantee& to) {
  const Collection& facts = consortium.collections().at(collection);
  std::set<EpochCommitment> held;
  for (const Epoch& epoch : facts.epochs) {
    const bool alone = is_alone(facts, epoch.number);
    const bool has = std::ranges::any_of(facts.grants, [&](const ApprovedGrant& approved) {
      return approved.grant.to == to && covers(approved.grant, epoch, alone);
    });
    if (has) held.insert(epoch.commitment);
  }
  return held;
}

std::string recovery_entry(const Consortium& consortium, const RecoveryPublicKey& recipient,
                           UnixSeconds now, const Custodian& by, Random& random) {
  // The latest one counts, even if the clock was set back since.
  const auto known = consortium.recoveries().find(by.member);
  const UnixSeconds created =
      known == consortium.recoveries().end() ? now : std::max(now, known->second.created + 1);
  const std::string text =
      encode(RecoveryRecipient{consortium.id(), by.member, recipient, created});
  return encode(RecoveryEntry{text,
                              approve(by.authority, by.member, approval_namespace::recovery, text),
                              age_encrypt(recipient, by.authority.view(), random)});
}

std::string revocation_entry(const Consortium& consortium, const DeviceId& device,
                             const LedgerSizes& accepted, const Custodian& by) {
  Revocation revocation;
  revocation.consortium = consortium.id();
  revocation.charter = consortium.charters().back().ref();
  revocation.device = device;
  revocation.accepted = accepted;
  const std::string text = encode(revocation);
  return encode(
      RevocationEntry{text, approve(by.authority, by.member, approval_namespace::revoke, text)});
}

}  // namespace muniment
