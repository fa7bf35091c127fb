#include "vault/snapshot/source.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "tests/keyring/errors.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/base/limits.hpp"
#include "vault/snapshot/twins.hpp"

using namespace muniment;
using namespace muniment::test;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text = "text") {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<Found> scan(std::vector<fs::path> roots) {
  TreeScan tree(roots);
  std::vector<Found> all;
  while (auto found = tree.next()) all.push_back(std::move(*found));
  return all;
}

std::vector<std::string> paths(std::span<const Found> all) {
  std::vector<std::string> paths;
  for (const Found& found : all) paths.push_back(found.path);
  return paths;
}

const Found& at(std::span<const Found> all, std::string_view path) {
  const auto found = std::ranges::find(all, path, &Found::path);
  REQUIRE(found != all.end());
  return *found;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("source: paths come in the byte order of the whole path") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"a/x", "a.b", "a0", "a-", "a/b/c", "a/b.c", "Z", "\xff", "\x01"}) {
    write(top / name);
  }
  const Strings expected{"top",     "top/\x01",  "top/Z",     "top/a",   "top/a-", "top/a.b",
                         "top/a/b", "top/a/b.c", "top/a/b/c", "top/a/x", "top/a0", "top/\xff"};
  const std::vector<Found> all = scan({top});
  CHECK(paths(all) == expected);
  CHECK(std::ranges::is_sorted(expected));
}

TEST_CASE("source: several roots stand in path order, too") {
  const TemporaryDirectory directory;
  write(directory.path() / "one" / "b" / "x");
  write(directory.path() / "two" / "b.c");
  write(directory.path() / "a");
  const std::vector<Found> all = scan(
      {directory.path() / "one" / "b", directory.path() / "two" / "b.c", directory.path() / "a"});
  CHECK(paths(all) == Strings{"a", "b", "b.c", "b/x"});
}

TEST_CASE("source: '.', '..' and a path that ends in them give the contents of a folder") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "file");
  write(top / "folder" / "inner");
  const Strings contents{"file", "folder", "folder/inner"};
  CHECK(paths(scan({top / "."})) == contents);
  CHECK(paths(scan({top / "folder" / ".."})) == contents);
  CHECK(paths(scan({(top / ".").string() + "/"})) == contents);
  const fs::path before = fs::current_path();
  fs::current_path(top);
  CHECK(paths(scan({"."})) == contents);
  CHECK(paths(scan({"./"})) == contents);
  CHECK(paths(scan({"./folder/"})) == Strings{"folder", "folder/inner"});
  CHECK(paths(scan({"file", "folder"})) == contents);
  fs::current_path(before);
}

TEST_CASE("source: a path is stored under its last component, a slash behind it or not") {
  const TemporaryDirectory directory;
  write(directory.path() / "deep" / "er" / "folder" / "x");
  const fs::path folder = directory.path() / "deep" / "er" / "folder";
  CHECK(paths(scan({folder})) == Strings{"folder", "folder/x"});
  CHECK(paths(scan({folder.string() + "/"})) == Strings{"folder", "folder/x"});
  CHECK(paths(scan({folder.string() + "//"})) == Strings{"folder", "folder/x"});
  CHECK(paths(scan({folder / "x"})) == Strings{"x"});
}

TEST_CASE("source: two paths that would be stored under one name are refused") {
  const TemporaryDirectory directory;
  write(directory.path() / "one" / "x");
  write(directory.path() / "two" / "x");
  write(directory.path() / "three" / "x" / "y");
  const auto code = [&](std::vector<fs::path> roots) {
    return error_code([&] { TreeScan tree(roots); });
  };
  const fs::path& base = directory.path();
  CHECK(code({base / "one" / "x", base / "two" / "x"}) == ErrorCode::usage);
  CHECK(code({base / "one" / "x", base / "one" / "x"}) == ErrorCode::usage);
  CHECK(code({base / "one" / "x", base / "three" / "x"}) == ErrorCode::usage);
  CHECK(code({base / "one" / ".", base / "two" / "."}) == ErrorCode::usage);
  CHECK(code({base / "one", base / "two"}) == std::nullopt);
}

