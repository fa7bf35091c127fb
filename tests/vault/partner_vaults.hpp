// Members with a vault each, opened by key files, who have nothing between them but texts; and what
// a hostile one can write with its keys beside the program.
#pragma once

#include <memory>

#include "tests/vault/opened_keys.hpp"
#include "tests/vault/sample_vault.hpp"
#include "vault/adopted.hpp"
#include "vault/consortium/founding.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/partners.hpp"

namespace muniment::test {

struct PartnerVault {
  PartnerVault(const fs::path& folder, std::string name_, std::uint64_t seed)
      : name(std::move(name_)), path(folder / name), random(seed) {
    InitOptions options;
    options.directory = path;
    options.member = name;
    options.device = "desk";
    Vault::init(options, vault_key(), environment());
  }

  [[nodiscard]] Environment environment() { return {*files, clock, random}; }
  [[nodiscard]] Vault open_locked() {
    Vault vault = Vault::open(path, environment());
    vault.set_lock_wait(std::chrono::milliseconds(0));
    return vault;
  }
  [[nodiscard]] Vault open() {
    Vault vault = open_locked();
    vault.unlock(vault_key(), activity);
    return vault;
  }

  AcceptReport accept(std::span<const std::string> texts) {
    Vault vault = open();
    return Partners(vault).accept(texts, [] { return vault_key(); }, activity);
  }
  AcceptReport accept(const std::string& text) { return accept({&text, 1}); }
  [[nodiscard]] std::string text_for(const std::string& member) {
    Vault vault = open();
    return Partners(vault).text_for(member);
  }
  [[nodiscard]] CharterInfo charter() {
    Vault vault = open();
    return Partners(vault).charter();
  }
  [[nodiscard]] bool has_todo(std::string_view words) {
    Vault vault = open();
    return contains(vault.status().todo, words);
  }
  [[nodiscard]] static bool contains(const std::vector<std::string>& lines,
                                     std::string_view words) {
    return std::ranges::any_of(
        lines, [&](const std::string& line) { return line.find(words) != std::string::npos; });
  }

  // With the keys of the vault, what the program would not write.
  [[nodiscard]] KeyringIdentity identity() { return find_marker(*files, path).identity; }
  [[nodiscard]] UnlockedKeyring keys() {
    return load_keyring(*files, path, identity().vault).keyring.unlock(vault_key());
  }
  [[nodiscard]] Consortium consortium() {
    const LedgerSet set = load_ledgers(*files, path / "ledgers", identity().consortium);
    const auto adopted = find_adopted(*files, path, identity().consortium);
    return Consortium::replay(identity().consortium, set.pointers(), adopted.charters);
  }
  [[nodiscard]] MemberId member() {
    return consortium().devices().at(identity().device).certificate.member;
  }
  [[nodiscard]] LedgerName ledger(const CollectionId& collection = consortium_collection) {
    return {identity().consortium, collection, identity().device};
  }
  void append(const LedgerName& ledger_name, const std::vector<std::string>& entries) {
    const UnlockedKeyring own = keys();
    const LogKey& log = own.service->keys.log;
    LedgerWriter::open(*files, path / "ledgers", ledger_name, verify_key(log)).append(entries, log);
  }

  // A collection, granted to the device of `to` with an envelope that is none.
  void append_bad_grant(PartnerVault& to) {
    const UnlockedKeyring own = keys();
    NewCollection wanted;
    wanted.record.name = "trap";
    wanted.creator = identity().device;
    const auto& authority = *own.reading->keys.authority;
    CollectionFounding made = found_collection(consortium(), wanted, authority, random);
    Grant grant = *decode_grant(decode_grant_entry(made.entries[2])->text);
    grant.to = to.identity().device;
    const Bytes envelope = to_bytes("no envelope");
    grant.envelope = EnvelopeRef::of(envelope);
    const std::string text = encode(grant);
    made.entries.push_back(encode(GrantEntry{
        text, {approve(authority, member(), approval_namespace::grant, text)}, envelope}));
    append(made.ledger, made.entries);
  }

