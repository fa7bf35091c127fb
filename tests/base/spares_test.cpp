#include "vault/base/spares.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace muniment;

TEST_CASE("spares: what was given back is taken again, as it was; then there are new ones") {
  Spares<std::string> spares(2);
  CHECK(spares.take().empty());
  spares.give("one");
  spares.give("two");
  CHECK(spares.take() == "two");
  CHECK(spares.take() == "one");
  CHECK(spares.take().empty());
}

TEST_CASE("spares: no more are kept than were allowed") {
  Spares<std::string> spares(1);
  spares.give("kept");
  spares.give("dropped");
  CHECK(spares.take() == "kept");
  CHECK(spares.take().empty());
}

TEST_CASE("spares: no two threads get the same one") {
  Spares<std::string> spares(8);
  const auto use = [&] {
    for (int i = 0; i < 1000; ++i) {
      std::string one = spares.take();
      one += 'x';
      spares.give(std::move(one));
    }
  };
  std::thread other(use);
  use();
  other.join();
  std::size_t uses = 0;
  for (std::string one = spares.take(); !one.empty(); one = spares.take()) uses += one.size();
  CHECK(uses == 2000);
}
