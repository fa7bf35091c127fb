// A catalog may be behind the ledgers, which its heads show, but it never says what was not put in.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/catalog/scratch.hpp"

using namespace muniment;
using test::Content;
using test::ledger_head;
using test::read_all;
using test::Scratch;

namespace {

// What opening and reading everything gives; empty if damage was found at any point.
std::optional<Content> read_if_whole(const Scratch& scratch) {
  try {
    CatalogOpening opening =
        Catalog::open(scratch.path, scratch.key, scratch.owner, DatabaseAccess::read);
    if (!opening.catalog) return std::nullopt;
    return read_all(*opening.catalog);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::damaged);
    return std::nullopt;
  }
}

bool is_whole(const Scratch& scratch) {
  CatalogOpening opening =
      Catalog::open(scratch.path, scratch.key, scratch.owner, DatabaseAccess::read);
  return opening.catalog && opening.catalog->is_sound();
}

}  // namespace

TEST_CASE("catalog: a flipped bit anywhere is found, or does not change what it says") {
  Scratch scratch;
  Content content;
  {
    Catalog catalog = scratch.create();
    for (std::uint64_t number = 1; number <= 12; ++number) test::add_commit(catalog, number);
    content = read_all(catalog);
  }
  Bytes bytes = scratch.content();
  std::size_t found = 0;
  std::size_t flips = 0;
  // 131 is prime to the page size, so that every part of a page is met.
  for (std::size_t i = 0; i < bytes.size(); i += i < 32 ? 1 : 131) {
    const auto bit = static_cast<std::byte>(1U << i % 8);
    bytes[i] ^= bit;
    scratch.overwrite(scratch.path, bytes);
    bytes[i] ^= bit;
    ++flips;
    const std::optional<Content> read = read_if_whole(scratch);
    if (!read) ++found;
    const bool same_or_found = !read || *read == content;
    CHECK(same_or_found);
    CHECK_FALSE(is_whole(scratch));
  }
  // Pages that this content does not fill are not read; all others are.
  CHECK(found > flips / 2);
  scratch.overwrite(scratch.path, bytes);
  CHECK(is_whole(scratch));
}

TEST_CASE("catalog: a truncated one is found") {
  Scratch scratch;
  {
    Catalog catalog = scratch.create();
    for (std::uint64_t number = 1; number <= 12; ++number) test::add_commit(catalog, number);
  }
  const Bytes bytes = scratch.content();
  for (std::size_t size = 0; size < bytes.size(); size += 1021) {
    scratch.overwrite(scratch.path, ByteView(bytes).first(size));
    CHECK_FALSE(read_if_whole(scratch).has_value());
  }
}

TEST_CASE("catalog: an older copy put back shows by its heads") {
  Scratch scratch;
  Bytes older;
  Content content;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
    content = read_all(catalog);
  }
  older = scratch.content();
  {
    Catalog catalog = scratch.open(DatabaseAccess::write);
    test::add_commit(catalog, 2);
    CHECK(catalog.heads() == std::vector{ledger_head(1, 2)});
  }
  scratch.overwrite(scratch.path, older);
  Catalog catalog = scratch.open();
  CHECK(catalog.heads() == std::vector{ledger_head(1, 1)});
  CHECK(read_all(catalog) == content);
}

TEST_CASE("catalog: a crash in the middle of an update leaves what was committed") {
  Scratch scratch;
  Content content;
  {
    Catalog catalog = scratch.create();
    test::add_commit(catalog, 1);
    content = read_all(catalog);
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Catalog catalog = scratch.open(DatabaseAccess::write);
    Catalog::Update update = catalog.update();
    update.set_head(ledger_head(1, 2));
    update.drop_unlisted_packs();
    std::vector<PackIndex> packs;
    packs.reserve(500);
    for (std::uint64_t i = 0; i < 500; ++i) packs.push_back(test::pack_index(100 + i, {i, i + 1}));
    update.index_packs(packs);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  Catalog catalog = scratch.open();
  CHECK(read_all(catalog) == content);
  CHECK(catalog.is_sound());
}

TEST_CASE("catalog: damage to its log loses the last commits whole, which the heads show") {
  Scratch scratch;
  const std::filesystem::path log = scratch.path.string() + "-wal";
  std::vector<Content> states;
  Bytes file;
  Bytes logged;
  {
    Catalog catalog = scratch.create();
    states.push_back(read_all(catalog));
    for (std::uint64_t number = 1; number <= 3; ++number) {
      test::add_commit(catalog, number);
      states.push_back(read_all(catalog));
    }
    // As a crash would leave them.
    file = scratch.content();
    logged = read_file(scratch.files, log, 10'000'000).value();
  }
  const auto put = [&](ByteView log_bytes) {
    for (const char* suffix : {"-wal", "-shm"})
      scratch.files.remove(scratch.path.string() + suffix);
    scratch.overwrite(scratch.path, file);
    scratch.overwrite(log, log_bytes);
  };
  put(logged);
  CHECK(read_if_whole(scratch) == states.back());

  std::vector<bool> reached(states.size());
  const auto expect_a_state = [&] {
    const std::optional<Content> read = read_if_whole(scratch);
    if (!read) return;
    const auto state = std::ranges::find(states, *read);
    REQUIRE(state != states.end());
    reached[static_cast<std::size_t>(state - states.begin())] = true;
  };
  for (std::size_t i = 0; i < logged.size(); i += 631) {
    Bytes damaged = logged;
    damaged[i] ^= std::byte{1};
    put(damaged);
    expect_a_state();
    put(ByteView(logged).first(i));
    expect_a_state();
  }
  CHECK(reached == std::vector<bool>{true, true, true, false});
}
