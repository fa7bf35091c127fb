// A directory of the test's own.
#pragma once

#include <filesystem>
#include <memory>

namespace muniment::test {

// Empty at first; removed with all that is in it at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return *x_path; }

 private:
  struct Remove {
    void operator()(const std::filesystem::path* path) const noexcept;
  };

  std::unique_ptr<const std::filesystem::path, Remove> x_path;
};

}  // namespace muniment::test