  // Another device of the member, whose ledger came in; its name cannot be read.
  DeviceId add_device() {
    const UnlockedKeyring own = keys();
    const auto log = SigningKey<LogPurpose>::generate(random);
    DevicePublicKeys device;
    device.transport = verify_key(SigningKey<TransportPurpose>::generate(random));
    device.log = verify_key(log);
    device.witness = verify_key(SigningKey<WitnessPurpose>::generate(random));
    device.reading = public_key(ReadingSecretKey::generate(random));
    const MemberId owner = member();
    const LedgerName ledger_name{identity().consortium, consortium_collection, device.id()};
    const std::string text =
        encode(Certificate{ledger_name.consortium, owner, device, {}, clock.now()});
    const std::vector<std::string> entries{encode(DeviceEntry{
        text, approve(*own.reading->keys.authority, owner, approval_namespace::device, text),
        to_bytes("sealed")})};
    LedgerWriter::open(*files, path / "ledgers", ledger_name, device.log).append(entries, log);
    return ledger_name.device;
  }

  std::string name;
  fs::path path;
  std::unique_ptr<FileSystem> files = posix_file_system();
  FixedClock clock;
  FixedRandom random;
  Notices activity;
};

// The first founded it, and each next one was approved by all before it. Consortia whose seeds are
// apart share no key.
struct PartnerVaults {
  explicit PartnerVaults(std::initializer_list<const char*> names, Roles roles = Roles::all(),
                         std::uint64_t first_seed = 1)
      : seed(first_seed) {
    for (const char* name : names) {
      add(name);
      if (members.size() > 1) join(members.size() - 1, roles);
    }
  }

  PartnerVault& add(const char* name) {
    return *members.emplace_back(std::make_unique<PartnerVault>(directory.path(), name, seed++));
  }
  [[nodiscard]] PartnerVault& operator[](std::size_t index) { return *members.at(index); }

  // A text of member `by` with the next charter.
  [[nodiscard]] std::string propose(std::size_t by, const CharterChange& change) {
    Vault vault = members[by]->open();
    return Partners(vault).propose(change, members[by]->activity);
  }
  // Approved by all that are named, adopted by the first, and told to everybody.
  void adopt(const std::string& proposal, std::initializer_list<std::size_t> approvers) {
    std::vector<std::string> texts{proposal};
    for (const std::size_t approver : approvers) {
      Vault vault = members[approver]->open();
      texts.push_back(Partners(vault).approve(proposal, std::nullopt));
    }
    const std::string news = members[0]->accept(texts).reply;
    for (std::size_t i = 1; i < members.size(); ++i) members[i]->accept(news);
  }
  // By the first, with the approval of all who came before; or by others.
  void join(std::size_t joiner, const Roles& roles) {
    std::vector<std::size_t> by;
    for (std::size_t i = 0; i < joiner; ++i) by.push_back(i);
    join(joiner, roles, by);
  }
  void join(std::size_t joiner, const Roles& roles, std::span<const std::size_t> by) {
    std::string card;
    {
      Vault vault = members[joiner]->open();
      card = Partners(vault).card();
    }
    CharterChange change;
    change.add.push_back(*decode_card(card));
    change.added_roles = roles;
    const std::string invitation = propose(by[0], change);
    std::vector<std::string> texts{members[joiner]->accept(invitation).reply};
    for (const std::size_t approver : by.subspan(1)) {
      Vault vault = members[approver]->open();
      texts.push_back(Partners(vault).approve(invitation, std::nullopt));
    }
    const std::string welcome = members[by[0]]->accept(texts).reply;
    members[joiner]->accept(welcome);
    for (const std::size_t approver : by.subspan(1)) members[approver]->accept(welcome);
  }

  TemporaryDirectory directory;
  std::uint64_t seed;
  std::vector<std::unique_ptr<PartnerVault>> members;
};

}  // namespace muniment::test
