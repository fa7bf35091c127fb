// A grant: what a device, or a member's recovery key, may do in a collection. It fixes the envelope
// and the key within, so that nobody can be handed a different one (DESIGN §5).
#pragma once

#include <variant>

#include "vault/consortium/approval.hpp"

namespace muniment {

enum class Rights : std::uint8_t {
  read,       // all that the others may, and open it
  deposit,    // seal into it, and replicate
  replicate,  // keep its ciphertext
};

// The sealed keys, as the entry carries them beside the approved text.
struct EnvelopeRef {
  Sha256Digest digest;
  std::uint32_t bytes = 0;

  [[nodiscard]] static EnvelopeRef of(ByteView envelope);

  friend bool operator==(const EnvelopeRef&, const EnvelopeRef&) = default;
};

using Grantee = std::variant<DeviceId, MemberId>;  // a member by its recovery recipient

struct Grant {
  ConsortiumId consortium;
  CharterRef charter;
  CollectionId collection;
  std::uint32_t epoch = 1;
  EpochCommitment commitment;
  Sha256Digest epoch_key;  // epoch_key_digest of the epoch's public key
  Grantee to;
  Rights rights = Rights::read;
  bool history = true;                  // the envelope holds the keys of earlier epochs too
  std::optional<EnvelopeRef> envelope;  // exactly for Rights::read

  friend bool operator==(const Grant&, const Grant&) = default;
};

[[nodiscard]] std::string encode(const Grant& grant);
[[nodiscard]] std::optional<Grant> decode_grant(std::string_view text);

struct GrantEntry {
  std::string text;  // encodes a Grant
  std::vector<Approval> approvals;
  Bytes envelope;  // empty if the grant has none
  Bytes label{};   // deposit.hpp's; only for Rights::deposit to a device, and may be missing there

  friend bool operator==(const GrantEntry&, const GrantEntry&) = default;
};

[[nodiscard]] std::string encode(const GrantEntry& entry);
[[nodiscard]] std::optional<GrantEntry> decode_grant_entry(std::string_view entry);

}  // namespace muniment
