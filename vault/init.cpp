#include <fmt/format.h>

#include "vault/consortium/founding.hpp"
#include "vault/keyring/slip39_words.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// Two words of a public list: never the user's name or the host's.
std::string made_up_name(Random& random) {
  const auto draw = random.fixed<FixedBytes<struct NameDrawTag, 8>>().prefix();
  return fmt::format("{}-{}", slip39_word(draw % slip39_word_count),
                     slip39_word(draw / slip39_word_count % slip39_word_count));
}

std::string name_or_made_up(const std::string& name, std::string_view what, Random& random) {
  if (name.empty()) return made_up_name(random);
  if (is_valid_name(name)) return name;
  throw Error(ErrorCode::usage, fmt::format("{} name '{}': not a valid name", what, escape(name)),
              "use 1 to 255 bytes of UTF-8 without control characters");
}

// Undoes what init made, unless it is told that all went well.
class Cleanup {
 public:
  Cleanup(const std::filesystem::path& directory, bool made_directory)
      : x_directory(directory), x_made_directory(made_directory) {}
  Cleanup(Cleanup&&) = delete;
  ~Cleanup() {
    if (x_kept) return;
    std::error_code ignored;
    for (const char* name :
         {"packs", "ledgers", "tmp", "keyring", "keyring.new", "keyring.2", "keyring.2.new",
          "muniment.new", "catalog.db", "catalog.db-wal", "catalog.db-shm", "catalog.db.new"}) {
      std::filesystem::remove_all(x_directory / name, ignored);
    }
    std::filesystem::remove(x_directory / marker_name, ignored);
    if (x_made_directory) std::filesystem::remove(x_directory, ignored);
  }

  void keep() noexcept { x_kept = true; }

 private:
  std::filesystem::path x_directory;
  bool x_made_directory;
  bool x_kept = false;
};

// True if it was made. Error(exists) unless the directory is absent or empty.
bool make_vault_directory(FileSystem& files, const std::filesystem::path& directory) {
  std::error_code error;
  const bool there = std::filesystem::exists(directory, error);
  if (!error && there && !std::filesystem::is_empty(directory, error)) {
    throw Error(ErrorCode::exists,
                escape(directory.native()) + ": " +
                    (files.file_size(directory / marker_name) ? "there is a vault already"
                                                              : "the directory is not empty"),
                "name a directory that does not exist yet");
  }
  if (error) throw io_error(escape(directory.native()), "look at", error.value());
  if (there) return false;
  std::filesystem::create_directories(std::filesystem::absolute(directory).parent_path(), error);
  if (error) throw io_error(escape(directory.native()), "create the folder above", error.value());
  files.make_directory(directory);
  return true;
}

}  // namespace

InitResult Vault::init(const InitOptions& options, const Credential& credential,
                       Environment environment) {
  auto& [files, clock, random] = environment;
  const std::filesystem::path directory =
      std::filesystem::absolute(options.directory).lexically_normal();
  InitResult result;
  result.member = name_or_made_up(options.member, "member", random);
  result.device = name_or_made_up(options.device, "device", random);
  Cleanup cleanup(directory, make_vault_directory(files, directory));

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

  for (const char* name : {"packs", "ledgers", "tmp"}) files.make_directory(directory / name);
  LedgerWriter ledger =
      LedgerWriter::open(files, directory / "ledgers", founded.ledger, founding.device.log);
  ledger.append(founded.entries, log_key);
  save_keyring(files, directory, created.keyring);
  static_cast<void>(Catalog::create(files, directory / "catalog.db", catalog_key,
                                    {identity.vault, identity.consortium}, random));
  // Last: with it, the directory is a vault.
  write_file_atomically(files, directory / marker_name, as_bytes(encode_marker(identity)));
  files.sync_directory(directory);
  files.sync_directory(directory.parent_path());
  cleanup.keep();
  return result;
}

}  // namespace muniment
