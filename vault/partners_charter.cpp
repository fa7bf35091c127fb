// Proposing, approving and adopting charters.
#include <fmt/format.h>

#include <algorithm>

#include "vault/adopted.hpp"
#include "vault/approved.hpp"
#include "vault/ledger/sealed_part.hpp"
#include "vault/partners.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

std::uint32_t majority(std::size_t count) {
  return count == 0 ? 0 : static_cast<std::uint32_t>(count / 2 + 1);
}

// What is asked for, else what there was as far as it still is a majority and no more than all.
std::uint32_t next_threshold(std::uint32_t before, std::size_t count) {
  return std::clamp(before, majority(count), static_cast<std::uint32_t>(count));
}

Error refused(const Charter& charter, Refusal refusal, std::string hint = {}) {
  return {ErrorCode::denied, fmt::format("charter {}: {}", charter.number, to_text(refusal)),
          std::move(hint)};
}

// By this device's clock: what is said in the charters is what their writers say.
void require_unexpired(const Charter& current, const Charter& next, UnixSeconds now) {
  if (now > current.expires) {
    throw refused(next, Refusal::charter_expired,
                  "a charter that has expired cannot be extended: begin another consortium");
  }
  if (now > next.expires) {
    throw refused(next, Refusal::charter_expired, "have another one proposed, with a later end");
  }
}

// A text that several custodians approve would have to travel between them; no command makes one,
// and nobody could grant anything any more.
void require_single_grants(const Charter& next) {
  if (next.thresholds.grant <= 1) return;
  throw Error(ErrorCode::usage,
              fmt::format("charter {}: grants by {} custodians together are not supported",
                          next.number, next.thresholds.grant),
              "leave the threshold for grants at 1");
}

// That it says something else than who made it when.
void require_change(const Charter& current, Charter next) {
  next.number = current.number;
  next.previous = current.previous;
  next.created = current.created;
  next.departed = current.departed;
  if (next != current) return;
  throw Error(ErrorCode::usage, "the charter would change nothing",
              "say what is to change: 'muniment charter propose --help'");
}

void remove_member(Charter& charter, const MemberId& member) {
  std::erase_if(charter.members, [&](const CharterMember& known) { return known.id == member; });
}

void add_member(Charter& charter, CharterNames& names, const Card& card, const Roles& roles) {
  if (charter.find(card.member) != nullptr) {
    throw Error(ErrorCode::exists,
                "member " + escape(card.name.name) + ": it is in the charter already");
  }
  const auto at = std::ranges::lower_bound(charter.members, card.member, {}, &CharterMember::id);
  charter.members.insert(at, {card.member, roles, card.name.digest(), {card.key}});
  names[card.member] = card.name;
}

// Approvals of one text, ascending by member, of each member the first.
void add_approvals(std::vector<Approval>& into, std::span<const Approval> more) {
  for (const Approval& approval : more) {
    const auto at = std::ranges::lower_bound(into, approval.member, {}, &Approval::member);
    if (at == into.end() || at->member != approval.member) into.insert(at, approval);
  }
}

// Of one number that were approved here, another than `wanted`.
bool has_approved_other(std::span<const CharterRef> approved, const CharterRef& wanted) {
  return std::ranges::any_of(approved, [&](const CharterRef& known) {
    return known.number == wanted.number && known.digest != wanted.digest;
  });
}

// "1 of 2 of the members before, 2 of 2 of those after".
std::string counts_text(const ApprovedCharter& current, const CharterEntry& entry) {
  const Charter next = *decode_charter(entry.text);
  const ApprovalCounts counts = count_approvals(current.charter, next, entry);
  return fmt::format("{} of the members before, of {} that it takes, and {} of those after, of {}",
                     counts.before, current.charter.thresholds.charter, counts.after,
                     next.thresholds.charter);
}

// Whether the approval alone, by one of its member's keys, is good for anything: one that is not
// would spoil the others in the entry.
bool counts_for(const ApprovedCharter& current, const CharterEntry& proposal,
                const Approval& approval) {
  const auto refusal = check_next_charter(current, {proposal.text, {approval}, {}});
  return !refusal ||
         (*refusal != Refusal::approver_unknown && *refusal != Refusal::approval_invalid);
}

}  // namespace

