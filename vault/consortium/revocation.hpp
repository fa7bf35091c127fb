// The end of a device: approved by its own member or by any custodian, whatever the charter's
// thresholds.
#pragma once

#include <map>

#include "vault/consortium/approval.hpp"

namespace muniment {

inline constexpr std::size_t revoked_ledgers_max = 256;

struct Revocation {
  ConsortiumId consortium;
  CharterRef charter;
  DeviceId device;
  // How much of each of the device's ledgers still counts. What lies above, and ledgers that are
  // not listed, give no rights any more, but open what was sealed (FORMAT.md §10).
  std::map<LedgerId, std::uint64_t> accepted;

  friend bool operator==(const Revocation&, const Revocation&) = default;
};

[[nodiscard]] std::string encode(const Revocation& revocation);
[[nodiscard]] std::optional<Revocation> decode_revocation(std::string_view text);

struct RevocationEntry {
  std::string text;  // encodes a Revocation
  Approval approval;

  friend bool operator==(const RevocationEntry&, const RevocationEntry&) = default;
};

[[nodiscard]] std::string encode(const RevocationEntry& entry);
[[nodiscard]] std::optional<RevocationEntry> decode_revocation_entry(std::string_view entry);

}  // namespace muniment