TEST_CASE("source: what is not there is not found") {
  const TemporaryDirectory directory;
  const auto error = error_of([&] {
    const std::vector<fs::path> roots{directory.path() / "no\nsuch"};
    TreeScan tree(roots);
  });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::not_found);
  CHECK(std::string(error->what()).find("no\\nsuch") != std::string::npos);
  write(directory.path() / "file");
  CHECK(error_code([&] {
          const std::vector<fs::path> roots{directory.path() / "file" / "."};
          TreeScan tree(roots);
        }) == ErrorCode::io);
}

TEST_CASE("source: files, folders and links are described as found") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "file", "12345");
  write(top / "program");
  fs::permissions(top / "program", fs::perms::owner_all);
  fs::create_hard_link(top / "file", top / "file too");
  fs::create_symlink("../no/such", top / "link");
  const timespec times[2] = {{0, UTIME_OMIT}, {-7, 123'456'789}};
  REQUIRE(::utimensat(AT_FDCWD, (top / "program").c_str(), times, 0) == 0);

  const std::vector<Found> all = scan({top});
  CHECK(at(all, "top").kind == EntryKind::directory);
  const Found& file = at(all, "top/file");
  CHECK(file.kind == EntryKind::file);
  CHECK(file.size == 5);
  CHECK(file.hard_linked);
  CHECK_FALSE(file.executable);
  const Found& program = at(all, "top/program");
  CHECK(program.executable);
  CHECK_FALSE(program.hard_linked);
  CHECK(program.time == ModificationTime{-7, 123'456'789});
  const Found& link = at(all, "top/link");
  CHECK(link.kind == EntryKind::symlink);
  CHECK(link.link_target == "../no/such");
  for (const Found& found : all) CHECK((found.has_entry && found.problem.empty()));
}

TEST_CASE("source: what was found can be opened later, whatever became of its folder's name") {
  const TemporaryDirectory directory;
  write(directory.path() / "top" / "file");
  write(directory.path() / "alone");
  const std::vector<Found> all = scan({directory.path() / "top", directory.path() / "alone"});
  fs::rename(directory.path() / "top", directory.path() / "other");
  std::string problem;
  for (const char* path : {"top/file", "alone"}) {
    CHECK(open_found(at(all, path), problem));
    CHECK(problem.empty());
  }
}

TEST_CASE("source: what is no file any more when it is opened is named") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"gone", "fifo", "link", "folder"}) write(top / name);
  const std::vector<Found> all = scan({top});
  for (const char* name : {"gone", "fifo", "link", "folder"}) fs::remove(top / name);
  REQUIRE(::mkfifo((top / "fifo").c_str(), 0600) == 0);
  fs::create_symlink("/etc/passwd", top / "link");
  fs::create_directory(top / "folder");
  const auto problem_of = [&](const char* name) {
    std::string problem;
    CHECK_FALSE(open_found(at(all, name), problem));
    return problem;
  };
  CHECK(problem_of("top/gone").starts_with("vanished"));
  CHECK(problem_of("top/fifo").starts_with("replaced"));
  CHECK(problem_of("top/folder").starts_with("replaced"));
  CHECK_FALSE(problem_of("top/link").empty());
}

TEST_CASE("source: a link to a folder is a link, below a root or as one") {
  const TemporaryDirectory directory;
  write(directory.path() / "secret" / "x");
  fs::create_directory(directory.path() / "top");
  fs::create_directory_symlink("../secret", directory.path() / "top" / "link");
  CHECK(paths(scan({directory.path() / "top"})) == Strings{"top", "top/link"});
  CHECK(paths(scan({directory.path() / "top" / "link"})) == Strings{"link"});
  CHECK(at(scan({directory.path() / "top" / "link"}), "link").kind == EntryKind::symlink);
  // A slash asks for what it points to.
  CHECK(paths(scan({(directory.path() / "top" / "link").string() + "/"})) ==
        Strings{"link", "link/x"});
}

