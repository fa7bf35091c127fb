#include "tests/support/golden.hpp"

#include <cstdlib>

#include "vault/base/error.hpp"
#include "vault/base/file.hpp"

namespace muniment::test {

namespace {

constexpr std::uint64_t golden_bytes_max = 16U << 20U;

FileSystem::Path path_of(const std::string& name) {
  return FileSystem::Path(MUNIMENT_GOLDEN_DIR) / name;
}

}  // namespace

Bytes read_golden(const std::string& name) {
  const auto files = posix_file_system();
  auto bytes = read_file(*files, path_of(name), golden_bytes_max);
  if (!bytes) {
    throw Error(ErrorCode::not_found, "tests/golden/" + name + ": no such file",
                "run this test with MUNIMENT_UPDATE_GOLDEN=1 once");
  }
  return *std::move(bytes);
}

bool matches_golden(const std::string& name, ByteView actual) {
  const char* update = std::getenv("MUNIMENT_UPDATE_GOLDEN");
  if (update == nullptr || std::string_view(update) != "1") return equal(read_golden(name), actual);
  const FileSystem::Path path = path_of(name);
  std::filesystem::create_directories(path.parent_path());
  const auto files = posix_file_system();
  write_file_atomically(*files, path, actual);
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  return true;
}

}  // namespace muniment::test
