#include "vault/snapshot/exclusion.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"
#include "vault/snapshot/source.hpp"

using namespace muniment;
using namespace muniment::test;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

void write(const fs::path& path, std::string_view text = "text") {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct Scanned {
  Strings paths;
  Strings problems;
  std::uint64_t excluded = 0;
};

Scanned scan(const std::vector<fs::path>& roots, const Exclusion& exclusion) {
  TreeScan tree(roots, {}, &exclusion);
  Scanned scanned;
  while (auto found = tree.next()) {
    (found->problem.empty() ? scanned.paths : scanned.problems).push_back(found->path);
  }
  scanned.excluded = tree.excluded();
  return scanned;
}

Exclusion without(const Strings& patterns) {
  Exclusion exclusion;
  exclusion.patterns.emplace_back(patterns, LetterCase::exact);
  return exclusion;
}

}  // namespace

TEST_CASE("exclusion: what a pattern chooses is left out with all below, and counted once") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"a.tmp", "b", "cache/x", "cache/y/z", "d/cache/x", "d/e.tmp", "d/f"}) {
    write(top / name);
  }
  const Scanned scanned = scan({top}, without({"*.tmp", "cache"}));
  CHECK(scanned.paths == Strings{"top", "top/b", "top/d", "top/d/f"});
  CHECK(scanned.excluded == 4);
}

TEST_CASE("exclusion: a folder that is left out is not even opened") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "a");
  fs::create_directories(top / "closed");
  ::mkfifo((top / "pipe").c_str(), 0600);
  fs::permissions(top / "closed", fs::perms::none);
  const Scanned scanned = scan({top}, without({"closed", "pipe"}));
  CHECK(scanned.paths == Strings{"top", "top/a"});
  CHECK(scanned.problems.empty());
}

TEST_CASE("exclusion: a leading slash means the root of the file system, however a path is given") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "a");
  write(top / "b/a");
  const Exclusion exclusion = without({(top / "a").native()});
  const Strings rest{"top", "top/b", "top/b/a"};
  CHECK(scan({top}, exclusion).paths == rest);
  CHECK(scan({directory.path() / "." / "top" / ""}, exclusion).paths == rest);
  CHECK(scan({top / "b" / ".." / "."}, exclusion).paths == Strings{"b", "b/a"});
  CHECK(scan({fs::relative(top)}, exclusion).paths == rest);
  CHECK(scan({top}, without({"/a", "/top/a"})).excluded == 0);
  CHECK(scan({top}, without({directory.path().native()})).paths.empty());
}

TEST_CASE("exclusion: a path that is named is left out if a pattern chooses it") {
  const TemporaryDirectory directory;
  write(directory.path() / "a.bak");
  write(directory.path() / "b");
  const std::vector<fs::path> roots{directory.path() / "a.bak", directory.path() / "b"};
  CHECK(scan(roots, without({"*.bak"})).paths == Strings{"b"});
}

TEST_CASE("exclusion: what is taken back stays, if the folder above it does") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"a/x", "a/keep", "b/keep"}) write(top / name);
  CHECK(scan({top}, without({"a/*", "!keep"})).paths ==
        Strings{"top", "top/a", "top/a/keep", "top/b", "top/b/keep"});
  CHECK(scan({top}, without({"a", "!keep"})).paths == Strings{"top", "top/b", "top/b/keep"});
}

TEST_CASE("exclusion: any list may leave something out") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"a.JPG", "b.jpg", "c.TMP", "d.tmp"}) write(top / name);
  Exclusion exclusion = without({"*.tmp"});
  exclusion.patterns.emplace_back(Strings{"*.jpg"}, LetterCase::ignored);
  CHECK(scan({top}, exclusion).paths == Strings{"top", "top/c.TMP"});
}

TEST_CASE("exclusion: files of more bytes than the limit are left out, folders are not") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "five", "12345");
  write(top / "six", "123456");
  Exclusion exclusion;
  exclusion.larger_than = 5;
  const Scanned scanned = scan({top}, exclusion);
  CHECK(scanned.paths == Strings{"top", "top/five"});
  CHECK(scanned.excluded == 1);
}

TEST_CASE("exclusion: a folder with a tag gives itself and the tag") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  const std::string& header = cache_tag().header;
  for (const char* name : {"cache", "none", "short"}) write(top / name / "x/y");
  write(top / "cache/z");
  write(top / "cache/CACHEDIR.TAG", header + "\n# a comment\n");
  write(top / "none/CACHEDIR.TAG", "Signature: another");
  write(top / "short/CACHEDIR.TAG", header.substr(0, 20));
  Exclusion exclusion;
  exclusion.tags.push_back(cache_tag());
  const Scanned scanned = scan({top}, exclusion);
  CHECK(scanned.paths == Strings{"top", "top/cache", "top/cache/CACHEDIR.TAG", "top/none",
                                 "top/none/CACHEDIR.TAG", "top/none/x", "top/none/x/y", "top/short",
                                 "top/short/CACHEDIR.TAG", "top/short/x", "top/short/x/y"});
  CHECK(scanned.excluded == 2);
  CHECK(scan({top / "cache" / "."}, exclusion).paths == Strings{"CACHEDIR.TAG"});

  exclusion.tags = {{"z", ""}};
  CHECK(scan({top / "cache"}, exclusion).paths == Strings{"cache", "cache/z"});
}

TEST_CASE("exclusion: a tag whose header is asked for is a file, not a link or a FIFO") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "a");
  write(directory.path() / "tag", "header");
  fs::create_symlink(directory.path() / "tag", top / "link");
  ::mkfifo((top / "pipe").c_str(), 0600);
  Exclusion exclusion;
  exclusion.tags = {{"link", "header"}, {"pipe", "header"}};
  CHECK(scan({top}, exclusion).excluded == 0);
}
