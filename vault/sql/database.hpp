// One connection to an encrypted database. SQLCipher seals each page (AES-256-CBC, then HMAC-SHA512 over
// page and page number), so damage is noticed when a page is read; an older copy of the whole file
// is not, and the database's owner has to tell (vault/catalog keeps heads for that).
//
// SQLite writes its files itself, not through FileSystem. It is therefore for what can be rebuilt.
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

// The file's first 16 bytes, in the clear: they go into the key of the page HMACs.
using DatabaseSalt = FixedBytes<struct DatabaseSaltTag, 16>;

enum class DatabaseAccess { read, write };

// One thread at a time. Any number of connections, in any number of processes, may read while one
// writes (WAL); each reader sees the last commit before its query began.
//
// Here and in Statement and Transaction a failure is an Error that names the file: busy if another
// connection kept it locked for `busy_timeout`, damaged if a page is not what was written,
// io if the system refused (a full disk among them).
class Database {
 public:
  using Path = std::filesystem::path;

  // Opens an existing database. `key` is 32 bytes and is not kept. Error(not_found) if there is no such
  // file; Error(damaged) if its first page does not open, be it damaged or sealed with another key.
  [[nodiscard]] static Database open(const Path& path, ByteView key, DatabaseAccess access);

  // Makes a database out of an existing empty file, whose permissions its companions get.
  [[nodiscard]] static Database create(const Path& path, ByteView key, const DatabaseSalt& salt);

  // Runs any number of statements that give no rows.
  void execute(const std::string& statements);

  // Reads the whole file: true if every page is what was written and all tables and indexes are sound.
  [[nodiscard]] bool is_sound();

  [[nodiscard]] sqlite3* handle() const noexcept { return x_handle.get(); }

 private:
  Database(const Path& path, int flags);
  void set_key(ByteView key, ByteView salt);

  Handle<sqlite3, detail::close_database> x_handle;
};

}  // namespace muniment
