#include "vault/base/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace muniment;

TEST_CASE("error: an io error names object, action and the system's reason") {
  const Error error = io_error("packs/ab", "sync directory", EIO);
  CHECK(error.code() == ErrorCode::io);
  CHECK(std::string(error.what()) == "packs/ab: sync directory: Input/output error");
}

TEST_CASE("error: a full disk hints to free space, a number without a remedy hints nothing") {
  CHECK(io_error("a", "write", ENOSPC).hint() == "free some space and try again");
  CHECK(io_error("a", "write", EDQUOT).hint() == "free some space and try again");
  CHECK(io_error("a", "open", ENOTDIR).hint().empty());
}