TEST_CASE("source: a FIFO, a socket and a device are named, not read") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "file");
  REQUIRE(::mkfifo((top / "fifo").c_str(), 0600) == 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (top / "socket").string();
  REQUIRE(name.size() < sizeof(address.sun_path));
  std::ranges::copy(name, address.sun_path);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  ::close(socket);

  const std::vector<Found> all = scan({top, "/dev/null"});
  for (const auto& [path, kind] :
       {std::pair("top/fifo", "a FIFO"), std::pair("top/socket", "a socket"),
        std::pair("null", "a device")}) {
    CHECK(at(all, path).problem.starts_with(kind));
    CHECK_FALSE(at(all, path).has_entry);
  }
  CHECK(at(all, "top/file").problem.empty());
}

TEST_CASE("source: hostile names come as the bytes that they are") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  Strings expected{"top"};
  for (const std::string name : {"\n", "\x1b[31m", " ", "-rf", "...", "a\\b", "\xc3\x28",
                                 "\xe2\x80\xae", "*", "con", "CON"}) {
    write(top / name);
    expected.push_back("top/" + name);
  }
  write(top / std::string(255, 'n'));
  expected.push_back("top/" + std::string(255, 'n'));
  std::ranges::sort(expected);
  CHECK(paths(scan({top})) == expected);
}

TEST_CASE("source: a path longer than the limit is named, one as long is taken") {
  const TemporaryDirectory directory;
  const fs::path before = fs::current_path();
  fs::current_path(directory.path());
  REQUIRE(::mkdir("top", 0700) == 0);
  fs::current_path("top");
  // 3 + 16 · 255 bytes, then what is left up to the limit, and a file below that.
  const std::string name(254, 'd');
  for (int i = 0; i < 16; ++i) {
    REQUIRE(::mkdir(name.c_str(), 0700) == 0);
    fs::current_path(name);
  }
  const std::string last(limits::path_bytes_max - 3 - 16 * 255 - 1, 'e');
  REQUIRE(::mkdir(last.c_str(), 0700) == 0);
  REQUIRE(::mkdir((last + "/x").c_str(), 0700) == 0);
  REQUIRE(::close(::open((last + "/x/y").c_str(), O_CREAT | O_WRONLY, 0600)) == 0);
  REQUIRE(::close(::open("z", O_CREAT | O_WRONLY, 0600)) == 0);
  fs::current_path(before);

  const std::vector<Found> all = scan({directory.path() / "top"});
  std::size_t taken = 0;
  std::size_t named = 0;
  for (const Found& found : all) {
    if (found.path.size() <= limits::path_bytes_max) {
      CHECK(found.problem.empty());
      ++taken;
    } else {
      CHECK(found.problem == "its path is longer than 4,096 bytes");
      CHECK_FALSE(found.has_entry);
      ++named;
    }
  }
  CHECK(taken == 1 + 16 + 1 + 1);
  CHECK(named == 2);
  CHECK(all.back().path.ends_with("/z"));
}

TEST_CASE("source: many levels are walked back up with the folder's own names") {
  const TemporaryDirectory directory;
  fs::path at = directory.path() / "top";
  for (int i = 0; i < 60; ++i) {
    write(at / "a" / "x");
    write(at / "z");
    at /= "a";
  }
  const std::vector<Found> all = scan({directory.path() / "top"});
  CHECK(all.size() == 1 + 60 * 3);
  for (const Found& found : all) CHECK(found.problem.empty());
  CHECK(std::ranges::is_sorted(paths(all)));
}

TEST_CASE("source: what vanishes between listing and looking is named") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"a", "b", "c/d"}) write(top / name);
  const std::vector<fs::path> roots{top};
  TreeScan tree(roots);
  CHECK(tree.next()->path == "top");
  CHECK(tree.next()->path == "top/a");
  fs::remove(top / "b");
  const auto gone = tree.next();
  REQUIRE(gone);
  CHECK(gone->path == "top/b");
  CHECK_FALSE(gone->has_entry);
  CHECK(gone->problem.find("vanished") != std::string::npos);
  CHECK(tree.next()->path == "top/c");
  fs::remove_all(top / "c");
  const auto folder = tree.next();
  REQUIRE(folder);
  CHECK(folder->path == "top/c");
  CHECK(folder->problem.find("vanished") != std::string::npos);
  CHECK_FALSE(tree.next());
}

