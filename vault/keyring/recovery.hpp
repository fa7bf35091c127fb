// The recovery seed: 32 bytes on paper, or in shares with trustees, that give a member's reading
// keys back. It opens the keyring that has a slot for it; where no keyring is left, it is the
// identity to which every grant's recovery envelope is sealed.
#pragma once

#include <span>

#include "vault/crypto/keys.hpp"
#include "vault/keyring/slip39.hpp"

namespace muniment {

using RecoverySeed = SecretKey<struct RecoverySeedPurpose>;

// The X-Wing identity that the member's grants name as `recovery`.
[[nodiscard]] RecoverySecretKey recovery_secret_key(const RecoverySeed& seed);

// The 33 words of the recovery sheet, parted by single spaces: SLIP-39, one share of one, no
// passphrase. Words made twice from one seed differ in their identifier, hence in most words; each
// list is enough.
[[nodiscard]] SecretBytes recovery_words(const RecoverySeed& seed, Random& random);

// The same seed in shares of 33 words, any `need` of the `of` give it back: 2 to 16.
[[nodiscard]] std::vector<SecretBytes> recovery_shares(const RecoverySeed& seed, unsigned need,
                                                       unsigned of, Random& random);

// The seed from the sheet's words or from enough trustees' shares, one text each.
[[nodiscard]] std::variant<RecoverySeed, Slip39Problem> recovery_seed(
    std::span<const SecretBytes> shares);

}  // namespace muniment
