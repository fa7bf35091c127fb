#include "vault/sql/database.hpp"

#include <fmt/format.h>
#include <string.h>

#include <array>
#include <cerrno>
#include <new>

#include "vault/base/assert.hpp"
#include "vault/base/text.hpp"
#include "vault/sql/failure.hpp"
#include "vault/sql/statement.hpp"

namespace muniment {

namespace {

constexpr int busy_timeout_milliseconds = 10'000;

// SQLCipher takes a raw key only as text: x'<64 digits of key><32 digits of salt, or none>'.
using KeyText = std::array<char, 3 + 2 * (32 + DatabaseSalt::size)>;

void wipe(KeyText* text) noexcept {
  explicit_bzero(text->data(), text->size());
}

char* put_hex(ByteView bytes, char* out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::byte byte : bytes) {
    *out++ = digits[std::to_integer<std::size_t>(byte >> 4U)];
    *out++ = digits[std::to_integer<std::size_t>(byte & std::byte{0xf})];
  }
  return out;
}

}  // namespace

namespace detail {

void close_database(sqlite3* database) noexcept {
  sqlite3_close_v2(database);
}

}  // namespace detail

Database::Database(const Path& path, DatabaseAccess access) {
  const int flags = access == DatabaseAccess::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  x_handle.reset(opened);
  if (opened == nullptr) throw std::bad_alloc();
  if (result == SQLITE_CANTOPEN && sqlite3_system_errno(opened) == ENOENT) {
    throw Error(ErrorCode::not_found, fmt::format("{}: no such database", escape(path.native())));
  }
  if (result != SQLITE_OK) throw detail::failure(opened, path.c_str(), result);
  sqlite3_busy_timeout(opened, busy_timeout_milliseconds);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Database Database::open(const Path& path, ByteView key, DatabaseAccess access) {
  Database database(path, access);
  database.set_key(key, {});
  return database;
}

Database Database::create(const Path& path, ByteView key, const DatabaseSalt& salt) {
  Database database(path, DatabaseAccess::write);
  database.set_key(key, salt.view());
  Statement journal(database, "PRAGMA journal_mode = WAL");
  Rows mode = journal.query();
  if (!mode.next() || mode.get<std::string>(0) != "wal") {
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: no shared memory on this file system", escape(path.native())),
                "keep the vault on a local disk");
  }
  return database;
}

// Settings that the file does not keep. Before the key: SQLCipher is to lock and wipe SQLite's
// whole heap and not to write its complaints to stderr. After it: 32 MiB of cache hold the leaves
// of 1.5 million chunk rows. Some of these read the first page, and so try the key.
void Database::set_key(ByteView key, ByteView salt) {
  VAULT_ASSERT(key.size() == 32 && (salt.empty() || salt.size() == DatabaseSalt::size));
  execute("PRAGMA cipher_memory_security = ON; PRAGMA cipher_log_level = NONE");
  KeyText text{'x', '\''};
  const Handle<KeyText, wipe> wiped(&text);
  char* end = put_hex(salt, put_hex(key, text.data() + 2));
  *end++ = '\'';
  detail::expect_ok(
      handle(), sqlite3_key_v2(handle(), "main", text.data(), static_cast<int>(end - text.data())));
  execute(
      "PRAGMA cache_size = -32768;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA secure_delete = ON;"
      "PRAGMA synchronous = NORMAL;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA trusted_schema = OFF");
}

DatabaseSalt Database::salt_of(const Path& path) {
  const Database database(path, DatabaseAccess::read);
  // Through SQLite's own descriptor: closing another one would drop its locks.
  sqlite3_file* file = nullptr;
  detail::expect_ok(database.handle(),
                    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER,
                                         static_cast<void*>(&file)));
  DatabaseSalt salt;
  const int result = file->pMethods->xRead(file, salt.mutable_view().data(), DatabaseSalt::size, 0);
  if (result == SQLITE_IOERR_SHORT_READ) {
    throw Error(ErrorCode::damaged, fmt::format("{}: too short", escape(path.native())));
  }
  detail::expect_ok(database.handle(), result);
  return salt;
}

void Database::execute(const std::string& statements) {
  detail::expect_ok(handle(),
                    sqlite3_exec(handle(), statements.c_str(), nullptr, nullptr, nullptr));
}

void Database::checkpoint() {
  detail::expect_ok(handle(), sqlite3_wal_checkpoint_v2(
                                  handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr));
}

bool Database::every_page_opens() {
  Statement check(*this, "PRAGMA cipher_integrity_check");
  return !check.query().next();
}

void Database::bring_pages_in() {
  if (sqlite3_db_readonly(handle(), "main") != 0) return;
  const int result =
      sqlite3_wal_checkpoint_v2(handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Whoever keeps us from it is doing it.
  if ((result & 0xff) != SQLITE_BUSY) detail::expect_ok(handle(), result);
}

bool Database::is_sound() {
  try {
    bring_pages_in();
    // A page that another process is writing at this moment looks damaged; once more, and it is.
    if (!every_page_opens() && !every_page_opens()) return false;
    Statement check(*this, "PRAGMA quick_check");
    Rows findings = check.query();
    return findings.next() && findings.get<std::string>(0) == "ok";
  } catch (const Error& error) {
    // Here damage is an answer.
    if (error.code() == ErrorCode::damaged) return false;
    throw;
  }
}

}  // namespace muniment
