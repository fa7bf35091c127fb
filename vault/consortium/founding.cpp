#include "vault/consortium/founding.hpp"

#include <algorithm>
#include <iterator>

#include "vault/base/error.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/keyring/age.hpp"
#include "vault/keyring/envelope.hpp"
#include "vault/ledger/sealed_part.hpp"

namespace muniment {

namespace {

// Who begins a collection, and in whose name.
struct Founder {
  LedgerName ledger;
  MemberId member;
  CharterRef charter;
  ReadingPublicKey reading;
  std::optional<RecoveryPublicKey> recovery;
  const SigningKey<AuthorityPurpose>& authority;
};

// The first epoch of the founder's collection, with keys that only its envelopes will hold.
struct FirstEpoch {
  EnvelopeKeys keys;
  EpochEntry entry;

  static FirstEpoch make(const LedgerName& ledger, const CharterRef& charter, Random& random) {
    EnvelopeKeys keys{ledger.consortium,
                      ledger.collection,
                      IdKey::generate(random),
                      ChunkerKey::generate(random),
                      {}};
    keys.epochs.push_back({1, EpochKey::generate(random)});
    const EnvelopeEpoch& epoch = keys.epochs.front();
    EpochEntry entry{charter,
                     ledger.collection,
                     epoch.number,
                     epoch_commitment(keys, epoch),
                     public_key(epoch_secret_key(epoch.key)),
                     {}};
    return {std::move(keys), entry};
  }
};

std::string grant_entry(const Founder& founder, const FirstEpoch& epoch, const Grantee& to,
                        Bytes envelope) {
  Grant grant;
  grant.consortium = founder.ledger.consortium;
  grant.charter = founder.charter;
  grant.collection = founder.ledger.collection;
  grant.epoch = epoch.entry.number;
  grant.commitment = epoch.entry.commitment;
  grant.epoch_key = epoch_key_digest(epoch.entry.public_key);
  grant.to = to;
  grant.envelope = EnvelopeRef::of(envelope);
  const std::string text = encode(grant);
  const Approval approval =
      approve(founder.authority, founder.member, approval_namespace::grant, text);
  return encode(GrantEntry{text, {approval}, std::move(envelope)});
}

// The epoch and its grants: to the founder's device and to its member's recovery recipient.
void append_epoch(std::vector<std::string>& entries, const Founder& founder,
                  const FirstEpoch& epoch, Random& random) {
  entries.push_back(encode(epoch.entry));
  entries.push_back(grant_entry(founder, epoch, founder.ledger.device,
                                seal_envelope(founder.reading, epoch.keys, random)));
  if (!founder.recovery) return;
  entries.push_back(grant_entry(founder, epoch, founder.member,
                                seal_envelope(*founder.recovery, epoch.keys, random)));
}

Charter charter_of_one(const MemberId& member, const Sha256Digest& name_digest, UnixSeconds now,
                       const SigningKey<AuthorityPurpose>& authority) {
  Charter charter;
  charter.created = now;
  charter.expires = now + first_charter_lifetime;
  charter.members.push_back(
      {member, Roles::all(), name_digest, {{SshKeyKind::ed25519, verify_key(authority), {}}}});
  return charter;
}

}  // namespace

Founding found_consortium(const NewConsortium& consortium,
                          const SigningKey<AuthorityPurpose>& authority, Random& random) {
  const auto member = random.fixed<MemberId>();
  const SaltedName member_name = SaltedName::make(consortium.member_name, random);
  const SaltedName device_name = SaltedName::make(consortium.device_name, random);
  const std::string charter =
      encode(charter_of_one(member, member_name.digest(), consortium.now, authority));
  const LedgerName ledger{consortium_id(charter), consortium_collection, consortium.device.id()};
  const std::string certificate = encode(Certificate{ledger.consortium, member, consortium.device,
                                                     device_name.digest(), consortium.now});
  const CharterRef first{1, sha256(as_bytes(charter))};
  const FirstEpoch epoch = FirstEpoch::make(ledger, first, random);
  const auto sealed = [&](Act act, const std::string& text) {
    return seal_part(epoch.entry.public_key, ledger, act, text, random);
  };
  const auto approved = [&](std::string_view name_space, const std::string& text) {
    return approve(authority, member, name_space, text);
  };

  Founding founding{ledger, member, {}};
  founding.entries.push_back(
      encode(CharterEntry{charter,
                          {approved(approval_namespace::charter, charter)},
                          sealed(Act::charter, encode(CharterNames{{member, member_name}}))}));
  founding.entries.push_back(
      encode(DeviceEntry{certificate, approved(approval_namespace::device, certificate),
                         sealed(Act::device, encode_device_name(device_name))}));
  const Founder founder{ledger,   member, first, consortium.device.reading, consortium.recovery,
                        authority};
  std::vector<std::string> epoch_and_grants;
  append_epoch(epoch_and_grants, founder, epoch, random);
  if (consortium.recovery) {
    const std::string recipient =
        encode(RecoveryRecipient{ledger.consortium, member, *consortium.recovery, consortium.now});
    founding.entries.push_back(
        encode(RecoveryEntry{recipient, approved(approval_namespace::recovery, recipient),
                             age_encrypt(*consortium.recovery, authority.view(), random)}));
  }
  std::ranges::move(epoch_and_grants, std::back_inserter(founding.entries));
  return founding;
}

CollectionFounding found_collection(const Consortium& consortium, const NewCollection& collection,
                                    const SigningKey<AuthorityPurpose>& authority, Random& random) {
  const Certificate& certificate = consortium.devices().at(collection.creator).certificate;
  const Charter& charter = consortium.charter();
  const CharterMember* member = charter.find(certificate.member);
  if (member == nullptr || !member->roles.has(Role::custodian)) {
    throw Error(ErrorCode::denied, "creating a collection: this device's member is no custodian");
  }
  if (charter.thresholds.grant > 1) {
    throw Error(ErrorCode::denied, "creating a collection: a grant takes the approval of " +
                                       std::to_string(charter.thresholds.grant) + " custodians");
  }
  const auto nonce = random.fixed<CollectionNonce>();
  const LedgerName ledger{consortium.id(),
                          collection_id(consortium.id(), collection.creator, nonce),
                          collection.creator};
  const CharterRef ref = consortium.charters().back().ref();
  const FirstEpoch epoch = FirstEpoch::make(ledger, ref, random);
  CollectionFounding founding{ledger, {}};
  founding.entries.push_back(
      encode(CollectionEntry{ledger.collection, nonce,
                             seal_part(epoch.entry.public_key, ledger, Act::collection,
                                       encode(collection.record), random)}));
  const auto recovery = consortium.recoveries().find(member->id);
  const Founder founder{ledger,
                        member->id,
                        ref,
                        certificate.keys.reading,
                        recovery == consortium.recoveries().end()
                            ? std::nullopt
                            : std::optional(recovery->second.key),
                        authority};
  append_epoch(founding.entries, founder, epoch, random);
  return founding;
}

}  // namespace muniment
