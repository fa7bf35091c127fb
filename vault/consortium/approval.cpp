#include "vault/consortium/approval.hpp"

namespace muniment {

Approval approve(const SigningKey<AuthorityPurpose>& key, const MemberId& member,
                 std::string_view name_space, std::string_view text) {
  return {member, ssh_sign(key, name_space, as_bytes(text))};
}

void write_charter_ref(RecordWriter& record, const CharterRef& charter) {
  record.key("charter").u64(charter.number).hex(charter.digest.view());
}

CharterRef read_charter_ref(RecordReader& record) {
  CharterRef charter;
  charter.number = record.key("charter").u32();
  charter.digest = record.hex<Sha256Digest>();
  if (charter.number == 0) record.fail();
  return charter;
}

std::optional<CharterRef> read_charter_ref_if(RecordReader& record) {
  if (!record.key_if("charter")) return std::nullopt;
  const std::uint32_t number = record.u32();
  return CharterRef{number, record.hex<Sha256Digest>()};
}

std::vector<CharterRef> read_charter_refs(RecordReader& record) {
  std::vector<CharterRef> charters;
  while (const auto charter = read_charter_ref_if(record)) {
    charters.push_back(*charter);
    if (charter->number != charters.size()) record.fail();
  }
  return charters;
}

void write_approval(RecordWriter& record, const Approval& approval) {
  record.key("approval").hex(approval.member.view()).base64(encode_sshsig(approval.signature));
}

void write_approvals(RecordWriter& record, std::span<const Approval> approvals) {
  for (const Approval& approval : approvals) write_approval(record, approval);
}

namespace {

Approval read_fields(RecordReader& record) {
  const auto member = record.hex<MemberId>();
  const auto signature = decode_sshsig(record.base64());
  if (!signature) record.fail();
  return {member, signature.value_or(SshSignature{})};
}

}  // namespace

Approval read_approval(RecordReader& record) {
  return read_fields(record.key("approval"));
}

std::vector<Approval> read_approvals(RecordReader& record) {
  std::vector<Approval> approvals;
  while (record.key_if("approval")) {
    approvals.push_back(read_fields(record));
    const std::size_t count = approvals.size();
    if (count > 1 && approvals[count - 1].member < approvals[count - 2].member) record.fail();
  }
  if (approvals.empty()) record.fail();
  return approvals;
}

}  // namespace muniment
