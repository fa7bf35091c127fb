#include "vault/rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/adopted.hpp"
#include "vault/consortium/granting.hpp"
#include "vault/exchange.hpp"
#include "vault/forks.hpp"
#include "vault/keyring/age.hpp"
#include "vault/ledger/fork.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/ledger_set.hpp"
#include "vault/made_up_name.hpp"
#include "vault/new_directory.hpp"

namespace muniment {

namespace {

// The ledgers that were handed over, on disk, and what they say.
class Foundation {
 public:
  Foundation(FileSystem& files, std::filesystem::path ledgers,
             const std::vector<std::string>& texts)
      : x_files(files), x_ledgers(std::move(ledgers)) {
    std::vector<Exchange> exchanges;
    for (const std::string& text : texts) {
      auto exchange = decode_exchange(text);
      if (!exchange) {
        throw Error(ErrorCode::damaged, "a text is cut short or altered, or none of Muniment's",
                    "have it sent again, from its BEGIN line to its END line");
      }
      exchanges.push_back(std::move(*exchange));
    }
    if (exchanges.empty()) throw Error(ErrorCode::usage, "no text of a partner is given");
    x_consortium = exchanges.front().consortium;
    x_charters = exchanges.front().charters;
    std::map<DeviceId, VerifyKey<LogPurpose>> keys;
    for (const Exchange& exchange : exchanges) {
      for (const LedgerCopy& copy : exchange.ledgers) {
        if (copy.name.collection != consortium_collection) continue;
        const auto key = find_log_key(copy.entries, copy.name.device);
        if (key) keys.emplace(copy.name.device, *key);
      }
    }
    for (const Exchange& exchange : exchanges) {
      for (const LedgerCopy& copy : exchange.ledgers) {
        const auto key = keys.find(copy.name.device);
        if (key == keys.end() || copy.name.consortium != x_consortium) continue;
        merge_one(copy, key->second);
      }
    }
  }

  [[nodiscard]] const ConsortiumId& id() const noexcept { return x_consortium; }

  [[nodiscard]] Consortium replay() const {
    const LedgerSet set = load_ledgers(x_files, x_ledgers, x_consortium);
    return Consortium::replay(x_consortium, set.pointers(), x_charters);
  }

  void append(const CollectionId& collection, const DeviceId& device, const LogKey& log,
              std::span<const std::string> entries) const {
    LedgerWriter::open(x_files, x_ledgers, {x_consortium, collection, device}, verify_key(log))
        .append(entries, log);
  }

  [[nodiscard]] std::string text_of(const DeviceId& device) const {
    Exchange exchange{x_consortium, device, x_charters, std::nullopt, {}};
    const LedgerSet set = load_ledgers(x_files, x_ledgers, x_consortium);
    for (const Ledger& ledger : set.ledgers) {
      if (ledger.name().device == device) exchange.ledgers.push_back(copy_ledger(ledger));
    }
    std::ranges::sort(exchange.ledgers, {}, &LedgerCopy::name);
    return encode(exchange);
  }

  // Ledgers that were left as the first text had them, or out: a line each.
  [[nodiscard]] const std::vector<std::string>& damage() const noexcept { return x_damage; }
  // Of which two histories were handed over.
  [[nodiscard]] const std::vector<LedgerFork>& forks() const noexcept { return x_forks; }

