#include "vault/consortium/refusal.hpp"

namespace muniment {

std::string_view to_text(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::malformed:
      return "not a text of its type";
    case Refusal::other_consortium:
      return "made for another consortium or collection";
    case Refusal::wrong_ledger:
      return "stands in a ledger that it does not belong to";
    case Refusal::wrong_id:
      return "the id is not the one that follows from its content";
    case Refusal::threshold_too_low:
      return "a threshold is half of the members or less";
    case Refusal::threshold_too_high:
      return "a threshold is more than there are members to reach it";
    case Refusal::key_of_two_members:
      return "a key is claimed for two members";
    case Refusal::charter_replayed:
      return "an older charter than the one in force";
    case Refusal::charter_skipped:
      return "a charter number was skipped";
    case Refusal::charter_not_linked:
      return "the charter does not name the one in force as its predecessor";
    case Refusal::charter_expired:
      return "the charter before it had expired";
    case Refusal::charter_forked:
      return "two charters of one number were approved";
    case Refusal::departure_missing:
      return "does not say up to where the ledgers count of a member who loses a right or a key";
    case Refusal::unknown_charter:
      return "names a charter that is not known here";
    case Refusal::approved_twice:
      return "one member approves it twice";
    case Refusal::approver_unknown:
      return "approved by somebody who has no say in it";
    case Refusal::approval_invalid:
      return "an approval is not by a key of that member for this text and act";
    case Refusal::approvals_too_few:
      return "too few members approve it";
    case Refusal::not_custodian:
      return "written by a device of a member who may not";
    case Refusal::unknown_member:
      return "names a member that no charter lists";
    case Refusal::unknown_device:
      return "names a device that no member certified";
    case Refusal::device_revoked:
      return "written by a device after it was revoked";
    case Refusal::member_departed:
      return "written by a member's device after a charter ended what it rests on";
    case Refusal::unknown_epoch:
      return "names an epoch that is not known here";
    case Refusal::epoch_skipped:
      return "the epoch's number is far above all others";
    case Refusal::epoch_disputed:
      return "the epoch is known with another public key or number";
    case Refusal::epoch_key_mismatch:
      return "the public key of the epoch is not the one that was approved";
    case Refusal::envelope_mismatch:
      return "the envelope is not the one that was approved";
    case Refusal::envelope_unreadable:
      return "the envelope does not open";
    case Refusal::commitment_mismatch:
      return "the keys in the envelope are not those that the epoch commits to";
    case Refusal::proves_nothing:
      return "says that a ledger was forked, and does not prove it";
  }
  return "refused";
}

}  // namespace muniment