// Of all ledgers of the member's devices, those of the built-in collection first if there are more
// than a charter can name.
LedgerSizes Partners::sizes_of(const MemberId& member) const {
  const Record& record = *state().record;
  LedgerSizes sizes;
  for (const bool built_in : {true, false}) {
    for (const Ledger& ledger : record.ledgers.ledgers) {
      const LedgerName& name = ledger.name();
      if ((name.collection == consortium_collection) != built_in) continue;
      if (sizes.size() == departed_ledgers_max) return sizes;
      const Device& device = record.consortium.devices().at(name.device);
      if (device.certificate.member == member) sizes.emplace(name.id(), ledger.size());
    }
  }
  return sizes;
}

CharterInfo Partners::describe(const Charter& charter, const CharterNames& names) const {
  CharterInfo info;
  info.consortium = state().identity().consortium;
  info.number = charter.number;
  info.created = charter.created;
  info.expires = charter.expires;
  info.thresholds = charter.thresholds;
  for (const CharterMember& member : charter.members) {
    const auto name = names.find(member.id);
    MemberInfo facts{
        member.id, name == names.end() ? member.id.hex() : name->second.name, member.roles, {}};
    for (const SshPublicKey& key : member.keys) facts.keys.push_back(encode_authorized_key(key));
    info.members.push_back(std::move(facts));
  }
  std::ranges::sort(info.members, {}, &MemberInfo::name);
  return info;
}

CharterInfo Partners::charter() {
  static_cast<void>(state().unlocked());
  const Consortium& consortium = state().record->consortium;
  return describe(consortium.charter(), open_charter_names(consortium, built_in_keys()));
}

Exchange Partners::own_consortium_text(const std::string& text) const {
  std::optional<Exchange> exchange = decode_exchange(text);
  if (!exchange) {
    throw Error(ErrorCode::damaged, "the text is cut short or altered, or no text of Muniment's",
                "have it sent again, from its BEGIN line to its END line");
  }
  if (exchange->consortium != state().identity().consortium) {
    throw Error(ErrorCode::denied,
                "the text is of another consortium, " + exchange->consortium.hex());
  }
  if (!exchange->proposal || !decode_charter(exchange->proposal->text)) {
    throw Error(ErrorCode::usage, "there is no charter to approve in the text");
  }
  return std::move(*exchange);
}

CharterNames Partners::names_of_proposal(const Exchange& exchange) const {
  const SealedPart part{{exchange.consortium, consortium_collection, exchange.from},
                        exchange.proposal->sealed};
  const auto text = open_sealed(built_in_keys(), part, Act::charter);
  auto names = text ? decode_charter_names(*text) : std::nullopt;
  const Charter charter = *decode_charter(exchange.proposal->text);
  if (names) {
    std::erase_if(*names, [&](const auto& known) {
      const CharterMember* member = charter.find(known.first);
      return member == nullptr || member->name_digest != known.second.digest();
    });
  }
  if (!names || names->size() != charter.members.size()) {
    throw Error(ErrorCode::denied,
                fmt::format("charter {}: the names that it has for its members cannot be read",
                            charter.number),
                "ask who proposed it for another text");
  }
  return std::move(*names);
}

CharterInfo Partners::proposal(const std::string& text) {
  static_cast<void>(state().unlocked());
  const Exchange exchange = own_consortium_text(text);
  const CharterEntry& entry = *exchange.proposal;
  CharterInfo info = describe(*decode_charter(entry.text), names_of_proposal(exchange));
  for (const Approval& approval : entry.approvals) {
    const auto known = std::ranges::find(info.members, approval.member, &MemberInfo::id);
    info.approved_by.push_back(known == info.members.end() ? member_name(approval.member)
                                                           : known->name);
  }
  const std::vector<ApprovedCharter>& charters = state().record->consortium.charters();
  info.in_force = std::ranges::find(charters, entry.text, &ApprovedCharter::text) != charters.end();
  const auto refusal = check_next_charter(charters.back(), entry);
  if (refusal && !info.in_force) info.missing = to_text(*refusal);
  if (refusal == Refusal::approvals_too_few) {
    info.missing = "approvals: there are " + counts_text(charters.back(), entry);
  }
  return info;
}

