// A consortium of some members with a device each, whose ledgers lie in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fixed.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/consortium/fork.hpp"
#include "vault/consortium/founding.hpp"
#include "vault/consortium/keys.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/ledger/writer.hpp"

namespace muniment::test {

constexpr UnixSeconds test_time = 1'700'000'000;

using AuthorityKey = SigningKey<AuthorityPurpose>;

// A member, its authority, and the secret keys of its one device.
struct TestMember {
  explicit TestMember(Random& random)
      : id(random.fixed<MemberId>()),
        authority(AuthorityKey::generate(random)),
        log(SigningKey<LogPurpose>::generate(random)),
        reading(ReadingSecretKey::generate(random)),
        recovery(RecoverySecretKey::generate(random)) {
    keys.transport = verify_key(SigningKey<TransportPurpose>::generate(random));
    keys.log = verify_key(log);
    keys.witness = verify_key(SigningKey<WitnessPurpose>::generate(random));
    keys.reading = public_key(reading);
    name = SaltedName::make("Newsroom " + id.hex(), random);
    device_name = SaltedName::make("desk of " + id.hex(), random);
  }

  [[nodiscard]] DeviceId device() const { return keys.id(); }
  [[nodiscard]] SshPublicKey ssh_key() const {
    return {SshKeyKind::ed25519, verify_key(authority), {}};
  }
  [[nodiscard]] CharterMember listed(Roles roles = Roles::all()) const {
    return {id, roles, name.digest(), {ssh_key()}};
  }

  MemberId id;
  AuthorityKey authority;
  SigningKey<LogPurpose> log;
  ReadingSecretKey reading;
  RecoverySecretKey recovery;
  DevicePublicKeys keys;
  SaltedName name;
  SaltedName device_name;
};

class ConsortiumFixture {
 public:
  // Member 0 founds it. With `count` above 1, charter number 2 takes in the others, as custodians
  // too, with a threshold of more than half, and each has a certified device.
  explicit ConsortiumFixture(std::size_t count = 1) {
    files.make_directory("ledgers");
    for (std::size_t i = 0; i < count; ++i) members.emplace_back(random);
    TestMember& founder = members.front();
    founding = found_consortium({.member_name = founder.name.name,
                                 .device_name = founder.device_name.name,
                                 .device = founder.keys,
                                 .recovery = public_key(founder.recovery),
                                 .now = test_time},
                                founder.authority, random);
    founder.id = founding.member;
    append(0, founding.ledger, founding.entries);
    founder.name = first_name();
    if (count > 1) take_in_others();
  }

  [[nodiscard]] const ConsortiumId& id() const { return founding.ledger.consortium; }
  [[nodiscard]] LedgerName ledger_of(std::size_t member,
                                     const CollectionId& collection = consortium_collection) const {
    return {id(), collection, members[member].device()};
  }

  // Commits entries to a ledger of the member's device.
  void append(std::size_t member, const LedgerName& ledger,
              const std::vector<std::string>& entries) {
    const auto& log = members[member].log;
    LedgerWriter::open(files, "ledgers", ledger, verify_key(log)).append(entries, log);
    keys_of_ledgers.insert_or_assign(ledger, verify_key(log));
  }
  void append(std::size_t member, const std::string& entry) {
    append(member, ledger_of(member), {entry});
  }

  // The proof that the member's device signed a second history of its ledger; that the history is
  // another one from the first entry on.
  [[nodiscard]] ForkEntry fork_of(std::size_t member) {
    const TestMember& owner = members[member];
    const LedgerName name = ledger_of(member);
    const LedgerCopy second =
        sign_first_commit(name, {"muniment/test/v1\none\n", "two", "three"}, owner.log);
    return {owner.keys, *find_fork(files, "ledgers", second, verify_key(owner.log))};
  }

