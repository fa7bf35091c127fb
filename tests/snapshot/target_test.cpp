#include "vault/snapshot/target.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "tests/keyring/errors.hpp"
#include "tests/snapshot/entries.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/vectors.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;
using namespace muniment::test;
namespace fs = std::filesystem;

namespace {

using Kind = TargetResult::Kind;

struct Folders {
  TemporaryDirectory directory;
  fs::path inside = directory.path() / "inside";
  fs::path outside = directory.path() / "outside";

  Folders() { fs::create_directory(outside); }

  // Nothing but what a test put there itself.
  [[nodiscard]] bool outside_is_untouched() const { return fs::is_empty(outside); }

  [[nodiscard]] bool no_temporary_files() const {
    return std::ranges::none_of(fs::recursive_directory_iterator(inside), [](const auto& entry) {
      return entry.path().filename().string().starts_with(".muniment-");
    });
  }
};

TargetResult put(Target& target, const Entry& entry, bool overwrite = false,
                 std::string_view text = "text") {
  TargetFile file(target, entry.path);
  file.write(as_bytes(text));
  return file.finish(entry, overwrite);
}

struct stat status_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

ModificationTime time_of(const fs::path& path) {
  const struct stat status = status_of(path);
  return {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
}

}  // namespace

TEST_CASE("target: a file has its bytes, its time, and a mode that shuts others out") {
  Folders folders;
  Target target(folders.inside);
  Entry entry = file_entry("a/b/file");
  entry.time = ModificationTime{-3, 999'999'999};
  CHECK(put(target, entry).kind == Kind::done);
  const fs::path path = folders.inside / "a" / "b" / "file";
  CHECK(read_text(path) == "text");
  CHECK(time_of(path) == *entry.time);
  CHECK((status_of(path).st_mode & 07777) == 0600);
  CHECK((status_of(folders.inside / "a").st_mode & 07777) == 0700);
  entry.path = "program";
  entry.executable = true;
  CHECK(put(target, entry).kind == Kind::done);
  CHECK((status_of(folders.inside / "program").st_mode & 07777) == 0700);
  CHECK(folders.no_temporary_files());
}

TEST_CASE("target: a file of any size, written in any pieces, has its bytes and no more") {
  Folders folders;
  Target target(folders.inside);
  std::string text(3 * limits::mib + 5000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i % 251);
  // Around a page, the size from which files go past the cache, and what is written at a time.
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, 64 * limits::kib - 1, 64 * limits::kib,
        64 * limits::kib + 1, 68 * limits::kib, limits::mib - 1, limits::mib, limits::mib + 1,
        limits::mib + 64 * limits::kib + 17, 3 * limits::mib + 5000}) {
    for (const std::size_t piece : {std::size_t{4097}, limits::mib, text.size()}) {
      const Entry entry = file_entry("file");
      TargetFile file(target, entry.path);
      for (ByteView rest = as_bytes(text).first(size); !rest.empty();) {
        const ByteView next = rest.first(std::min(piece, rest.size()));
        file.write(next);
        rest = rest.subspan(next.size());
      }
      REQUIRE(file.finish(entry, true).kind == Kind::done);
      CAPTURE(size);
      CAPTURE(piece);
      CHECK((read_text(folders.inside / "file") == text.substr(0, size)));
    }
  }
}

TEST_CASE("target: the folder and those above it are made; a file in the way is said") {
  const TemporaryDirectory directory;
  const Target target(directory.path() / "a" / "b" / "c");
  CHECK(fs::is_directory(directory.path() / "a" / "b" / "c"));
  CHECK((status_of(directory.path() / "a" / "b" / "c").st_mode & 07777) == 0700);
  std::ofstream(directory.path() / "file") << "x";
  CHECK(error_code([&] { const Target in_the_way(directory.path() / "file"); }) == ErrorCode::io);
  CHECK(error_code([&] { const Target in_the_way(directory.path() / "file" / "x"); }) ==
        ErrorCode::io);
}

TEST_CASE("target: what exists stays unless it is to be overwritten") {
  Folders folders;
  Target target(folders.inside);
  CHECK(put(target, file_entry("file"), false, "old").kind == Kind::done);
  CHECK(target.exists("file"));
  CHECK(put(target, file_entry("file"), false, "new").kind == Kind::exists);
  CHECK(read_text(folders.inside / "file") == "old");
  CHECK(put(target, file_entry("file"), true, "new").kind == Kind::done);
  CHECK(read_text(folders.inside / "file") == "new");
  CHECK(target.make_link(link_entry("file", "x"), "file", false).kind == Kind::exists);
  CHECK(target.make_link(link_entry("file", "x"), "file", true).kind == Kind::done);
  CHECK(fs::read_symlink(folders.inside / "file") == "x");
  CHECK(folders.no_temporary_files());
}

