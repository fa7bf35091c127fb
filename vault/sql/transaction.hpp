// All or nothing: what was written since the start is rolled back unless commit() returned.
#pragma once

#include "vault/sql/database.hpp"

namespace muniment {

namespace detail {
void roll_back(sqlite3* database) noexcept;
}

// One at a time on a connection. The Database must outlive it. Errors as Database has them.
class Transaction {
 public:
  // Takes the write lock at once, so that a later statement cannot fail for the lack of it.
  explicit Transaction(Database& database);

  // Nothing may be written through this object afterwards.
  void commit();

 private:
  Handle<sqlite3, detail::roll_back> x_open;
};

}  // namespace muniment