std::optional<std::uint32_t> Partners::in_force(const std::string& text) const {
  static_cast<void>(state().unlocked());
  const auto exchange = decode_exchange(text);
  if (!exchange || !exchange->proposal) return std::nullopt;
  const std::vector<ApprovedCharter>& charters = state().record->consortium.charters();
  const auto known = std::ranges::find(charters, exchange->proposal->text, &ApprovedCharter::text);
  if (known == charters.end()) return std::nullopt;
  return known->charter.number;
}

std::string Partners::charter_text(const std::string& text) {
  static_cast<void>(state().unlocked());
  return own_consortium_text(text).proposal->text;
}

std::string Partners::propose(const CharterChange& change, Activity& activity) {
  static_cast<void>(state().unlocked());
  const auto permit = state().begin({.act = access_act::charter, .detail = "propose"}, activity);
  const std::unique_ptr<FileLock> held = state().lock(activity);
  state().refresh(activity);
  state().require_untouched_ledgers();
  const Custodian self = state().custodian();
  const Consortium& consortium = state().record->consortium;
  const ApprovedCharter& current = consortium.charters().back();
  CharterNames names = open_charter_names(consortium, built_in_keys());
  Charter next = current.charter;
  next.number += 1;
  next.previous = sha256(as_bytes(current.text));
  next.created = state().environment.clock.now();
  if (change.expires) next.expires = *change.expires;
  for (const std::string& name : change.remove) {
    const MemberId member = find_member(name);
    remove_member(next, member);
    names.erase(member);
  }
  for (const Card& card : change.add) add_member(next, names, card, change.added_roles);
  for (const auto& [name, roles] : change.roles) {
    const MemberId member = find_member(name);
    const auto at = std::ranges::find(next.members, member, &CharterMember::id);
    if (at != next.members.end()) at->roles = roles;
  }
  for (const auto& [name, keys] : change.keys) {
    const MemberId member = find_member(name);
    const auto at = std::ranges::find(next.members, member, &CharterMember::id);
    if (at == next.members.end()) continue;
    at->keys = keys;
    std::ranges::sort(at->keys, {}, encode_authorized_key);
  }
  Thresholds& thresholds = next.thresholds;
  thresholds.charter = static_cast<std::uint32_t>(
      change.charter_threshold.value_or(next_threshold(thresholds.charter, next.members.size())));
  thresholds.grant = static_cast<std::uint32_t>(change.grant_threshold.value_or(thresholds.grant));
  thresholds.witness = next_threshold(thresholds.witness, next.count(Role::witness));

  next.departed.clear();
  for (const MemberId& member : departing(current.charter, next)) {
    next.departed.emplace(member, sizes_of(member));
  }

  require_change(current.charter, next);
  if (next.expires <= next.created) {
    throw Error(ErrorCode::usage, "the charter would expire before it begins");
  }
  require_unexpired(current.charter, next, next.created);
  require_single_grants(next);
  const std::string text = encode(next);
  CharterEntry entry{
      text,
      {muniment::approve(self.authority, self.member, approval_namespace::charter, text)},
      seal_part(consortium.sealing_epoch(consortium_collection).public_key,
                {consortium.id(), consortium_collection, state().identity().device}, Act::charter,
                encode(names), state().environment.random)};
  const auto refusal = check_next_charter(current, entry);
  if (refusal && *refusal != Refusal::approvals_too_few) throw refused(next, *refusal);
  note_approved(next, text, activity);
  Exchange exchange = exchange_of({consortium_collection});
  exchange.proposal = std::move(entry);
  return encode(exchange);
}

