#include "vault/partners.hpp"

#include <doctest/doctest.h>

#include "tests/vault/sample_vault.hpp"
#include "vault/consortium/founding.hpp"

namespace muniment {
namespace {

using test::SampleVault;

bool has_todo(Vault& vault, std::string_view words) {
  const std::vector<std::string> todo = vault.status().todo;
  return std::ranges::any_of(
      todo, [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

TEST_CASE("partners: an expiring charter is spoken of, and one that has expired not extended") {
  SampleVault sample;
  Vault vault = sample.open();
  CHECK_FALSE(has_todo(vault, "charter"));
  CharterChange later;
  sample.clock.set(sample.clock.now() + first_charter_lifetime - 30 * 86400);
  later.expires = sample.clock.now() + first_charter_lifetime;
  CHECK(has_todo(vault, "charter 1 expires in 30 days"));
  CHECK_FALSE(Partners(vault).propose(later, sample.activity).empty());

  sample.clock.set(sample.clock.now() + 31 * 86400);
  CHECK(has_todo(vault, "charter 1 has expired, and cannot be extended"));
  const auto error =
      test::error_of([&] { static_cast<void>(Partners(vault).propose(later, sample.activity)); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::denied);
  CHECK(std::string_view(error->what()) == "charter 2: the charter before it had expired");
  CHECK(error->hint().find("cannot be extended") != std::string::npos);
}

}  // namespace
}  // namespace muniment
