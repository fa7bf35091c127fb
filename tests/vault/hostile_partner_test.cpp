// What a member does against the others with its own keys, and what they keep.
#include <doctest/doctest.h>

#include "tests/vault/partner_vaults.hpp"

namespace muniment {
namespace {

using test::PartnerVault;
using test::PartnerVaults;

TEST_CASE("hostile partner: a grant that does not open keeps nobody from unlocking") {
  PartnerVaults partners{"spiegel", "bbc"};
  PartnerVault& hostile = partners[0];
  PartnerVault& victim = partners[1];
  {
    const UnlockedKeyring keys = hostile.keys();
    NewCollection wanted;
    wanted.record.name = "trap";
    wanted.creator = hostile.identity().device;
    const auto& authority = *keys.reading->keys.authority;
    const Consortium consortium = hostile.consortium();
    CollectionFounding made = found_collection(consortium, wanted, authority, hostile.random);
    Grant grant = *decode_grant(decode_grant_entry(made.entries[2])->text);
    grant.to = victim.identity().device;
    const Bytes envelope = to_bytes("no envelope");
    grant.envelope = EnvelopeRef::of(envelope);
    const std::string text = encode(grant);
    made.entries.push_back(encode(GrantEntry{
        text, {approve(authority, hostile.member(), approval_namespace::grant, text)}, envelope}));
    hostile.append(made.ledger, made.entries);
  }
  victim.accept(hostile.text_for("bbc"));
  Vault vault = victim.open();
  CHECK(vault.collections().empty());
  CHECK(PartnerVault::contains(vault.status().todo,
                               "a grant to this device does not hold the keys that it says"));
  const std::vector<std::string> audit = Partners(vault).audit();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].find("(spiegel/desk): the envelope does not open") != std::string::npos);
}

}  // namespace
}  // namespace muniment
