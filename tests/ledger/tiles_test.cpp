#include "vault/ledger/tiles.hpp"

#include <doctest/doctest.h>

#include "tests/ledger/fixture.hpp"
#include "tests/support/damage.hpp"

namespace muniment {

using test::LedgerFixture;

TEST_CASE("ledger tiles: are written when they are full, and hold what the ledger holds") {
  LedgerFixture fixture;
  fixture.append({255});
  CHECK(fixture.files.list(fixture.directory() / "tile").empty());
  fixture.append({1, 300});
  CHECK(fixture.files.list(fixture.directory() / "tile") ==
        std::vector<std::string>{"0", "entries"});
  CHECK(fixture.files.list(fixture.directory() / "tile/0") ==
        std::vector<std::string>{"000", "001"});
  const auto ledger = fixture.find();
  const auto hashes = decode_tile(
      *read_file(fixture.files, fixture.directory() / "tile/0/001", 8192), tile_width_max);
  const auto bundle =
      decode_bundle(*read_file(fixture.files, fixture.directory() / "tile/entries/001", 1U << 24U),
                    tile_width_max);
  REQUIRE(hashes);
  REQUIRE(bundle);
  for (std::uint64_t i = 0; i < tile_width_max; ++i) {
    CHECK((*hashes)[i] == ledger->leaf(256 + i));
    CHECK(as_text((*bundle)[i]) == ledger->entry(256 + i));
  }
}

TEST_CASE("ledger tiles: the second level begins when 256 tiles are full") {
  LedgerFixture fixture;
  fixture.append({65'535, 1});
  const auto tile = read_file(fixture.files, fixture.directory() / "tile/1/000", 8192);
  REQUIRE(tile);
  const auto hashes = decode_tile(*tile, tile_width_max);
  REQUIRE(hashes);
  CHECK(merkle_root(*hashes) == fixture.find()->head().root);
  CHECK(fixture.files.list(fixture.directory() / "tile/0").size() == 256);
}

TEST_CASE("ledger tiles: missing and wrong ones are found and written anew") {
  LedgerFixture fixture;
  fixture.append({600});
  CHECK(fixture.check().empty());
  const auto directory = fixture.directory();
  fixture.files.remove(directory / "tile/0/000");
  fixture.files.open_or_create(directory / "tile/entries/001")->write_at(5, as_bytes("?"));
  fixture.files.open_or_create(directory / "tile/0/001")->write_at(8192, as_bytes("?"));
  const std::string label = "ledger " + fixture.name.id().hex() + ": ";
  const std::vector<LedgerDamage> expected{
      {label + "tile/0/000", "missing"},
      {label + "tile/0/001", "not what the ledger holds"},
      {label + "tile/entries/001", "not what the ledger holds"},
  };
  CHECK(fixture.check() == expected);
  CHECK(fixture.repair() == expected);
  CHECK(fixture.check().empty());
}

}  // namespace muniment
