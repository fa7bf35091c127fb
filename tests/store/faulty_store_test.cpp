#include "vault/store/faulty_store.hpp"

#include <doctest/doctest.h>

#include "vault/base/error.hpp"

namespace muniment::test {

namespace {

constexpr std::string_view key = "packs/ab/ab01.pack";

}  // namespace

TEST_CASE("faulty store: fails from the call it was told to until it recovers") {
  MemoryStore inner;
  FaultyStore store(inner);
  store.replace(key, as_bytes("text"));
  store.fail_after(2);
  CHECK(store.stat(key) == 4);
  CHECK(store.list("packs/").size() == 1);
  CHECK_THROWS_AS((void)store.stat(key), Error);
  CHECK_THROWS_AS((void)store.list("packs/"), Error);
  CHECK_THROWS_AS(store.replace(key, as_bytes("other")), Error);
  store.recover();
  CHECK(as_text(get_object(store, key, 100).value()) == "text");
}

TEST_CASE("faulty store: a failed change drops what is staged") {
  MemoryStore inner;
  FaultyStore store(inner);
  CHECK(store.put_if_absent(key, as_bytes("text")));
  store.fail_after(0);
  CHECK_THROWS_AS(store.flush(), Error);
  store.recover();
  store.flush();
  CHECK_FALSE(store.stat(key));
}

TEST_CASE("faulty store: damage is what readers get until the object is replaced") {
  MemoryStore inner;
  FaultyStore store(inner);
  store.replace(key, as_bytes("good"));
  store.damage(key, as_bytes("bad"));
  CHECK(store.stat(key) == 3);
  CHECK(as_text(get_object(store, key, 100).value()) == "bad");
  store.replace(key, as_bytes("healed"));
  CHECK(as_text(get_object(store, key, 100).value()) == "healed");
}

}  // namespace muniment::test
