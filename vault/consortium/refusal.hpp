// Why a text, an approval or a grant gives no rights.
#pragma once

#include <cstdint>
#include <string_view>

namespace muniment {

enum class Refusal : std::uint8_t {
  malformed,           // not a text of its type
  other_consortium,    // made for another consortium, collection or ledger
  wrong_id,            // the id is not the one that follows from what it names
  threshold_too_low,   // half of the members, or fewer, could change the charter
  threshold_too_high,  // no number of approvals could ever reach it
  key_of_two_members,  // one authority key is listed twice
  no_custodian,        // nobody could grant anything
  charter_replayed,    // its number is that of a charter already in force, or lower
  charter_skipped,     // its number is not the next one
  charter_not_linked,  // it does not name the charter in force as its predecessor
  charter_expired,     // made after the charter before it had expired
  charter_forked,      // two different charters of one number were approved
  unknown_charter,     // names a charter that nobody has shown
  approved_twice,      // one member approves twice
  approver_unknown,    // approved by somebody who has no say in it
  approval_invalid,    // a signature by another key, in another namespace or over another text
  approvals_too_few,   // the threshold is not reached
  not_custodian,       // written by a device whose member is no custodian
  unknown_member,
  unknown_device,
  device_revoked,
  unknown_epoch,        // no epoch with this commitment
  epoch_conflict,       // the epoch's commitment is known with another key or number
  envelope_mismatch,    // the envelope is not the one that was approved
  envelope_unreadable,  // our key does not open it, or what is in it is no envelope
  commitment_mismatch,  // the key in the envelope is not the one that the epoch commits to
  epoch_key_mismatch,   // the epoch's public key is not the one that was approved
  name_mismatch,        // a sealed name is not the one whose digest was approved
};

// In lower case and without a full stop, to stand after the name of what is refused.
[[nodiscard]] std::string_view to_text(Refusal refusal) noexcept;

}  // namespace muniment