TEST_CASE("source: a file that becomes a FIFO or a link does not hold up the walk") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  for (const char* name : {"a", "b", "c"}) write(top / name);
  const std::vector<fs::path> roots{top};
  TreeScan tree(roots);
  CHECK(tree.next()->path == "top");
  fs::remove(top / "b");
  REQUIRE(::mkfifo((top / "b").c_str(), 0600) == 0);
  fs::remove(top / "c");
  fs::create_symlink("/etc/passwd", top / "c");
  CHECK(tree.next()->path == "top/a");
  CHECK(tree.next()->problem.starts_with("a FIFO"));
  CHECK(tree.next()->kind == EntryKind::symlink);
}

TEST_CASE("source: a folder that is replaced by a link is not followed") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "a" / "x");
  write(directory.path() / "secret" / "y");
  const std::vector<fs::path> roots{top};
  TreeScan tree(roots);
  CHECK(tree.next()->path == "top");
  CHECK(tree.next()->path == "top/a");
  fs::remove_all(top / "a");
  fs::create_directory_symlink("../secret", top / "a");
  const auto found = tree.next();
  REQUIRE(found);
  CHECK(found->path == "top/a");
  CHECK_FALSE(found->problem.empty());
  CHECK_FALSE(tree.next());
}

TEST_CASE("source: a file that changed since it was found is told") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  write(path, "12345");
  const std::vector<Found> all = scan({path});
  const Found& found = at(all, "file");
  std::string problem;
  const Descriptor file = open_found(found, problem);
  CHECK_FALSE(changed_since(found, file));
  std::ofstream(path, std::ios::app) << "6";
  CHECK(changed_since(found, file));
}

TEST_CASE("source: names that are one in NFC are reported as twins") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  const auto twins = [&] {
    const std::vector<fs::path> roots{top};
    TreeScan tree(roots);
    while (tree.next()) continue;
    return tree.twins();
  };
  write(top / "caf\xc3\xa9");  // composed
  write(top / "other" / "caf\xc3\xa9");
  CHECK(twins().empty());
  write(top / "cafe\xcc\x81");  // decomposed
  CHECK(twins() == Strings{"top/caf\xc3\xa9 and top/cafe\xcc\x81"});
  // Three of one: the letter, the sign for angstrom, and a with a ring above.
  write(top / "\xc3\x85");
  write(top / "\xe2\x84\xab");
  write(top / "A\xcc\x8a");
  CHECK(twins().size() == 3);
}

TEST_CASE("source: a name that normalises to ASCII is a twin of the ASCII name") {
  const TemporaryDirectory directory;
  const fs::path top = directory.path() / "top";
  write(top / "\xe2\x84\xaa");  // KELVIN SIGN
  write(top / "K");
  write(top / "K2");
  const std::vector<fs::path> roots{top};
  TreeScan tree(roots);
  while (tree.next()) continue;
  CHECK(tree.twins() == Strings{"top/K and top/\xe2\x84\xaa"});
}

TEST_CASE("source: two folders can be twins, and two roots") {
  const TemporaryDirectory directory;
  write(directory.path() / "one" / "caf\xc3\xa9" / "x");
  write(directory.path() / "two" / "cafe\xcc\x81" / "y");
  const std::vector<fs::path> roots{directory.path() / "one" / "caf\xc3\xa9",
                                    directory.path() / "two" / "cafe\xcc\x81"};
  TreeScan tree(roots);
  while (tree.next()) continue;
  CHECK(tree.twins().size() == 1);
}

TEST_CASE("source: what is not UTF-8 has no other form") {
  CHECK(normalise_nfc("plain") == "plain");
  CHECK(normalise_nfc("e\xcc\x81") == "\xc3\xa9");
  CHECK(normalise_nfc("\xff"
                      "e\xcc\x81") ==
        "\xff"
        "e\xcc\x81");
}
