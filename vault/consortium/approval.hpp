// A member's signature under a text: SSHSIG in a namespace that says for which act, so that it can
// be made with a hardware key and `ssh-keygen -Y sign`, and checked with `ssh-keygen -Y verify`.
#pragma once

#include <span>
#include <vector>

#include "vault/base/ids.hpp"
#include "vault/consortium/refusal.hpp"
#include "vault/note/record.hpp"
#include "vault/note/sshsig.hpp"

namespace muniment {

namespace approval_namespace {
inline constexpr std::string_view charter = "muniment-charter";
inline constexpr std::string_view device = "muniment-device";
inline constexpr std::string_view recovery = "muniment-recovery";
inline constexpr std::string_view revoke = "muniment-revoke";
inline constexpr std::string_view grant = "muniment-grant";
// Not of a consortium: whoever wants to be invited signs its card.
inline constexpr std::string_view card = "muniment-card";
}  // namespace approval_namespace

struct Approval {
  MemberId member;
  SshSignature signature;

  friend bool operator==(const Approval&, const Approval&) = default;
};

[[nodiscard]] Approval approve(const SigningKey<AuthorityPurpose>& key, const MemberId& member,
                               std::string_view name_space, std::string_view text);

// The charter that something rests on, by its text too: two can have one number.
struct CharterRef {
  std::uint32_t number = 0;
  Sha256Digest digest;  // of the text

  friend bool operator==(const CharterRef&, const CharterRef&) = default;
};

// The line `charter <number> <digest>`; no number 0 is read.
void write_charter_ref(RecordWriter& record, const CharterRef& charter);
[[nodiscard]] CharterRef read_charter_ref(RecordReader& record);
// The same if the next line is one, with any number.
[[nodiscard]] std::optional<CharterRef> read_charter_ref_if(RecordReader& record);
// Such lines for as long as there are any, numbered from 1 on.
[[nodiscard]] std::vector<CharterRef> read_charter_refs(RecordReader& record);

// The line `approval <member> <SSHSIG>`.
void write_approval(RecordWriter& record, const Approval& approval);
[[nodiscard]] Approval read_approval(RecordReader& record);

// One or more such lines, ascending by member. That one member has two of them is for checks to
// refuse.
void write_approvals(RecordWriter& record, std::span<const Approval> approvals);
[[nodiscard]] std::vector<Approval> read_approvals(RecordReader& record);

}  // namespace muniment