  // With all ledgers, or without those of some devices.
  [[nodiscard]] Consortium replay(std::span<const DeviceId> without = {},
                                  std::span<const CharterRef> adopted = {}) {
    opened.clear();
    std::vector<const Ledger*> ledgers;
    for (const auto& [name, key] : keys_of_ledgers) {
      if (std::ranges::find(without, name.device) != without.end()) continue;
      opened.push_back(*Ledger::find(files, "ledgers", name, key));
    }
    for (const Ledger& ledger : opened) ledgers.push_back(&ledger);
    return Consortium::replay(id(), ledgers, adopted);
  }
  // What is refused beyond what founding leaves, which is nothing.
  [[nodiscard]] std::vector<Refusal> refusals() {
    std::vector<Refusal> result;
    const Consortium now = replay();
    for (const RefusedEntry& refused : now.refused()) result.push_back(refused.refusal);
    return result;
  }

  [[nodiscard]] std::vector<Approval> approvals(std::span<const std::size_t> by,
                                                std::string_view name_space,
                                                std::string_view text) const {
    std::vector<Approval> result;
    for (const std::size_t member : by) {
      result.push_back(approve(members[member].authority, members[member].id, name_space, text));
    }
    std::ranges::sort(result, {}, &Approval::member);
    return result;
  }

  // A charter that follows `before`, with these members; a threshold of more than half. Of who
  // departs by it, it names no ledger.
  [[nodiscard]] static Charter after(const ApprovedCharter& before,
                                     std::vector<CharterMember> listed) {
    Charter charter;
    charter.number = before.charter.number + 1;
    charter.previous = sha256(as_bytes(before.text));
    charter.created = before.charter.created + 1;
    charter.expires = before.charter.expires + 1;
    charter.thresholds.charter = static_cast<std::uint32_t>(listed.size() / 2 + 1);
    charter.thresholds.witness = charter.thresholds.charter;
    std::ranges::sort(listed, {}, &CharterMember::id);
    charter.members = std::move(listed);
    for (const MemberId& member : departing(before.charter, charter)) charter.departed[member];
    return charter;
  }
  [[nodiscard]] CharterEntry approved(const Charter& charter,
                                      std::span<const std::size_t> by) const {
    const std::string text = encode(charter);
    return {text, approvals(by, approval_namespace::charter, text), to_bytes("not opened")};
  }

  [[nodiscard]] std::string certificate_entry(std::size_t member) {
    const TestMember& owner = members[member];
    const std::string text =
        encode(Certificate{id(), owner.id, owner.keys, owner.device_name.digest(), test_time});
    return encode(DeviceEntry{text,
                              approve(owner.authority, owner.id, approval_namespace::device, text),
                              sealed(member, Act::device, encode_device_name(owner.device_name))});
  }
  [[nodiscard]] CharterRef charter_ref() { return replay().charters().back().ref(); }

  // To the built-in collection's first epoch.
  [[nodiscard]] Bytes sealed(std::size_t member, Act act, const std::string& text) {
    const Consortium now = replay();
    const Epoch& epoch = now.collections().at(consortium_collection).epochs.front();
    return seal_part(epoch.public_key, ledger_of(member), act, text, random);
  }

  FixedRandom random{20};
  MemoryFileSystem files;
  std::vector<TestMember> members;
  Founding founding;
  std::map<LedgerName, VerifyKey<LogPurpose>> keys_of_ledgers;
  std::vector<Ledger> opened;

 private:
  // The founder's name with the salt that founding gave it.
  [[nodiscard]] SaltedName first_name() {
    const Consortium now = replay();
    const auto keys =
        open_collection_keys(now, consortium_collection, members[0].device(), members[0].reading);
    const SealedPart& part = now.member_names().front();
    const auto text = open_part(epoch_secret_key(keys->epochs.front().key), part.ledger,
                                Act::charter, part.sealed);
    return decode_charter_names(*text)->at(members[0].id);
  }

  void take_in_others() {
    std::vector<CharterMember> listed;
    std::vector<std::size_t> everybody;
    CharterNames names;
    for (const TestMember& member : members) {
      everybody.push_back(listed.size());
      listed.push_back(member.listed());
      names.emplace(member.id, member.name);
    }
    const Consortium now = replay();
    CharterEntry entry = approved(after(now.charters().back(), listed), everybody);
    entry.sealed = sealed(0, Act::charter, encode(names));
    append(0, encode(entry));
    for (std::size_t i = 1; i < members.size(); ++i) append(i, certificate_entry(i));
  }
};

}  // namespace muniment::test
