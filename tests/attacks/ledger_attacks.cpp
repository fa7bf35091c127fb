#include <algorithm>

#include "tests/attacks/partner_view.hpp"
#include "tests/attacks/rewrites.hpp"
#include "tests/ledger/fixture.hpp"
#include "vault/ledger/fork.hpp"
#include "vault/ledger/tail.hpp"

namespace muniment::test {
namespace {

// Two commits of four entries each, which a partner has, too.
class OwnLedger : public LedgerFixture {
 public:
  static constexpr std::size_t third = 2;

  // Ledgers of different `first` have the same key and size, and no entry in common.
  explicit OwnLedger(std::uint64_t first = 0) {
    for (const std::uint64_t commit : {0U, 1U}) {
      if (commit == 1) x_first = read(0);
      writer().append(LedgerFixture::entries(first + commit * 4, 4), key);
    }
    x_vouched = find()->head();
    x_note = find()->checkpoint();
  }

  [[nodiscard]] Entries entries() { return all_entries(*find()); }

  [[nodiscard]] static std::string made_up() { return "muniment/test/v1\nmade up\n"; }

  // What root can write: both copies, with checksums that fit, under the checkpoint that was there.
  void rewrite(const Entries& entries) { rewrite(entries, x_note); }
  // And with the log key.
  void rewrite_signed(const Entries& entries) {
    Leaves leaves;
    for (const std::string& entry : entries) leaves.push_back(leaf_hash(as_bytes(entry)));
    const TreeHead head = head_of(leaves);
    rewrite(entries, sign_checkpoint({name.origin(), head.size, head.root}, name.origin(), key));
  }
  void cut_second_commit() {
    for (const std::size_t copy : {0U, 1U}) write(copy, x_first);
  }
  void flip(std::size_t copy, std::size_t offset) {
    Bytes bytes = read(copy);
    bytes.at(offset) ^= std::byte{1};
    write(copy, bytes);
  }

  // `verify`, of which the second copy and the tiles are a part.
  [[nodiscard]] std::string look() {
    std::string shown;
    const std::string thrown = shown_by([&] {
      if (find() && !check().empty()) shown = seen::healed;
    });
    if (!shown.empty()) {
      static_cast<void>(repair());
      REQUIRE(check().empty());
    }
    return thrown.empty() ? shown : thrown;
  }
  [[nodiscard]] Shown shown() {
    std::string at_once = look();
    if (at_once == shown_as(ErrorCode::damaged)) return {std::move(at_once)};
    const auto now = find();
    Leaves leaves;
    for (std::uint64_t i = 0; now && i < now->size(); ++i) leaves.push_back(now->leaf(i));
    return {std::move(at_once), answer_to(x_vouched, leaves)};
  }

 private:
  void rewrite(const Entries& entries, const SignedNote& note) {
    Bytes file = encode(TailHeader{tail_format::version, name.id()});
    const auto add = [&file](tail_format::RecordType type, std::string_view payload) {
      append_record(file, file.size(), type, as_bytes(payload));
    };
    for (const std::string& entry : entries) add(tail_format::RecordType::entry, entry);
    add(tail_format::RecordType::checkpoint, encode(note));
    for (const std::size_t copy : {0U, 1U}) write(copy, file);
  }

