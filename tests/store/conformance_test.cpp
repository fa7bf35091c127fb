// What every PackStore must do, run over each of them.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vault/store/directory_store.hpp"
#include "vault/store/faulty_store.hpp"

namespace muniment::test {

namespace {

struct OnDisk {
  TemporaryDirectory directory;
  std::unique_ptr<FileSystem> files = posix_file_system();
  DirectoryStore store{*files, directory.path(), DirectoryStore::Access::write};
};

struct OnMemoryFileSystem {
  MemoryFileSystem files;
  DirectoryStore store{files, "/", DirectoryStore::Access::write};
};

struct InMemory {
  MemoryStore store;
};

struct Faultless {
  MemoryStore inner;
  FaultyStore store{inner};
};

constexpr std::string_view key = "packs/ab/ab01.pack";

void put(PackStore& store, std::string_view name, std::string_view text) {
  REQUIRE(store.put_if_absent(name, as_bytes(text)));
  store.flush();
}

std::optional<std::string> text_of(const PackStore& store, std::string_view name) {
  const auto bytes = get_object(store, name, 1000);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

}  // namespace

#define VAULT_ALL_STORES OnDisk, OnMemoryFileSystem, InMemory, Faultless

TEST_CASE_TEMPLATE("store: what was put is found, whole and in ranges", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  put(store, key, "0123456789");
  CHECK(store.stat(key) == 10);
  CHECK(text_of(store, key) == "0123456789");
  std::array<std::byte, 4> range{};
  CHECK(store.get_range(key, 3, range) == 4);
  CHECK(as_text(range) == "3456");
  CHECK(store.get_range(key, 8, range) == 2);
  CHECK(as_text(range) == "8956");
  CHECK(store.get_range(key, 10, range) == 0);
  CHECK(store.get_range(key, 1'000'000, range) == 0);
  CHECK(store.get_range(key, 0, {}) == 0);
}

TEST_CASE_TEMPLATE("store: an empty object is one", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  put(fixture.store, key, "");
  CHECK(fixture.store.stat(key) == 0);
  CHECK(text_of(fixture.store, key) == "");
}

TEST_CASE_TEMPLATE("store: what is not there is absent, never an error", Fixture,
                   VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  put(store, key, "text");
  for (const std::string_view absent :
       {"packs/ab/ab02.pack", "packs/cd/cd01.pack", "other/x.pack"}) {
    CAPTURE(absent);
    std::array<std::byte, 4> range{};
    CHECK_FALSE(store.stat(absent));
    CHECK_FALSE(store.get_range(absent, 0, range));
    CHECK_FALSE(get_object(store, absent, 1000));
    CHECK_FALSE(store.remove(absent));
  }
  CHECK(store.list("other/").empty());
}

TEST_CASE_TEMPLATE("store: a limit cuts a longer object short", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  put(fixture.store, key, "0123456789");
  CHECK(as_text(get_object(fixture.store, key, 4).value()) == "0123");
  CHECK(as_text(get_object(fixture.store, key, 10).value()) == "0123456789");
}

TEST_CASE_TEMPLATE("store: a buffer is reused whatever it held", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  put(fixture.store, key, "0123456789");
  CHECK(
      as_text(get_object(fixture.store, key, 100, to_bytes("something longer than ten")).value()) ==
      "0123456789");
  CHECK(as_text(get_object(fixture.store, key, 100, to_bytes("short")).value()) == "0123456789");
}

TEST_CASE_TEMPLATE("store: the first object put under a key stays", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  CHECK(store.put_if_absent(key, as_bytes("first")));
  CHECK_FALSE(store.put_if_absent(key, as_bytes("second")));
  store.flush();
  CHECK_FALSE(store.put_if_absent(key, as_bytes("third")));
  store.flush();
  CHECK(text_of(store, key) == "first");
}

TEST_CASE_TEMPLATE("store: what is discarded can be put again", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  CHECK(store.put_if_absent(key, as_bytes("first")));
  store.discard();
  store.flush();
  CHECK_FALSE(store.stat(key));
  put(store, key, "second");
  CHECK(text_of(store, key) == "second");
}

TEST_CASE_TEMPLATE("store: replacing takes effect whether or not there was one", Fixture,
                   VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  store.replace(key, as_bytes("made"));
  CHECK(text_of(store, key) == "made");
  store.replace(key, as_bytes("another and longer"));
  CHECK(text_of(store, key) == "another and longer");
  store.replace(key, as_bytes("short"));
  CHECK(text_of(store, key) == "short");
}

TEST_CASE_TEMPLATE("store: replacing leaves what is staged alone", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  CHECK(store.put_if_absent("packs/ab/ab02.pack", as_bytes("staged")));
  store.replace(key, as_bytes("replaced"));
  store.flush();
  CHECK(text_of(store, "packs/ab/ab02.pack") == "staged");
  CHECK(text_of(store, key) == "replaced");
}

TEST_CASE_TEMPLATE("store: what was removed is absent and can be put again", Fixture,
                   VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  put(store, key, "first");
  CHECK(store.remove(key));
  CHECK_FALSE(store.remove(key));
  store.flush();
  CHECK_FALSE(store.stat(key));
  CHECK(store.list("packs/").empty());
  put(store, key, "second");
  CHECK(text_of(store, key) == "second");
}

TEST_CASE_TEMPLATE("store: lists the keys with a prefix in order", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  for (const std::string_view name : {"packs/ff/ff.pack", "packs/a0/a02.pack", "packs/a0/a01.pack",
                                      "packs/ab/ab.pack", "other/a0.pack"}) {
    CHECK(store.put_if_absent(name, as_bytes("x")));
  }
  store.flush();
  using Keys = std::vector<std::string>;
  CHECK(store.list("packs/") ==
        Keys{"packs/a0/a01.pack", "packs/a0/a02.pack", "packs/ab/ab.pack", "packs/ff/ff.pack"});
  CHECK(store.list("packs/a") ==
        Keys{"packs/a0/a01.pack", "packs/a0/a02.pack", "packs/ab/ab.pack"});
  CHECK(store.list("packs/a0/") == Keys{"packs/a0/a01.pack", "packs/a0/a02.pack"});
  CHECK(store.list("packs/a0/a02") == Keys{"packs/a0/a02.pack"});
  CHECK(store.list("packs/a0/a02.pack") == Keys{"packs/a0/a02.pack"});
  CHECK(store.list("other/") == Keys{"other/a0.pack"});
  CHECK(store.list("packs/b").empty());
}

TEST_CASE_TEMPLATE("store: threads read while one writes", Fixture, VAULT_ALL_STORES) {
  Fixture fixture;
  PackStore& store = fixture.store;
  put(store, key, "0123456789");
  std::atomic<bool> stop = false;
  std::atomic<unsigned> wrong = 0;
  std::vector<std::thread> readers;
  readers.reserve(2);
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      do {
        if (text_of(store, key) != "0123456789" || store.list("packs/ab/").empty()) ++wrong;
      } while (!stop);
    });
  }
  for (int i = 0; i < 50; ++i) {
    const std::string name = "packs/cd/" + std::to_string(i) + ".pack";
    put(store, name, "x");
    store.replace(key, as_bytes("0123456789"));
    CHECK(store.remove(name));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}

TEST_CASE("store: a key is lower case, has components, and leaves its directory nowhere") {
  CHECK(is_store_key("packs/ab/0123.pack"));
  CHECK(is_store_key("a/b"));
  CHECK(is_store_key("a-1/b.c.d"));
  CHECK(is_store_key("a/" + std::string(253, 'b')));
  CHECK_FALSE(is_store_key("a/" + std::string(254, 'b')));
  for (const std::string_view bad :
       {"", "a", "/", "a/", "/a", "a//b", "a/../b", "./a", "a/.", "a/.b", "A/b", "a/b c", "a/b_c",
        "a/b\\c", "a/\xc3\xa4", "a/b\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_store_key(bad));
  }
  CHECK_FALSE(is_store_key(std::string_view("a/\0b", 4)));
}

}  // namespace muniment::test
