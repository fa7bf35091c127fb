#include "vault/consortium/founding.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/made_up_name.hpp"
#include "vault/new_directory.hpp"
#include "vault/state.hpp"

namespace muniment {

InitResult Vault::init(const InitOptions& options, const Credential& credential,
                       Environment environment) {
  auto& [files, clock, random] = environment;
  const std::filesystem::path directory =
      std::filesystem::absolute(options.directory).lexically_normal();
  InitResult result;
  result.member = name_or_made_up(options.member, "member", random);
  result.device = name_or_made_up(options.device, "device", random);
  NewVaultDirectory made(files, directory);

  ServiceKeys service = ServiceKeys::generate(random);
  ReadingKeys reading = ReadingKeys::generate(random);
  reading.authority = AuthorityKey::generate(random);

  // A key file is for machines, whose keeper backs it up; people get a sheet of paper.
  std::optional<RecoverySeed> seed;
  if (credential.kind() == CredentialKind::passphrase) {
    seed = RecoverySeed::generate(random);
    result.recovery_words = recovery_words(*seed, random);
  }

  NewConsortium founding;
  founding.member_name = result.member;
  founding.device_name = result.device;
  founding.device = {verify_key(service.transport), verify_key(service.log),
                     verify_key(service.witness), public_key(reading.reading)};
  if (seed) founding.recovery = public_key(recovery_secret_key(*seed));
  founding.now = clock.now();
  const Founding founded = found_consortium(founding, *reading.authority, random);

  const KeyringIdentity identity{random.fixed<VaultId>(), founded.ledger.device,
                                 founded.ledger.consortium};
  result.vault = identity.vault;
  const LogKey log_key = service.log.clone();
  const CatalogKey catalog_key = reading.catalog.clone();
  CreatedKeyring created =
      Keyring::create(identity, std::move(service), std::move(reading), random);
  created.keyring.add_slot(credential, {Compartments::both, options.argon2id_cost},
                           created.unlocked, random);
  if (seed) {
    created.keyring.add_slot(Credential::recovery(*seed), {Compartments::both, {}},
                             created.unlocked, random);
  }

  LedgerWriter ledger =
      LedgerWriter::open(files, directory / "ledgers", founded.ledger, founding.device.log);
  ledger.append(founded.entries, log_key);
  made.finish(created.keyring, catalog_key, random);
  return result;
}

}  // namespace muniment
