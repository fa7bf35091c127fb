#include "vault/note/cosignature.hpp"

#include <doctest/doctest.h>

#include "tests/note/keys.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"

namespace muniment {

namespace {

constexpr UnixSeconds noon = 1'679'315'147;

NoteKey<WitnessPurpose> witness(std::uint8_t number) {
  return {"witness/" + std::to_string(number), verify_key(test::fixed_key<WitnessPurpose>(number))};
}

NoteSignature cosigned_by(std::uint8_t number, const SignedNote& note, UnixSeconds time) {
  return cosign(note, witness(number).name, test::fixed_key<WitnessPurpose>(number), time);
}

const NoteKey<LogPurpose>& log() {
  static const NoteKey<LogPurpose> key{"example.com/log",
                                       verify_key(test::fixed_key<LogPurpose>(1))};
  return key;
}

SignedNote checkpoint_note(std::uint64_t size = 3) {
  return sign_checkpoint({"example.com/log", size, Sha256Digest{}}, log().name,
                         test::fixed_key<LogPurpose>(1));
}

// Signed by the log, witnesses 2 and 3, and a kind of key that is not invented yet.
SignedNote cosigned_note() {
  SignedNote note = checkpoint_note();
  note.signatures.push_back(cosigned_by(2, note, noon));
  note.signatures.push_back(cosigned_by(3, note, noon + 60));
  note.signatures.push_back({"future", NoteKeyId{}, Bytes(100, std::byte{9})});
  return note;
}

const std::vector<NoteKey<WitnessPurpose>>& witnesses() {
  static const std::vector keys{witness(2), witness(3)};
  return keys;
}

}  // namespace

TEST_CASE("cosignature: a witness signs time and text as C2SP tlog-cosignature has it") {
  const SignedNote note = checkpoint_note();
  const NoteSignature line = cosigned_by(2, note, noon);
  CHECK(line.id == note_key_id(line.name, NoteKeyType::cosignature_v1, witness(2).key.view()));
  REQUIRE(line.signature.size() == 72);
  const ByteView bytes = line.signature;
  CHECK(to_hex(bytes.first(8)) == "00000000641850cb");
  const std::string message = "cosignature/v1\ntime 1679315147\n" + note.text;
  CHECK(verify(witness(2).key, as_bytes(message), *Signature::from_bytes(bytes.subspan(8))));
}

TEST_CASE("cosignature: a line by itself is one witness's, of one text") {
  const SignedNote note = checkpoint_note();
  const NoteSignature line = cosigned_by(2, note, noon);
  CHECK(open_cosignature(note, line, witness(2)) == noon);
  CHECK_FALSE(open_cosignature(note, line, witness(3)));
  CHECK_FALSE(open_cosignature(checkpoint_note(4), line, witness(2)));
  CHECK_FALSE(open_cosignature(note, note.signatures.front(), witness(2)));
  // Under another's name.
  NoteSignature other = line;
  other.name = witness(3).name;
  other.id = witness(3).id();
  CHECK_FALSE(open_cosignature(note, other, witness(3)));
  test::for_each_bit_flip(line.signature, [&](ByteView damaged, std::size_t) {
    CHECK_FALSE(open_cosignature(note, {line.name, line.id, to_bytes(damaged)}, witness(2)));
  });
}

TEST_CASE("cosignature: known witnesses are named with their times, in golden bytes") {
  const SignedNote note = cosigned_note();
  CHECK(test::matches_golden("note/cosigned-checkpoint", as_bytes(encode(note))));
  const auto opened = open_cosigned(note, log(), witnesses());
  REQUIRE(opened);
  CHECK(opened->checkpoint == Checkpoint{"example.com/log", 3, Sha256Digest{}});
  CHECK(opened->cosignatures ==
        std::vector<Cosignature>{{"witness/2", noon}, {"witness/3", noon + 60}});
}

TEST_CASE("cosignature: witnesses that are not known, or did not sign, count for nothing") {
  const SignedNote note = cosigned_note();
  const std::vector known{witness(4), witness(3)};
  const auto opened = open_cosigned(note, log(), known);
  REQUIRE(opened);
  CHECK(opened->cosignatures == std::vector<Cosignature>{{"witness/3", noon + 60}});
  CHECK(open_cosigned(note, log(), {})->cosignatures.empty());
  CHECK(open_cosigned(checkpoint_note(), log(), witnesses())->cosignatures.empty());
}

TEST_CASE("cosignature: of several by one witness the newest counts, and once") {
  SignedNote note = checkpoint_note();
  for (const UnixSeconds time : {noon, noon + 9, noon + 5}) {
    note.signatures.push_back(cosigned_by(2, note, time));
  }
  const auto opened = open_cosigned(note, log(), witnesses());
  REQUIRE(opened);
  CHECK(opened->cosignatures == std::vector<Cosignature>{{"witness/2", noon + 9}});
}

TEST_CASE("cosignature: one forged line of a known witness condemns the note") {
  const auto refused = [](const NoteSignature& line) {
    SignedNote note = cosigned_note();
    note.signatures.push_back(line);
    return !open_cosigned(note, log(), witnesses());
  };
  const SignedNote note = checkpoint_note();
  const NoteSignature good = cosigned_by(2, note, noon);
  CHECK_FALSE(refused(good));
  CHECK(refused(cosigned_by(2, checkpoint_note(4), noon)));
  for (const std::size_t size : {1U, 64U, 71U, 73U}) {
    NoteSignature damaged = good;
    damaged.signature.resize(size);
    CHECK(refused(damaged));
  }
  test::for_each_bit_flip(good.signature, [&](ByteView flipped, std::size_t) {
    NoteSignature damaged = good;
    damaged.signature.assign(flipped.begin(), flipped.end());
    CHECK(refused(damaged));
  });
}

TEST_CASE("cosignature: a time above 2^63 - 1 is refused however well it is signed") {
  // Whichever way a reader prints the time that it has wrapped around.
  for (const std::string_view printed : {"9223372036854775808", "-9223372036854775808"}) {
    SignedNote note = checkpoint_note();
    NoteSignature line{witness(2).name, witness(2).id(), Bytes(8)};
    line.signature[0] = std::byte{0x80};
    const std::string message = "cosignature/v1\ntime " + std::string(printed) + '\n' + note.text;
    append(line.signature, sign(test::fixed_key<WitnessPurpose>(2), as_bytes(message)).view());
    note.signatures.push_back(line);
    CHECK_FALSE(open_cosigned(note, log(), witnesses()));
  }
}

TEST_CASE("cosignature: without the log's own signature nothing opens") {
  SignedNote note = cosigned_note();
  note.signatures.erase(note.signatures.begin());
  CHECK_FALSE(open_cosigned(note, log(), witnesses()));
}

TEST_CASE("cosignature: a flipped bit can at most take a witness away") {
  const SignedNote note = cosigned_note();
  const auto whole = open_cosigned(note, log(), witnesses());
  REQUIRE(whole);
  test::for_each_bit_flip(as_bytes(encode(note)), [&](ByteView flipped, std::size_t) {
    const auto damaged = decode_signed_note(as_text(flipped));
    if (!damaged) return;
    const auto opened = open_cosigned(*damaged, log(), witnesses());
    if (!opened) return;
    CHECK(opened->checkpoint == whole->checkpoint);
    for (const Cosignature& cosignature : opened->cosignatures) {
      CHECK(std::ranges::count(whole->cosignatures, cosignature) == 1);
    }
  });
}

}  // namespace muniment
