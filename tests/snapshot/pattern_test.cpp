#include "vault/snapshot/pattern.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

using Strings = std::vector<std::string>;

bool matches(const Strings& patterns, std::string_view path,
             LetterCase letter_case = LetterCase::exact) {
  return chooses(PatternList(patterns, letter_case), path);
}

struct Row {
  const char* pattern;
  Strings yes;
  Strings no;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    for (const std::string& path : row.yes) {
      CAPTURE(path);
      CHECK(matches({row.pattern}, path));
    }
    for (const std::string& path : row.no) {
      CAPTURE(path);
      CHECK_FALSE(matches({row.pattern}, path));
    }
  }
}

}  // namespace

TEST_CASE("pattern: without a leading slash it matches anywhere, and all below") {
  check({
      {"tmp", {"/tmp", "/a/tmp", "/a/tmp/b/c"}, {"/tmpx", "/xtmp", "/a/b"}},
      {"*.log", {"/x.log", "/a/x.log", "/a/x.log/y"}, {"/x.logs", "/x/log"}},
      {"a/b", {"/a/b", "/x/a/b", "/a/a/b/c"}, {"/a/x/b", "/a", "/b", "/ab"}},
      {"a/*/b", {"/a/x/b", "/q/a/x/b/c"}, {"/a/b", "/a/x/y/b"}},
      {"*", {"/a", "/a/b"}, {}},
      {"a/a/b", {"/a/a/a/b"}, {"/a/b"}},
  });
}

TEST_CASE("pattern: with a leading slash it begins at the root") {
  check({
      {"/tmp", {"/tmp", "/tmp/a"}, {"/a/tmp"}},
      {"/a/*", {"/a/b", "/a/b/c"}, {"/a", "/x/a/b"}},
      {"/*/b", {"/a/b", "/x/b/c"}, {"/b", "/a/x/b"}},
      {"/*/*/c/d*", {"/a/b/c/d.go"}, {"/a/c/d.go", "/a/b/c"}},
  });
}

TEST_CASE("pattern: two stars stand for any number of folders, also for none") {
  check({
      {"a/**/b", {"/a/b", "/a/x/b", "/a/x/y/z/b/c", "/q/a/b"}, {"/a/x", "/b", "/b/a"}},
      {"/a/**/b", {"/a/b", "/a/x/y/b"}, {"/q/a/b"}},
      {"/a/**", {"/a", "/a/b", "/a/b/c"}, {"/b/a", "/ab"}},
      {"**/b", {"/b", "/a/b", "/a/x/b/y"}, {"/a"}},
      {"/**/b/**/*.c", {"/b/x.c", "/q/b/r/s/x.c"}, {"/b", "/x.c", "/q/x.c/b"}},
      {"a/**/b/**/c", {"/a/b/c", "/x/a/1/2/b/3/c"}, {"/a/c/b", "/b/a/c"}},
      {"**", {"/a", "/a/b"}, {}},
      {"a**b", {"/ab", "/axxb"}, {"/a/b"}},
  });
}

TEST_CASE("pattern: a name's wildcards stay within the name") {
  check({
      {"?", {"/a", "/é", "/\xff"}, {"/ab"}},
      {"?.txt", {"/ä.txt"}, {"/.txt", "/ab.txt"}},
      {"[a-c]x", {"/ax", "/cx"}, {"/dx", "/x"}},
      {"[^a-c]x", {"/dx"}, {"/ax", "/x"}},
      {"[à-ü]", {"/é"}, {"/e"}},
      {"[\\]\\-]", {"/]", "/-"}, {"/\\"}},
      {"\\*", {"/*"}, {"/a"}},
      {"a\\?b", {"/a?b"}, {"/axb"}},
      {"*a*b*c*", {"/xaxbxcx", "/abc"}, {"/acb", "/ab"}},
      {"*ab", {"/aab", "/abab"}, {"/aba"}},
      {".*", {"/.a", "/x/.git/y"}, {"/a.b"}},
  });
}

