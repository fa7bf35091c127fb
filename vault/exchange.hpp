// The texts that members hand each other: a card, by which one is invited, and exchange texts,
// which carry ledgers and a charter that is to be approved. Nothing in them is secret, and nothing
// is believed that the ledgers' own rules do not prove. Layout: FORMAT.md.
#pragma once

#include <array>

#include "vault/armor.hpp"
#include "vault/consortium/charter.hpp"
#include "vault/ledger/copy.hpp"

namespace muniment {

// Who wants to be invited, in its own words and signed by its own key.
struct Card {
  MemberId member;
  SaltedName name;
  SshPublicKey key;  // of the member's authority
  DeviceId device;   // that made the card

  friend bool operator==(const Card&, const Card&) = default;
};

[[nodiscard]] std::string encode(const Card& card, const SigningKey<AuthorityPurpose>& authority);
// Empty unless `text` is such a text and the key that it names signed it. White space around it is
// ignored.
[[nodiscard]] std::optional<Card> decode_card(std::string_view text);

// Eight words (80 bits) to compare by telephone; they cover everything in the card.
[[nodiscard]] std::string fingerprint_words(const Card& card);

struct Exchange {
  ConsortiumId consortium;
  DeviceId from;  // the names in `proposal` are sealed as if it stood in this device's ledger
  // In force where it was made, from number 1 on, so that whoever joins by it follows no other.
  std::vector<CharterRef> charters;
  std::optional<CharterEntry> proposal;  // with the approvals so far
  std::vector<LedgerCopy> ledgers;       // ascending by name
};

// Eight words that cover the consortium, the charters that the text's maker follows, and the maker:
// what somebody who joins by it cannot check in any other way.
[[nodiscard]] std::string fingerprint_words(const Exchange& exchange);

// Armored (armor.hpp).
[[nodiscard]] std::string encode(const Exchange& exchange);
[[nodiscard]] std::optional<Exchange> decode_exchange(std::string_view text);

// What is under the armor.
[[nodiscard]] std::string encode_exchange_record(const Exchange& exchange);
[[nodiscard]] std::optional<Exchange> decode_exchange_record(std::string_view text);

}  // namespace muniment
