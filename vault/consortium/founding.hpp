// The entries with which a consortium and a collection begin. Pure: the caller appends them, as one
// commit.
#pragma once

#include "vault/consortium/consortium.hpp"

namespace muniment {

// How long the first charter lasts unless partners adopt another: ten years.
inline constexpr UnixSeconds first_charter_lifetime = 10 * 365 * 86400LL;

struct NewConsortium {
  std::string member_name;  // is_valid_name
  std::string device_name;  // is_valid_name
  DevicePublicKeys device;
  std::optional<RecoveryPublicKey> recovery;  // none if nobody keeps a recovery sheet
  UnixSeconds now = 0;
};

struct Founding {
  LedgerName ledger;
  MemberId member;
  std::vector<std::string> entries;  // the first commit of `ledger`
};

// A charter of one, whose member holds every role and `authority`; the device's certificate; the
// recovery recipient; the built-in collection's first epoch, granted to the device and to the
// recovery recipient.
[[nodiscard]] Founding found_consortium(const NewConsortium& consortium,
                                        const SigningKey<AuthorityPurpose>& authority,
                                        Random& random);

struct NewCollection {
  CollectionRecord record;
  DeviceId creator;  // of the consortium; its member holds `authority`
};

struct CollectionFounding {
  LedgerName ledger;
  std::vector<std::string> entries;  // the first commit of `ledger`
};

// A collection, its first epoch, granted to the creator and, if there is one, to its member's
// recovery recipient. Error(denied) if the member is no custodian, or if a grant takes more
// custodians than one.
[[nodiscard]] CollectionFounding found_collection(const Consortium& consortium,
                                                  const NewCollection& collection,
                                                  const SigningKey<AuthorityPurpose>& authority,
                                                  Random& random);

}  // namespace muniment
