// Opening and making the catalog's file, and telling whose it is.
#include <fmt/format.h>

#include "vault/base/error.hpp"
#include "vault/catalog/catalog.hpp"
#include "vault/catalog/schema.hpp"

namespace muniment {

namespace {

using PageKey = SecretKey<struct CatalogPagePurpose>;

PageKey page_key(const CatalogKey& key) {
  return derive<CatalogPagePurpose>(key, "muniment/catalog-pages/v1");
}

// SQLCipher cannot tell a wrong key from a damaged first page, so the salt says whose it is: 8
// random bytes, then the first 8 of BLAKE2b-256(key, label || random bytes). The random half is new
// with every catalog, so that no page or log left from an earlier one passes for one of this one's.
constexpr std::size_t salt_random_bytes = 8;

void put_salt_check(const CatalogKey& key, DatabaseSalt& salt) {
  using Check = FixedBytes<struct CatalogSaltCheckTag, 32>;
  const MutableByteView bytes = salt.mutable_view();
  const auto check = keyed_hash<Check>(
      key, {as_bytes("muniment/catalog-salt/v1"), bytes.first(salt_random_bytes)});
  const MutableByteView target = bytes.subspan(salt_random_bytes);
  std::ranges::copy(check.view().first(target.size()), target.begin());
}

DatabaseSalt new_salt(const CatalogKey& key, Random& random) {
  DatabaseSalt salt;
  random.fill(salt.mutable_view().first(salt_random_bytes));
  put_salt_check(key, salt);
  return salt;
}

bool was_made_with(const CatalogKey& key, const DatabaseSalt& salt) {
  DatabaseSalt expected = salt;
  put_salt_check(key, expected);
  return salt == expected;
}

// Changes with any change to schema.sql. Not zero, which is what a database without a version has.
std::int32_t schema_version() {
  const Sha256Digest digest = sha256(as_bytes(catalog_schema));
  return static_cast<std::int32_t>(digest.prefix() & 0x7fffffffU) | 1;
}

CatalogState state_of(Database& database, const CatalogOwner& owner) {
  Statement version(database, "PRAGMA user_version");
  Rows version_rows = version.query();
  if (!version_rows.next()) return CatalogState::damaged;
  if (version_rows.get<std::int32_t>(0) != schema_version()) return CatalogState::outdated;

  Statement find_owner(database, "SELECT vault, consortium FROM owner");
  Rows rows = find_owner.query();
  if (!rows.next()) return CatalogState::damaged;
  const CatalogOwner found{.vault = rows.get<VaultId>(0), .consortium = rows.get<ConsortiumId>(1)};
  return found == owner ? CatalogState::current : CatalogState::foreign;
}

void write_schema(Database& database, const CatalogOwner& owner) {
  Transaction transaction(database);
  database.execute(std::string(catalog_schema));
  database.execute(fmt::format("PRAGMA user_version = {}", schema_version()));
  Statement(database, "INSERT INTO owner (vault, consortium) VALUES (?, ?)")
      .run(owner.vault, owner.consortium);
  transaction.commit();
  database.checkpoint();
}

// The file goes first: without its log it may be of no single moment.
void remove_database(FileSystem& files, const Catalog::Path& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) files.remove(path.native() + suffix);
}

}  // namespace

CatalogOpening Catalog::open(const Path& path, const CatalogKey& key, const CatalogOwner& owner,
                             DatabaseAccess access) {
  const auto without = [](CatalogState state) { return CatalogOpening{state, std::nullopt}; };
  try {
    if (!was_made_with(key, Database::salt_of(path))) return without(CatalogState::wrong_key);
    Database database = Database::open(path, page_key(key).view(), access);
    const CatalogState state = state_of(database, owner);
    if (state != CatalogState::current) return without(state);
    return {state, Catalog(std::move(database))};
  } catch (const Error& error) {
    // Here these are answers; whoever reads on has damage as an Error.
    if (error.code() == ErrorCode::not_found) return without(CatalogState::absent);
    if (error.code() == ErrorCode::damaged) return without(CatalogState::damaged);
    throw;
  }
}

Catalog Catalog::create(FileSystem& files, const Path& path, const CatalogKey& key,
                        const CatalogOwner& owner, Random& random) {
  const Path fresh = path.native() + ".new";
  const PageKey pages = page_key(key);
  remove_database(files, fresh);
  // SQLite would create it readable for everyone.
  files.create(fresh).reset();
  {
    Database database = Database::create(fresh, pages.view(), new_salt(key, random));
    write_schema(database, owner);
  }
  remove_database(files, path);
  files.rename(fresh, path);
  files.sync_directory(path.parent_path());
  return Catalog(Database::open(path, pages.view(), DatabaseAccess::write));
}

}  // namespace muniment