TEST_CASE("pattern: needless slashes and dots make no difference") {
  check({
      {"/a//b/", {"/a/b", "/a/b/c"}, {"/a"}},
      {"./a", {"/a", "/x/a"}, {}},
      {"/a/../b", {"/b"}, {"/a/b", "/a/../x"}},
      {"a/../../b", {}, {"/b", "/a/b"}},
  });
}

TEST_CASE("pattern: the case of letters is ignored where that is asked for") {
  CHECK_FALSE(matches({"*.JPG"}, "/a.jpg"));
  for (const char* name : {"/a.jpg", "/a.JPG", "/a.Jpg"}) {
    CHECK(matches({"*.Jpg"}, name, LetterCase::ignored));
  }
  CHECK(matches({"Äpfel"}, "/äPFEL", LetterCase::ignored));
  CHECK(matches({"[A-C]"}, "/b", LetterCase::ignored));
}

TEST_CASE("pattern: bytes that are not UTF-8 match only themselves") {
  CHECK(matches({"\xff"}, "/\xff"));
  CHECK_FALSE(matches({"\xff"}, "/\xfe"));
  CHECK_FALSE(matches({"\xff"}, "/ÿ"));
  CHECK(matches({"a\xff*"}, "/a\xff\x80"));
}

TEST_CASE("pattern: an exclamation mark takes back what came before it") {
  const Strings patterns{"/a/*", "!/a/keep", "*.tmp", "!important.*"};
  CHECK(matches(patterns, "/a/x"));
  CHECK_FALSE(matches(patterns, "/a/keep"));
  CHECK_FALSE(matches(patterns, "/a/keep/x"));
  CHECK(matches(patterns, "/a/keep/x.tmp"));
  CHECK_FALSE(matches(patterns, "/a/keep/important.tmp"));
  CHECK(matches({"!x", "x"}, "/x"));
  CHECK_FALSE(matches({"!x"}, "/x"));
  CHECK(matches({"\\!x"}, "/!x"));
}

TEST_CASE("pattern: folders above what was asked for choose nothing by their name alone") {
  const PatternList list(Strings{"home", "user/letters", "/srv"}, LetterCase::exact);
  const auto chosen = [&](const char* folder, const char* name) {
    return list.chooses(list.enter(list.start_in(folder), name));
  };
  CHECK_FALSE(chosen("/home/user", "photos"));
  CHECK(chosen("/home/user", "home"));
  CHECK(chosen("/home/user", "letters"));
  CHECK(chosen("/srv/x", "photos"));
  CHECK_FALSE(chosen("/", "x"));
}

TEST_CASE("pattern: what makes no sense is refused and named") {
  for (const char* bad : {"", "/", "!", "//.", "[", "a/[b", "[]", "[^]", "[a-]", "[-a]", "[a",
                          "x\\", "a\\/b", "[b-"}) {
    CAPTURE(bad);
    const auto error = error_of([&] { PatternList(Strings{bad}, LetterCase::exact); });
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::usage);
    CHECK(std::string_view(error->what()).starts_with("pattern "));
  }
  CHECK_NOTHROW(PatternList(Strings{std::string(pattern_bytes_max, 'a')}, LetterCase::exact));
  CHECK_THROWS_AS(PatternList(Strings{std::string(pattern_bytes_max + 1, 'a')}, LetterCase::exact),
                  Error);
}

TEST_CASE("pattern: the worst patterns end") {
  std::string stars;
  std::string folders;
  std::string path;
  for (int i = 0; i < 400; ++i) {
    stars += "*a";
    folders += "**/a/";
    path += "/a";
  }
  CHECK_FALSE(matches({stars + "b"}, "/" + std::string(4000, 'a')));
  CHECK_FALSE(matches({folders + "b"}, path + path));
  CHECK(matches({folders + "b"}, path + path + "/b"));
}
