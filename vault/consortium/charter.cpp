#include "vault/consortium/charter.hpp"

#include <algorithm>

#include "vault/crypto/hash.hpp"
#include "vault/ledger/entries.hpp"

namespace muniment {

namespace {

constexpr std::string_view charter_type = "muniment/charter/v1";
constexpr std::string_view names_type = "muniment/sealed-charter/v1";
constexpr std::string_view none = "-";

std::string roles_text(Roles roles) {
  std::string text;
  for (std::size_t i = 0; i < role_names.size(); ++i) {
    if (!roles.has(static_cast<Role>(i))) continue;
    if (!text.empty()) text += ',';
    text += role_names[i];
  }
  return text.empty() ? std::string(none) : text;
}

std::optional<Roles> roles_from(std::string_view text) {
  Roles roles;
  for (std::size_t i = 0; i < role_names.size(); ++i) {
    const std::string_view name = role_names[i];
    const std::size_t at = text.find(name);
    if (at != std::string_view::npos) roles.add(static_cast<Role>(i));
  }
  if (roles_text(roles) != text) return std::nullopt;
  return roles;
}

void read_keys(RecordReader& reader, CharterMember& member) {
  std::string_view last;
  while (reader.key_if("key")) {
    const std::string_view text = reader.rest();
    const auto key = decode_authorized_key(text);
    if (!key || text <= last) reader.fail();
    member.keys.push_back(key.value_or(SshPublicKey{}));
    last = text;
  }
  if (member.keys.empty() || member.keys.size() > member_keys_max) reader.fail();
}

void read_departed(RecordReader& reader, Charter& charter) {
  std::size_t count = 0;
  while (reader.key_if("departed")) {
    const auto member = reader.hex<MemberId>();
    if (!charter.departed.empty() && charter.departed.rbegin()->first >= member) reader.fail();
    LedgerSizes& sizes = charter.departed[member];
    while (reader.key_if("ledger")) {
      const auto ledger = reader.hex<LedgerId>();
      const std::uint64_t size = reader.u64();
      if (!sizes.empty() && sizes.rbegin()->first >= ledger) reader.fail();
      sizes.emplace(ledger, size);
      if (++count > departed_ledgers_max) reader.fail();
    }
  }
}

}  // namespace

CharterRef ApprovedCharter::ref() const {
  return {charter.number, sha256(as_bytes(text))};
}

const CharterMember* Charter::find(const MemberId& member) const noexcept {
  const auto found = std::ranges::lower_bound(members, member, {}, &CharterMember::id);
  return found != members.end() && found->id == member ? &*found : nullptr;
}

std::size_t Charter::count(Role role) const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      members, [role](const CharterMember& member) { return member.roles.has(role); }));
}

std::string encode(const Charter& charter) {
  RecordWriter writer(charter_type);
  writer.key("number").u64(charter.number);
  writer.key("previous");
  if (charter.number == 1) {
    writer.word(none);
  } else {
    writer.hex(charter.previous.view());
  }
  writer.key("created").time(charter.created);
  writer.key("expires").time(charter.expires);
  writer.key("threshold-charter").u64(charter.thresholds.charter);
  writer.key("threshold-grant").u64(charter.thresholds.grant);
  writer.key("threshold-witness").u64(charter.thresholds.witness);
  for (const CharterMember& member : charter.members) {
    writer.key("member").hex(member.id.view()).hex(member.name_digest.view());
    writer.word(roles_text(member.roles));
    for (const SshPublicKey& key : member.keys) writer.key("key").rest(encode_authorized_key(key));
  }
  for (const auto& [member, sizes] : charter.departed) {
    writer.key("departed").hex(member.view());
    for (const auto& [ledger, size] : sizes) writer.key("ledger").hex(ledger.view()).u64(size);
  }
  return writer.finish();
}

std::optional<Charter> decode_charter(std::string_view text) {
  RecordReader reader(text, charter_type);
  Charter charter;
  charter.number = reader.key("number").u32();
  reader.key("previous");
  if (charter.number == 1) {
    if (reader.word() != none) reader.fail();
  } else {
    charter.previous = reader.hex<Sha256Digest>();
  }
  charter.created = reader.key("created").time();
  charter.expires = reader.key("expires").time();
  charter.thresholds.charter = reader.key("threshold-charter").u32();
  charter.thresholds.grant = reader.key("threshold-grant").u32();
  charter.thresholds.witness = reader.key("threshold-witness").u32();
  while (reader.key_if("member")) {
    CharterMember member;
    member.id = reader.hex<MemberId>();
    member.name_digest = reader.hex<Sha256Digest>();
    const auto roles = roles_from(reader.word());
    if (!roles || (!charter.members.empty() && charter.members.back().id >= member.id)) {
      reader.fail();
    }
    member.roles = roles.value_or(Roles{});
    read_keys(reader, member);
    charter.members.push_back(std::move(member));
  }
  read_departed(reader, charter);
  const std::size_t count = charter.members.size();
  if (!reader.done() || charter.number == 0 || charter.expires <= charter.created || count == 0 ||
      count > charter_members_max) {
    return std::nullopt;
  }
  return charter;
}

ConsortiumId consortium_id(std::string_view first_charter_text) {
  return *ConsortiumId::from_bytes(sha256(as_bytes(first_charter_text)).view());
}

std::string encode(const CharterEntry& entry) {
  RecordWriter writer(type_line(Act::charter));
  writer.key("charter").base64(as_bytes(entry.text));
  write_approvals(writer, entry.approvals);
  writer.key("sealed").base64(entry.sealed);
  return writer.finish();
}

std::optional<CharterEntry> decode_charter_entry(std::string_view entry) {
  RecordReader reader(entry, type_line(Act::charter));
  CharterEntry result;
  result.text = as_text(reader.key("charter").base64());
  result.approvals = read_approvals(reader);
  result.sealed = reader.key("sealed").base64();
  if (!reader.done()) return std::nullopt;
  return result;
}

std::string encode(const CharterNames& names) {
  RecordWriter writer(names_type);
  for (const auto& [member, name] : names) {
    writer.key("member-name").hex(member.view()).hex(name.salt.view());
    writer.base64(as_bytes(name.name));
  }
  return writer.finish();
}

std::optional<CharterNames> decode_charter_names(std::string_view text) {
  RecordReader reader(text, names_type);
  CharterNames names;
  while (reader.key_if("member-name")) {
    const auto member = reader.hex<MemberId>();
    const auto salt = reader.hex<NameSalt>();
    std::string name(as_text(reader.base64()));
    if (!is_valid_name(name) || (!names.empty() && names.rbegin()->first >= member)) reader.fail();
    names.emplace(member, SaltedName{salt, std::move(name)});
  }
  if (!reader.done()) return std::nullopt;
  return names;
}

}  // namespace muniment