TEST_CASE("target: a folder is never replaced by a file or a link") {
  Folders folders;
  Target target(folders.inside);
  CHECK(target.make_directory("folder").kind == Kind::done);
  CHECK(target.make_directory("folder").kind == Kind::done);
  CHECK(put(target, file_entry("folder"), true).kind == Kind::failed);
  CHECK(target.make_link(link_entry("folder", "x"), "folder", true).kind == Kind::failed);
  CHECK(fs::is_directory(folders.inside / "folder"));
  CHECK(put(target, file_entry("file")).kind == Kind::done);
  CHECK(target.make_directory("file").kind == Kind::failed);
  CHECK(put(target, file_entry("file/x")).kind == Kind::failed);
  CHECK(folders.no_temporary_files());
}

TEST_CASE("target: a link in a folder's place leads nowhere") {
  Folders folders;
  fs::create_directory(folders.inside);
  fs::create_directory_symlink(folders.outside, folders.inside / "folder");
  Target target(folders.inside);
  for (const bool overwrite : {false, true}) {
    CHECK(target.make_directory("folder").kind == Kind::failed);
    CHECK(target.make_directory("folder/sub").kind == Kind::failed);
    CHECK(put(target, file_entry("folder/file"), overwrite).kind == Kind::failed);
    CHECK(put(target, file_entry("folder/sub/file"), overwrite).kind == Kind::failed);
    CHECK(target.make_link(link_entry("folder/link", "x"), "folder/link", overwrite).kind ==
          Kind::failed);
    CHECK_FALSE(target.exists("folder/file"));
  }
  CHECK(folders.outside_is_untouched());
}

TEST_CASE("target: a link in a file's place is kept or replaced, never written through") {
  Folders folders;
  fs::create_directory(folders.inside);
  fs::create_symlink(folders.outside / "file", folders.inside / "file");
  Target target(folders.inside);
  CHECK(target.exists("file"));
  CHECK(put(target, file_entry("file")).kind == Kind::exists);
  CHECK(put(target, file_entry("file"), true).kind == Kind::done);
  CHECK(fs::is_regular_file(fs::symlink_status(folders.inside / "file")));
  CHECK(folders.outside_is_untouched());
}

TEST_CASE("target: a link that was just restored is not followed either") {
  Folders folders;
  Target target(folders.inside);
  const std::string where = folders.outside.string();
  CHECK(target.make_link(link_entry("a", where), "a", false).kind == Kind::done);
  CHECK(put(target, file_entry("a/file")).kind == Kind::failed);
  CHECK(folders.outside_is_untouched());
}

TEST_CASE("target: a folder's time is set, but not that of what stands in its place") {
  Folders folders;
  Target target(folders.inside);
  const ModificationTime time{1'000'000, 5};
  CHECK(target.make_directory("folder").kind == Kind::done);
  CHECK(target.set_directory_time("folder", time).kind == Kind::done);
  CHECK(time_of(folders.inside / "folder") == time);

  CHECK(put(target, file_entry("file")).kind == Kind::done);
  const ModificationTime before = time_of(folders.inside / "file");
  CHECK(target.set_directory_time("file", time).kind == Kind::failed);
  CHECK(time_of(folders.inside / "file") == before);

  fs::create_directory_symlink(folders.outside, folders.inside / "link");
  const ModificationTime link = time_of(folders.inside / "link");
  const ModificationTime outside = time_of(folders.outside);
  CHECK(target.set_directory_time("link", time).kind == Kind::failed);
  CHECK(time_of(folders.inside / "link") == link);
  CHECK(time_of(folders.outside) == outside);
}

TEST_CASE("target: a file that is given up leaves nothing") {
  Folders folders;
  Target target(folders.inside);
  {
    TargetFile file(target, "folder/file");
    file.write(as_bytes("half of"));
    CHECK_FALSE(file.failed());
  }
  CHECK_FALSE(fs::exists(folders.inside / "folder" / "file"));
  CHECK(folders.no_temporary_files());
}

TEST_CASE("target: a link has its target and its time") {
  Folders folders;
  Target target(folders.inside);
  Entry entry = link_entry("folder/link", "../../\xff no such");
  entry.time = ModificationTime{77, 8};
  CHECK(target.make_link(entry, entry.path, false).kind == Kind::done);
  CHECK(fs::read_symlink(folders.inside / "folder" / "link").native() == entry.link_target);
  CHECK(time_of(folders.inside / "folder" / "link") == *entry.time);
}

TEST_CASE("target: only what concerns every file ends a restore") {
  CHECK(TargetResult::failed(ENOSPC).hopeless());
  CHECK(TargetResult::failed(EROFS).hopeless());
  CHECK_FALSE(TargetResult::failed(EACCES).hopeless());
  CHECK_FALSE(TargetResult::failed(ENAMETOOLONG).hopeless());
  CHECK_FALSE(TargetResult{Kind::exists, ENOSPC}.hopeless());
}

TEST_CASE("target: bytes after a failure are dropped, and finishing says why") {
  const TemporaryDirectory directory;
  Target target(directory.path());
  std::ofstream(directory.path() / "file") << "x";
  TargetFile file(target, "file/x");
  CHECK(file.failed());
  file.write(as_bytes("dropped"));
  CHECK(file.finish(file_entry("file/x"), true).error_number == ENOTDIR);
}
