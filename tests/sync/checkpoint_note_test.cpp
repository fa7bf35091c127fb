#include "sync/protocol/checkpoint_note.hpp"

#include <doctest/doctest.h>

#include "tests/sync/world.hpp"

namespace muniment::sync {

namespace {

// A ledger of the first of three devices, and what knows it.
struct Watched {
  Watched() {
    for (const test::Actor& actor : world.actors) {
      if (actor.device != ledger.device) {
        witnesses.push_back({actor.device.hex(), actor.witness_key});
      }
    }
  }

  [[nodiscard]] SignedNote note(std::size_t size) {
    return world.sign(ledger, std::vector<Sha256Digest>(size, leaf_hash({})));
  }
  [[nodiscard]] NoteSignature cosignature(std::size_t actor, const SignedNote& note,
                                          UnixSeconds time = test::test_time) const {
    const test::Actor& witness = world.actors[actor];
    return cosign(note, witness.device.hex(), witness.witness, time);
  }
  [[nodiscard]] NoteKeys keys() { return {world.log_key(ledger), witnesses, memo}; }

  test::World world{1, 3, 3};
  LedgerRef ledger{CollectionId{}, world.actors[0].device};
  std::vector<NoteKey<WitnessPurpose>> witnesses;
  SignatureMemo memo;
};

}  // namespace

TEST_CASE("checkpoint note: what verified once is taken for nothing else") {
  Watched watched;
  SignedNote note = watched.note(3);
  note.signatures.push_back(watched.cosignature(1, note));
  note.signatures.push_back(watched.cosignature(2, note));
  for (int i = 0; i < 2; ++i) {
    const auto verified = verify_note(encode(note), watched.keys());
    REQUIRE(verified);
    CHECK(verified->tree.size == 3);
    CHECK(verified->note.signatures.size() == 3);
  }

  // The same lines under another text.
  SignedNote other = watched.note(4);
  std::copy(note.signatures.begin() + 1, note.signatures.end(),
            std::back_inserter(other.signatures));
  const auto without = verify_note(encode(other), watched.keys());
  REQUIRE(without);
  CHECK(without->note.signatures.size() == 1);
  other.signatures.front() = note.signatures.front();
  CHECK_FALSE(verify_note(encode(other), watched.keys()));

  // The same lines with one of their bits turned.
  for (std::size_t i = 0; i < note.signatures.size(); ++i) {
    SignedNote damaged = note;
    damaged.signatures[i].signature.back() ^= std::byte{1};
    const auto judged = verify_note(encode(damaged), watched.keys());
    CHECK(judged.has_value() == (i > 0));
    if (judged) CHECK(judged->note.signatures.size() == 2);
  }

  // The same names with other keys: the ids tell that nobody knows who that is.
  std::swap(watched.witnesses[0].key, watched.witnesses[1].key);
  NoteKeys keys = watched.keys();
  CHECK(verify_note(encode(note), keys)->note.signatures.size() == 3);
  keys.log.key = watched.world.actors[1].log_key;
  CHECK_FALSE(verify_note(encode(note), keys));
}

TEST_CASE("checkpoint note: cosignatures of what the log did not sign are dropped") {
  Watched watched;
  SignedNote note = watched.note(3);
  note.signatures.push_back(watched.cosignature(1, note));
  SignedNote damaged = note;
  damaged.signatures.front().signature.front() ^= std::byte{1};
  CHECK(canonical(damaged, watched.keys()).signatures.size() == 1);
  CHECK(canonical(note, watched.keys()).signatures.size() == 2);
  CHECK(canonical(damaged, watched.keys()).signatures.size() == 1);
}

TEST_CASE("checkpoint note: of a witness the latest line stays, in whatever order they come") {
  Watched watched;
  SignedNote early = watched.note(3);
  SignedNote late = early;
  early.signatures.push_back(watched.cosignature(1, early));
  late.signatures.push_back(watched.cosignature(1, late, test::test_time + 60));
  const SignedNote merged = merge_notes(early, late, watched.keys());
  CHECK(encode(merged) == encode(late));
  CHECK(note_digest(merge_notes(late, early, watched.keys())) == note_digest(merged));
}

}  // namespace muniment::sync