 private:
  // What is wrong with one ledger keeps nobody from the others.
  void merge_one(const LedgerCopy& copy, const VerifyKey<LogPurpose>& log) {
    const std::string object = ledger_label(copy.name.id());
    try {
      if (auto fork = find_fork(x_files, x_ledgers, copy, log)) {
        x_damage.push_back(object + ": its device signed two histories of it; the first is kept");
        x_forks.push_back(std::move(*fork));
      } else {
        static_cast<void>(merge_ledger(x_files, x_ledgers, copy, log));
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      x_damage.emplace_back(error.what());
    }
  }

  FileSystem& x_files;
  std::filesystem::path x_ledgers;
  std::vector<std::string> x_damage;
  std::vector<LedgerFork> x_forks;
  ConsortiumId x_consortium;
  std::vector<CharterRef> x_charters;  // those that the first text's partner follows
};

MemberId find_member(const Consortium& consortium, const RecoverySecretKey& key) {
  const RecoveryPublicKey recipient = public_key(key);
  for (const auto& [member, known] : consortium.recoveries()) {
    if (known.key == recipient && consortium.charter().find(member) != nullptr) return member;
  }
  throw Error(ErrorCode::wrong_key, "these words recover no member of this consortium",
              "they may be void: only the sheet or the shares that were made last count");
}

AuthorityKey open_authority(const Consortium& consortium, const MemberId& member,
                            const RecoverySecretKey& key) {
  const auto sealed = consortium.sealed_authorities().find(member);
  if (sealed != consortium.sealed_authorities().end() && !sealed->second.empty()) {
    const auto opened = age_decrypt(key, sealed->second);
    const auto* seed = std::get_if<SecretBytes>(&opened);
    auto authority = seed != nullptr ? AuthorityKey::from_bytes(seed->view()) : std::nullopt;
    if (authority) {
      const SshPublicKey listed{SshKeyKind::ed25519, verify_key(*authority), {}};
      const auto& keys = consortium.charter().find(member)->keys;
      if (std::ranges::find(keys, listed) != keys.end()) return std::move(*authority);
    }
  }
  throw Error(ErrorCode::denied, "the member's authority key cannot be recovered with these words",
              "the charter has to list another key for the member");
}

std::string device_entry(const Consortium& consortium, const Certificate& certificate,
                         const SaltedName& name, const Custodian& self, Random& random) {
  const std::string text = encode(certificate);
  const LedgerName ledger{consortium.id(), consortium_collection, certificate.keys.id()};
  const Epoch* epoch = consortium.collections().at(consortium_collection).newest();
  if (epoch == nullptr) {
    throw Error(ErrorCode::denied, "the consortium has no epoch that this device could join",
                "a custodian has to begin a new epoch first, and send a text then");
  }
  return encode(DeviceEntry{
      text, approve(self.authority, self.member, approval_namespace::device, text),
      seal_part(epoch->public_key, ledger, Act::device, encode_device_name(name), random)});
}

}  // namespace

RebuiltVault rebuild_vault(const RebuildOptions& options, const RecoverySeed& seed,
                           const Credential& fresh, Environment environment) {
  auto& [files, clock, random] = environment;
  const std::filesystem::path directory =
      std::filesystem::absolute(options.directory).lexically_normal();
  RebuiltVault result;
  result.device = name_or_made_up(options.device, "device", random);
  NewVaultDirectory made(files, directory);
  const Foundation foundation(files, directory / "ledgers", options.texts);
  const RecoverySecretKey recovery = recovery_secret_key(seed);
  const Consortium before = foundation.replay();
  const MemberId member = find_member(before, recovery);

  ServiceKeys service = ServiceKeys::generate(random);
  ReadingKeys reading = ReadingKeys::generate(random);
  reading.authority = open_authority(before, member, recovery);
  const Custodian self{member, *reading.authority};
  const DevicePublicKeys keys{verify_key(service.transport), verify_key(service.log),
                              verify_key(service.witness), public_key(reading.reading)};
  const SaltedName name = SaltedName::make(result.device, random);
  const std::vector<std::string> first{
      device_entry(before, {foundation.id(), member, keys, name.digest(), clock.now()}, name, self,
                   random),
      encode(RecoveredEntry{foundation.id(), member, keys.id(), clock.now()})};
  foundation.append(consortium_collection, keys.id(), service.log, first);

  OpenCollections opened;
  const Consortium consortium = foundation.replay();
  for (const auto& [id, collection] : consortium.collections()) {
    auto collection_keys = open_collection_keys(consortium, id, member, recovery);
    if (collection_keys) opened.emplace(id, std::move(*collection_keys));
  }
  const Names names = open_names(consortium, opened);
  const auto member_name = names.members.find(member);
  result.member = member_name == names.members.end() ? member.hex() : member_name->second;
  for (const auto& [id, collection_keys] : opened) {
    const auto record = names.collections.find(id);
    const std::string label = id == consortium_collection         ? "consortium"
                              : record == names.collections.end() ? id.hex()
                                                                  : record->second.name;
    try {
      foundation.append(id, keys.id(), service.log,
                        grant_entries(consortium, {id, keys.id()}, collection_keys, self, random));
      result.granted.push_back(label);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied) throw;
      result.not_granted.push_back(label);
    }
  }
  result.text = foundation.text_of(keys.id());

  const KeyringIdentity identity{random.fixed<VaultId>(), keys.id(), foundation.id()};
  result.vault = identity.vault;
  const CatalogKey catalog_key = reading.catalog.clone();
  CreatedKeyring created =
      Keyring::create(identity, std::move(service), std::move(reading), random);
  created.keyring.add_slot(fresh, {Compartments::both, options.argon2id_cost}, created.unlocked,
                           random);
  created.keyring.add_slot(Credential::recovery(seed), {}, created.unlocked, random);
  save_adopted(files, directory, identity.consortium, consortium.charter_refs());
  result.damage = foundation.damage();
  made.finish(created.keyring, catalog_key, random);
  for (const LedgerFork& fork : foundation.forks()) {
    const auto forker = consortium.devices().find(fork.name.device);
    if (forker == consortium.devices().end()) continue;
    save_fork(files, directory, ForkEntry{forker->second.certificate.keys, fork});
  }
  return result;
}

}  // namespace muniment
