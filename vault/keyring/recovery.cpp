#include "vault/keyring/recovery.hpp"

namespace muniment {

RecoverySecretKey recovery_secret_key(const RecoverySeed& seed) {
  return derive<KemSeed<RecoveryPurpose>>(seed, "muniment/recovery-kem/v1");
}

SecretBytes recovery_words(const RecoverySeed& seed, Random& random) {
  return std::move(slip39_split(seed.view(), {}, {}, random).front().front());
}

std::vector<SecretBytes> recovery_shares(const RecoverySeed& seed, unsigned need, unsigned of,
                                         Random& random) {
  const Slip39Options options{.groups = {{need, of}}};
  return std::move(slip39_split(seed.view(), {}, options, random).front());
}

std::variant<RecoverySeed, Slip39Problem> recovery_seed(std::span<const SecretBytes> shares) {
  std::variant<SecretBytes, Slip39Problem> combined = slip39_combine(shares, {});
  if (const auto* problem = std::get_if<Slip39Problem>(&combined)) return *problem;
  std::optional<RecoverySeed> seed =
      RecoverySeed::from_bytes(std::move(std::get<SecretBytes>(combined)));
  if (!seed) return Slip39Problem{.reason = Slip39Refusal::length};
  return std::move(*seed);
}

}  // namespace muniment
