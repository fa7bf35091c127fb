#include "vault/consortium/quorum.hpp"

#include <algorithm>

#include "vault/base/error.hpp"

namespace muniment {

std::string witness_name(const ConsortiumId& consortium, const DeviceId& device) {
  return "muniment/" + consortium.hex() + "/" + device.hex();
}

std::map<DeviceId, NoteKey<WitnessPurpose>> witness_keys(const Consortium& consortium) {
  std::map<DeviceId, NoteKey<WitnessPurpose>> result;
  for (const auto& [id, device] : consortium.devices()) {
    const CharterMember* member = consortium.charter().find(device.certificate.member);
    if (!consortium.is_active(id) || member == nullptr || !member->roles.has(Role::witness)) {
      continue;
    }
    result.emplace(id, NoteKey<WitnessPurpose>{witness_name(consortium.id(), id),
                                               device.certificate.keys.witness});
  }
  return result;
}

std::vector<NoteKey<WitnessPurpose>> WitnessQuorum::keys() const {
  std::vector<NoteKey<WitnessPurpose>> result;
  for (const WitnessingMember& member : members) {
    for (const auto& [id, key] : member.devices) result.push_back(key);
  }
  return result;
}

WitnessQuorum quorum_for(const Consortium& consortium, const MemberId& owner) {
  WitnessQuorum quorum;
  const auto keys = witness_keys(consortium);
  for (const CharterMember& member : consortium.charter().members) {
    if (member.id == owner || !member.roles.has(Role::witness)) continue;
    WitnessingMember& witness = quorum.members.emplace_back(WitnessingMember{member.id, {}});
    for (const auto& [id, key] : keys) {
      if (consortium.devices().at(id).certificate.member == member.id) {
        witness.devices.emplace(id, key);
      }
    }
  }
  quorum.needed =
      std::min<std::size_t>(consortium.charter().thresholds.witness, quorum.members.size());
  return quorum;
}

bool add_vouched(const SignedNote& note, const NoteKey<LogPurpose>& log,
                 const WitnessQuorum& quorum, VouchedSizes& sizes) {
  const std::vector<NoteKey<WitnessPurpose>> keys = quorum.keys();
  const auto opened = open_cosigned(note, log, keys);
  if (!opened || opened->checkpoint.origin != log.name) return false;
  const auto signed_it = [&](const auto& device) {
    return std::ranges::find(opened->cosignatures, device.second.name, &Cosignature::name) !=
           opened->cosignatures.end();
  };
  for (const WitnessingMember& member : quorum.members) {
    if (std::ranges::none_of(member.devices, signed_it)) continue;
    std::uint64_t& size = sizes[member.member];
    size = std::max(size, opened->checkpoint.size);
  }
  return true;
}

WitnessStanding standing_of(const VouchedSizes& sizes, const WitnessQuorum& quorum) {
  std::vector<std::uint64_t> known;
  for (const WitnessingMember& member : quorum.members) {
    const auto found = sizes.find(member.member);
    if (found != sizes.end() && found->second > 0) known.push_back(found->second);
  }
  std::ranges::sort(known, std::greater());
  if (known.empty()) return {0, quorum.needed, quorum.members.size(), 0};
  const std::size_t last = std::min(known.size(), std::max<std::size_t>(quorum.needed, 1)) - 1;
  return standing_at(known[last], sizes, quorum);
}

WitnessStanding standing_at(std::uint64_t size, const VouchedSizes& sizes,
                            const WitnessQuorum& quorum) {
  WitnessStanding standing{0, quorum.needed, quorum.members.size(), size};
  for (const WitnessingMember& member : quorum.members) {
    const auto found = sizes.find(member.member);
    if (found != sizes.end() && found->second >= size) ++standing.count;
  }
  return standing;
}

std::string encode_policy(const NoteKey<LogPurpose>& log, const WitnessQuorum& quorum) {
  std::string text = "log " + encode_vkey(log) + "\n";
  std::string groups;
  std::string names;
  std::size_t able = 0;
  for (const WitnessingMember& member : quorum.members) {
    if (member.devices.empty()) continue;
    ++able;
    const std::string group = "member:" + member.member.hex();
    groups += "group " + group + " any";
    names += " " + group;
    for (const auto& [id, key] : member.devices) {
      const std::string name = "device:" + id.hex();
      text += "witness " + name + " " + encode_vkey(key) + "\n";
      groups += " " + name;
    }
    groups += "\n";
  }
  if (quorum.needed == 0) return text + "quorum none\n";
  if (able < quorum.needed) {
    throw Error(ErrorCode::denied,
                "the charter wants " + std::to_string(quorum.needed) + " witnesses, and only " +
                    std::to_string(able) + " of them have a device",
                "no checkpoint can have enough: have others made witnesses, 'muniment charter "
                "propose'");
  }
  return text + groups + "group quorum " + std::to_string(quorum.needed) + names +
         "\nquorum quorum\n";
}

}  // namespace muniment
