// Why a text, an approval or a grant gives no rights.
#pragma once

#include <cstdint>
#include <string_view>

namespace muniment {

enum class Refusal : std::uint8_t {
  malformed,
  other_consortium,
  wrong_ledger,
  wrong_id,
  threshold_too_low,
  threshold_too_high,
  key_of_two_members,
  charter_replayed,
  charter_skipped,
  charter_not_linked,
  charter_expired,
  charter_forked,
  departure_missing,
  unknown_charter,
  approved_twice,
  approver_unknown,
  approval_invalid,  // another key, another namespace, or another text
  approvals_too_few,
  not_custodian,
  unknown_member,
  unknown_device,
  device_revoked,
  member_departed,
  unknown_epoch,
  epoch_skipped,
  epoch_disputed,
  epoch_key_mismatch,
  envelope_mismatch,
  envelope_unreadable,
  commitment_mismatch,
  proves_nothing,
};

// In lower case and without a full stop, to stand after the name of what is refused.
[[nodiscard]] std::string_view to_text(Refusal refusal) noexcept;

}  // namespace muniment
