// Which witnesses count for whose logs, and how many are enough: the charter's members with the
// role witness but the log's own, of whom as many as the charter wants (`threshold-witness`). That
// is more than half of all, so two quorums always have a witness in common. Members are counted,
// never keys: a member with five devices vouches once.
#pragma once

#include "vault/consortium/consortium.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment {

// The name under which a device signs as a witness: `muniment/<consortium>/<device>`.
[[nodiscard]] std::string witness_name(const ConsortiumId& consortium, const DeviceId& device);

// Of the active devices of all members with the role witness.
[[nodiscard]] std::map<DeviceId, NoteKey<WitnessPurpose>> witness_keys(
    const Consortium& consortium);

struct WitnessingMember {
  MemberId member;
  std::map<DeviceId, NoteKey<WitnessPurpose>> devices;  // active ones; may be none

  friend bool operator==(const WitnessingMember&, const WitnessingMember&) = default;
};

struct WitnessQuorum {
  std::size_t needed = 0;                 // 0 only if there is nobody
  std::vector<WitnessingMember> members;  // ascending

  [[nodiscard]] std::vector<NoteKey<WitnessPurpose>> keys() const;
};

// For the logs of `owner`'s devices.
[[nodiscard]] WitnessQuorum quorum_for(const Consortium& consortium, const MemberId& owner);

// By member, the largest size of the log that it vouched for: of whoever grew out of that.
using VouchedSizes = std::map<MemberId, std::uint64_t>;

// Adds what witnesses signed of the checkpoint. False, and nothing happens, if the log did not sign
// it, or one line bears the name and id of a known key and does not verify: that condemns the note.
[[nodiscard]] bool add_vouched(const SignedNote& note, const NoteKey<LogPurpose>& log,
                               const WitnessQuorum& quorum, VouchedSizes& sizes);

// "Witnessed 5/13": `count` of `of` members vouch for the first `size` entries. If `needed` do
// that for any size, it is the largest such; else it is what all vouch for who vouch for anything.
struct WitnessStanding {
  std::size_t count = 0;
  std::size_t needed = 0;
  std::size_t of = 0;
  std::uint64_t size = 0;

  [[nodiscard]] bool is_quorum() const noexcept { return needed > 0 && count >= needed; }

  friend bool operator==(const WitnessStanding&, const WitnessStanding&) = default;
};

[[nodiscard]] WitnessStanding standing_of(const VouchedSizes& sizes, const WitnessQuorum& quorum);

// How many vouch for the first `size` entries.
[[nodiscard]] WitnessStanding standing_at(std::uint64_t size, const VouchedSizes& sizes,
                                          const WitnessQuorum& quorum);

// C2SP tlog-policy for checkpoints of `log`: a group for each member, and one of the groups.
// Error(denied) if fewer members have a device than are needed.
[[nodiscard]] std::string encode_policy(const NoteKey<LogPurpose>& log,
                                        const WitnessQuorum& quorum);

}  // namespace muniment
