// One connection to an encrypted database. SQLCipher seals each page (AES-256-CBC, then HMAC-SHA512
// over the page and its number), so damage is noticed when a page is read. An older copy of the
// whole file is not: the database's owner has to tell (vault/catalog keeps ledger heads for that).
//
// SQLite writes its files itself, not through FileSystem: a database is for what can be rebuilt.
// Nothing else in this process may open the file: closing it would drop SQLite's locks (POSIX
// advisory locks belong to the process, not to the descriptor).
#pragma once

#include <filesystem>
#include <string>

#include "vault/base/bytes.hpp"
#include "vault/base/handle.hpp"

struct sqlite3;

namespace muniment {

namespace detail {
void close_database(sqlite3* database) noexcept;
}

// The file's first 16 bytes, in the clear. They enter the key of the page HMACs.
using DatabaseSalt = FixedBytes<struct DatabaseSaltTag, 16>;

enum class DatabaseAccess { read, write };

// One thread at a time. Any number of connections, in any number of processes, may read while one
// writes (WAL); a query sees what was committed before it began.
//
// Here, in Statement and in Transaction a failure is an Error that names the file: busy if another
// connection kept it locked for ten seconds, damaged if a page is not what was written, io if the
// system refused (a full disk among others). After Error(damaged) the connection is of no further
// use.
class Database {
 public:
  using Path = std::filesystem::path;

  // Opens an existing file; Error(not_found) if there is none; Error(damaged) if its first page
  // does not open, be it damaged or sealed with another key. `key` has 32 bytes and is not kept
  // here.
  [[nodiscard]] static Database open(const Path& path, ByteView key, DatabaseAccess access);

  // Makes a database of an existing empty file, whose permissions its companion files take.
  [[nodiscard]] static Database create(const Path& path, ByteView key, const DatabaseSalt& salt);

  // The salt of an existing file, which needs no key. Error(not_found) if there is no such file;
  // Error(damaged) if it is too short to have one.
  [[nodiscard]] static DatabaseSalt salt_of(const Path& path);

  // Runs any number of statements that give no rows.
  void execute(const std::string& statements);

  // Moves what was committed into the main file and syncs it. Error(busy) if readers of older
  // states stay.
  void checkpoint();

  // Reads the whole file: true if each page, used or not, is as it was written, and if what the
  // used ones say fits together. If not, the connection is of no further use.
  [[nodiscard]] bool is_sound();

  // For Statement and Transaction.
  [[nodiscard]] sqlite3* handle() const noexcept { return x_handle.get(); }

 private:
  Database(const Path& path, DatabaseAccess access);
  void set_key(ByteView key, ByteView salt);
  // A power cut while pages were moved from the log to the file may have torn some in the file,
  // which the log still has whole and every query reads there: moves what the log has, unless the
  // file is open for reading only.
  void bring_pages_in();
  [[nodiscard]] bool every_page_opens();

  Handle<sqlite3, detail::close_database> x_handle;
};

}  // namespace muniment
