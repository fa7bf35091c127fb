// A consortium of three that shares a collection, with its keys.
#pragma once

#include <doctest/doctest.h>

#include "tests/consortium/fixture.hpp"
#include "vault/consortium/granting.hpp"

namespace muniment::test {

// A collection of member 0 in a consortium of three, with its open keys.
struct SharedCollection : ConsortiumFixture {
  SharedCollection() : ConsortiumFixture(3) {
    NewCollection collection;
    collection.record.name = "shared";
    collection.creator = members[0].device();
    const auto made = found_collection(replay(), collection, members[0].authority, random);
    append(0, made.ledger, made.entries);
    ledger = made.ledger;
    const auto open_keys =
        open_collection_keys(replay(), ledger.collection, members[0].device(), members[0].reading);
    keys.push_back(
        {id(), ledger.collection, open_keys->id_key.clone(), open_keys->chunker_key.clone(), {}});
    keys[0].epochs.push_back({1, open_keys->epochs[0].key.clone()});
  }

  [[nodiscard]] EnvelopeKeys& envelope_keys() { return keys.front(); }

  // The epoch's entry, as the envelope's keys say it is.
  [[nodiscard]] EpochEntry epoch_entry() {
    const EnvelopeEpoch& epoch = envelope_keys().epochs.back();
    return {charter_ref(),
            ledger.collection,
            epoch.number,
            epoch_commitment(envelope_keys(), epoch),
            public_key(epoch_secret_key(epoch.key)),
            {}};
  }
  // Begins another epoch in the ledger of `member`.
  void begin_epoch(std::size_t member) {
    auto& epochs = envelope_keys().epochs;
    epochs.push_back({epochs.back().number + 1, EpochKey::generate(random)});
    append(member, ledger_of(member, ledger.collection), {encode(epoch_entry())});
  }

  // A grant of the newest epoch to the device of `member`, as it should be.
  struct Draft {
    Grant grant;
    Bytes envelope;
  };
  [[nodiscard]] Draft draft(std::size_t member) {
    const EpochEntry epoch = epoch_entry();
    Draft result;
    result.envelope = seal_envelope(members[member].keys.reading, envelope_keys(), random);
    result.grant = {.consortium = id(),
                    .charter = charter_ref(),
                    .collection = ledger.collection,
                    .epoch = epoch.number,
                    .commitment = epoch.commitment,
                    .epoch_key = epoch_key_digest(epoch.public_key),
                    .to = members[member].device(),
                    .envelope = EnvelopeRef::of(result.envelope)};
    return result;
  }
  [[nodiscard]] std::string entry_of(const Draft& draft, std::initializer_list<std::size_t> by) {
    const std::string text = encode(draft.grant);
    return encode(
        GrantEntry{text, approvals(std::vector<std::size_t>(by), approval_namespace::grant, text),
                   draft.envelope});
  }
  // Appends what member 0 grants.
  void grant(const Draft& draft, std::initializer_list<std::size_t> by = {0}) {
    append(0, ledger, {entry_of(draft, by)});
  }

  [[nodiscard]] std::optional<CollectionKeys> open(std::size_t member,
                                                   RefusedGrants* refused = nullptr) {
    return open_collection_keys(replay(), ledger.collection, members[member].device(),
                                members[member].reading, refused);
  }

  void revoke(std::size_t member, std::size_t by,
              const std::map<LedgerId, std::uint64_t>& accepted = {}) {
    const std::string text =
        encode(Revocation{id(), charter_ref(), members[member].device(), accepted});
    append(by, encode(RevocationEntry{text, approve(members[by].authority, members[by].id,
                                                    approval_namespace::revoke, text)}));
  }

  // Charter 3, without the member, or with it as a reader; up to where its ledgers count.
  void leave(std::size_t member, const LedgerSizes& sizes) { depart(member, false, sizes); }
  void demote(std::size_t member, const LedgerSizes& sizes) { depart(member, true, sizes); }
  void depart(std::size_t member, bool stays, const LedgerSizes& sizes) {
    std::vector<CharterMember> listed;
    std::vector<std::size_t> by;
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != member) listed.push_back(members[i].listed());
      if (i != member || stays) by.push_back(i);
    }
    if (stays)
      listed.push_back(members[member].listed(Roles().add(Role::reader).add(Role::witness)));
    Charter charter = after(replay().charters().back(), std::move(listed));
    charter.departed.at(members[member].id) = sizes;
    append(0, encode(approved(charter, by)));
    REQUIRE(replay().charter().number == 3);
  }

  // The devices with a right in the collection, as far as somebody's grants still count.
  [[nodiscard]] std::set<Grantee> rights() {
    std::set<Grantee> result;
    for (const auto& [to, granted] : remaining_grantees(replay(), ledger.collection, {})) {
      if (std::holds_alternative<DeviceId>(to)) result.insert(to);
    }
    return result;
  }
  [[nodiscard]] std::set<Grantee> of(std::initializer_list<std::size_t> which) const {
    std::set<Grantee> result;
    for (const std::size_t member : which) result.insert(members[member].device());
    return result;
  }

  LedgerName ledger;
  std::vector<EnvelopeKeys> keys;  // one; it cannot be made empty
};

}  // namespace muniment::test
