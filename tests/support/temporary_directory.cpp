#include "tests/support/temporary_directory.hpp"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "vault/base/error.hpp"

namespace muniment::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "muniment-test-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) throw io_error(name, "mkdtemp", errno);
  x_path.reset(new std::filesystem::path(name));
}

void TemporaryDirectory::Remove::operator()(const std::filesystem::path* path) const noexcept {
  std::error_code ignored;  // a test that took permissions away may leave something behind
  std::filesystem::remove_all(*path, ignored);
  delete path;
}

}  // namespace muniment::test