// Proposals may be given up, so another is only spoken of.
void Partners::note_approved(const Charter& next, const std::string& text, Activity& activity) {
  const Vault::State& vault = state();
  FileSystem& files = vault.environment.files;
  const ConsortiumId& consortium = vault.identity().consortium;
  const CharterRef ref = ApprovedCharter{next, text}.ref();
  if (has_approved_other(find_approved(files, vault.directory, consortium), ref)) {
    activity.notice(fmt::format(
        "another text of charter {} was approved here before: only one of them may come "
        "in force, so tell whoever has the other that it is given up",
        next.number));
  }
  add_approved(files, vault.directory, consortium, ref, next.number - 1);
}

std::vector<RivalCharter> Partners::rivals() {
  static_cast<void>(state().unlocked());
  const Consortium& consortium = state().record->consortium;
  std::vector<RivalCharter> rivals;
  const auto add = [&](const CharterEntry& entry) {
    const Charter charter = *decode_charter(entry.text);
    RivalCharter rival{charter.number, sha256(as_bytes(entry.text)), charter.created, {}, {}};
    const bool known = std::ranges::any_of(
        rivals, [&](const RivalCharter& other) { return other.digest == rival.digest; });
    if (known) return;
    for (const CharterMember& member : charter.members) {
      rival.members.push_back(member_name(member.id));
    }
    std::ranges::sort(rival.members);
    for (const Approval& approval : entry.approvals) {
      rival.approved_by.push_back(member_name(approval.member));
    }
    std::ranges::sort(rival.approved_by);
    rivals.push_back(std::move(rival));
  };
  for (const CharterFork& fork : consortium.charter_forks()) {
    const bool is_last = fork.one.text == consortium.charters().back().text;
    if (fork.decided && !is_last) continue;  // others rest on it
    add(fork.one);
    add(fork.other);
    if (fork.decided) rivals.front().in_force = true;
  }
  return rivals;
}

std::string Partners::choose(const std::string& digest, Activity& activity) {
  Vault::State& vault = state();
  static_cast<void>(vault.unlocked());
  const auto permit = vault.begin(
      {.act = access_act::charter, .detail = access_detail("choose " + digest)}, activity);
  const std::unique_ptr<FileLock> held = vault.lock(activity);
  vault.refresh(activity);
  vault.require_untouched_ledgers();
  std::vector<std::string> there;
  std::vector<CharterRef> wanted;
  for (const RivalCharter& rival : rivals()) {
    const std::string hex = rival.digest.hex();
    there.push_back(fmt::format("charter {} {}", rival.number, hex.substr(0, 16)));
    if (digest.size() >= 8 && hex.starts_with(digest)) {
      wanted.push_back({rival.number, rival.digest});
    }
  }
  if (wanted.size() != 1) {
    throw Error(ErrorCode::not_found,
                "charter " + escape(digest) + ": there is none to choose of this hash",
                there.empty() ? "'muniment charter show' shows the one in force"
                              : fmt::format("there are: {}", fmt::join(there, ", ")));
  }
  std::vector<CharterRef> adopted = vault.record->consortium.charter_refs();
  if (adopted.back().number == wanted.front().number) adopted.pop_back();
  adopted.push_back(wanted.front());
  save_adopted(vault.environment.files, vault.directory, vault.identity().consortium, adopted);
  vault.refresh(activity);
  std::vector<std::string> news;
  static_cast<void>(welcome(news));
  vault.refresh(activity);
  return text_for_all();
}