  Bytes x_first;
  TreeHead x_vouched;
  SignedNote x_note;
};

Shown edited_in_one_copy() {
  OwnLedger ledger;
  ledger.flip(0, ledger.read(0).size() / 2);
  return ledger.shown();
}

Shown edited_in_both_copies() {
  OwnLedger ledger;
  for (const std::size_t copy : {0U, 1U}) ledger.flip(copy, 100);
  return ledger.shown();
}

Shown cut_by_one() {
  OwnLedger ledger;
  ledger.cut_second_commit();
  return ledger.shown();
}

Shown cut_wholly() {
  OwnLedger ledger;
  for (const std::size_t copy : {0U, 1U}) ledger.files.remove(ledger.path(copy));
  return ledger.shown();
}

Shown replaced_by_a_fresh_one() {
  OwnLedger ledger;
  OwnLedger fresh(100);
  for (const std::size_t copy : {0U, 1U}) ledger.write(copy, fresh.read(copy));
  return ledger.shown();
}

Shown checkpoint_of_another_ledger() {
  OwnLedger ledger;
  LedgerFixture other;
  other.name = LedgerFixture::make_name(9);
  other.writer().append(ledger.entries(), other.key);
  for (const std::size_t copy : {0U, 1U}) ledger.write(copy, other.read(copy));
  return ledger.shown();
}

Shown tile_edited() {
  OwnLedger ledger;
  ledger.append({300});
  const auto tile = ledger.directory() / "tile/0/000";
  Bytes bytes = *read_file(ledger.files, tile, 1U << 20U);
  bytes[40] ^= std::byte{1};
  write_file_atomically(ledger.files, tile, bytes);
  return ledger.shown();
}

// A partner who has the longer one keeps it, and finds two histories once the device goes on.
Shown continued_after_a_cut() {
  OwnLedger partner;
  OwnLedger ledger;
  ledger.cut_second_commit();
  ledger.writer().append(LedgerFixture::entries(100, 1), ledger.key);
  const auto fork = find_fork(partner.files, partner.ledgers, copy_ledger(*ledger.find()),
                              verify_key(ledger.key));
  return {ledger.look(), fork && is_proof(*fork, verify_key(ledger.key)) ? seen::fork : ""};
}

Shown forged_fork_proof() {
  OwnLedger ledger;
  OwnLedger other;
  other.append({1});
  const auto log = verify_key(ledger.key);
  const auto proof = consistency_proof(8, 9, other.find()->nodes());
  // One history, told as two; and two that another key signed.
  const LedgerFork grown{ledger.name, ledger.find()->checkpoint(), other.find()->checkpoint(),
                         ledger.find()->head().root, proof};
  OwnLedger second(100);
  LedgerFork foreign = *find_fork(ledger.files, ledger.ledgers, copy_ledger(*second.find()), log);
  REQUIRE(is_proof(foreign, log));
  const auto liar = LedgerFixture::make_key(77);
  foreign.later = sign_checkpoint({ledger.name.origin(), 8, {}}, ledger.name.origin(), liar);
  return {refused_unless(is_proof(grown, log) || is_proof(foreign, log))};
}

}  // namespace

AttackGroup ledger_attacks() {
  const std::string damaged = shown_as(ErrorCode::damaged);
  std::vector<Attack> attacks{
      {"an entry edited in one copy",
       "the other copy has it whole",
       {seen::healed},
       edited_in_one_copy},
      {"an entry edited in both copies", "the entry is named", {damaged}, edited_in_both_copies},
  };
  std::ranges::move(unsigned_rewrites<OwnLedger>(), std::back_inserter(attacks));
  attacks.insert(
      attacks.end(),
      {
          {"a ledger of another collection in its place",
           "its header, origin and signature are another's",
           {damaged},
           checkpoint_of_another_ledger},
          {"a tile edited", "tiles are made again from the entries", {seen::healed}, tile_edited},
          {"an entry edited, and signed",
           "it is a whole ledger; it does not grow out of what partners have",
           {{}, seen::fork},
           rewritten_and_signed<OwnLedger, edit>},
          {"a fresh ledger of the same size, signed",
           "as above",
           {{}, seen::fork},
           replaced_by_a_fresh_one},
          {"the tail cut by one commit",
           "an older ledger is a whole one; the catalog, if it is left, knows of more (see below)",
           {{}, seen::rollback},
           cut_by_one},
          {"the ledger removed", "as above", {{}, seen::rollback}, cut_wholly},
          {"the tail cut, and the ledger continued",
           "partners have another entry in its place",
           {{}, seen::fork},
           continued_after_a_cut},
          {"a forged proof of a fork",
           "it counts only if the ledger's own key signed two histories of which neither begins "
           "with the other",
           {seen::refused},
           forged_fork_proof},
      });
  return {
      "On a ledger",
      "Somebody with root on the machine, who can write every file; and where it says *signed*, "
      "with the daemon's key file too, which opens the key that signs the device's ledgers.",
      std::move(attacks)};
}

}  // namespace muniment::test