std::string Partners::approve(const std::string& text, const std::optional<std::string>& signature,
                              bool instead) {
  static_cast<void>(state().unlocked());
  const auto permit = state().begin({.act = access_act::charter, .detail = "approve"});
  Exchange exchange = own_consortium_text(text);
  CharterEntry& entry = *exchange.proposal;
  const Charter charter = *decode_charter(entry.text);
  const ApprovedCharter& current = state().record->consortium.charters().back();
  static_cast<void>(names_of_proposal(exchange));  // nobody approves names that nobody can read
  require_unexpired(current.charter, charter, state().environment.clock.now());
  require_single_grants(charter);
  const CharterRef ref = ApprovedCharter{charter, entry.text}.ref();
  FileSystem& files = state().environment.files;
  if (!instead &&
      has_approved_other(find_approved(files, state().directory, exchange.consortium), ref)) {
    throw Error(ErrorCode::denied,
                fmt::format("charter {}: another text of this number was approved here, and both "
                            "could come in force",
                            charter.number),
                "if all agree that the other one is given up, add --instead");
  }

  Approval approval;
  approval.member = state().own_member();
  if (signature) {
    const auto blob = dearmor_sshsig(*signature);
    const auto decoded = blob ? decode_sshsig(*blob) : std::nullopt;
    if (!decoded) {
      throw Error(ErrorCode::damaged, "the signature is not one that is accepted here",
                  "sign with an Ed25519 key: ssh-keygen -Y sign -n muniment-charter -f KEY FILE");
    }
    approval.signature = *decoded;
  } else {
    approval = muniment::approve(state().custodian().authority, approval.member,
                                 approval_namespace::charter, entry.text);
  }
  const bool twice = std::ranges::any_of(
      entry.approvals, [&](const Approval& known) { return known.member == approval.member; });
  if (twice) throw refused(charter, Refusal::approved_twice, "it has your approval already");
  add_approvals(entry.approvals, {&approval, 1});
  const auto refusal = check_next_charter(current, entry);
  if (refusal && *refusal != Refusal::approvals_too_few) throw refused(charter, *refusal);
  add_approved(files, state().directory, exchange.consortium, ref, current.charter.number);
  exchange.ledgers = exchange_of({consortium_collection}).ledgers;
  return encode(exchange);
}

bool Partners::adopt(std::span<const Exchange> exchanges, std::vector<std::string>& news) {
  const Consortium& consortium = state().record->consortium;
  const ApprovedCharter& current = consortium.charters().back();
  const Exchange* first = nullptr;
  std::vector<Approval> approvals;
  for (const Exchange& exchange : exchanges) {
    if (!exchange.proposal) continue;
    const auto known =
        std::ranges::find(consortium.charters(), exchange.proposal->text, &ApprovedCharter::text);
    if (known != consortium.charters().end()) {
      news.push_back(fmt::format("charter {} is in force already", known->charter.number));
      continue;
    }
    if (first == nullptr) first = &exchange;
    if (first->proposal->text != exchange.proposal->text) {
      throw Error(ErrorCode::usage, "the texts propose different charters",
                  "give those that belong together");
    }
    for (const Approval& approval : exchange.proposal->approvals) {
      if (counts_for(current, *first->proposal, approval)) {
        add_approvals(approvals, {&approval, 1});
      } else {
        news.push_back("an approval by " + escape(member_name(approval.member)) +
                       " was left out: it is not by a key of that member for this charter");
      }
    }
  }
  if (first == nullptr) return false;
  CharterEntry entry{first->proposal->text, std::move(approvals), first->proposal->sealed};
  const auto charter = decode_charter(entry.text);
  if (!charter) throw Error(ErrorCode::denied, "the charter that is proposed is malformed");
  require_unexpired(current.charter, *charter, state().environment.clock.now());
  if (const auto refusal = check_next_charter(current, entry)) {
    if (*refusal != Refusal::approvals_too_few) throw refused(*charter, *refusal);
    news.push_back(
        fmt::format("charter {} is proposed, and approved by {}; 'muniment charter approve FILE' "
                    "adds your approval",
                    charter->number, counts_text(current, entry)));
    return false;
  }
  for (const CharterFork& fork : consortium.charter_forks()) {
    if (fork.decided || decode_charter(fork.one.text)->number != charter->number) continue;
    news.push_back(Vault::State::describe_fork(fork) + "; 'muniment charter show' lists them");
    return false;
  }
  // Sealed parts are bound to the ledger in which they stand: this one's.
  const CharterNames names = names_of_proposal(*first);
  entry.sealed = seal_part(consortium.sealing_epoch(consortium_collection).public_key,
                           {consortium.id(), consortium_collection, state().identity().device},
                           Act::charter, encode(names), state().environment.random);
  const std::vector<std::string> entries{encode(entry)};
  state().append(consortium_collection, entries);
  news.push_back(fmt::format("charter {} is in force, with {} members", charter->number,
                             charter->members.size()));
  return true;
}

}  // namespace muniment
