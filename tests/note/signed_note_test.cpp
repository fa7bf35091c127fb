#include "vault/note/signed_note.hpp"

#include <doctest/doctest.h>

#include "tests/note/keys.hpp"
#include "tests/support/damage.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

// The example of C2SP signed-note.
constexpr std::string_view example_vkey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view example =
    "This is an example message.\n"
    "\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

// A signature line that decodes; `c29tZSBieXRlcw==` are the 10 bytes "some bytes".
std::string line(std::string_view name, std::string_view payload = "c29tZSBieXRlcw==") {
  return "\u2014 " + std::string(name) + ' ' + std::string(payload) + '\n';
}

}  // namespace

TEST_CASE("signed note: the example of C2SP decodes, verifies and encodes to the same bytes") {
  const auto key = decode_vkey<LogPurpose>(example_vkey);
  REQUIRE(key);
  CHECK(key->name == "example.com/foo");
  CHECK(key->id().hex() == "530d903a");
  CHECK(encode_vkey(*key) == example_vkey);

  const auto note = decode_signed_note(example);
  REQUIRE(note);
  CHECK(note->text == "This is an example message.\n");
  CHECK(encode(*note) == example);
  const auto signatures = signatures_by(*note, *key);
  REQUIRE(signatures.size() == 1);
  const auto signature = Signature::from_bytes(signatures.front());
  REQUIRE(signature);
  CHECK(verify(key->key, as_bytes(note->text), *signature));
}

TEST_CASE("signed note: the text ends at the last empty line") {
  for (const std::string_view text :
       {"\n", "a\n", "\na\n", "a\n\n", "a\n\nb\n", "a\n\n\u2014 a c29tZSBieXRlcw==\n\nb\n"}) {
    const std::string encoded = std::string(text) + '\n' + line("a");
    const auto note = decode_signed_note(encoded);
    REQUIRE(note);
    CHECK(note->text == text);
    CHECK(encode(*note) == encoded);
  }
}

TEST_CASE("signed note: lines of keys and types that nobody knows are kept as they are") {
  const std::string encoded = "text\n\n" + line("post-quantum") + line("a") + line("a") +
                              line("\u540d\u524d", to_base64(Bytes(2424, std::byte{6}))) +
                              line("short", "AAAAAAA=");
  const auto note = decode_signed_note(encoded);
  REQUIRE(note);
  CHECK(note->signatures.size() == 5);
  CHECK(note->signatures[3].signature == Bytes(2420, std::byte{6}));
  CHECK(encode(*note) == encoded);
}

TEST_CASE("signed note: what is not exactly a note is refused") {
  const std::string good = line("a");
  for (const std::string& bad : std::vector<std::string>{
           "", "\n", "\n\n", "text\n", "text\n\n", good, '\n' + good, "text\n" + good,
           "text\n\n" + good + '\n', "text\n\n" + good + "x\n",
           "text\n\n" + good.substr(0, good.size() - 1), "te\rxt\n\n" + good, "te\txt\n\n" + good,
           "te\xffxt\n\n" + good, "text\r\n\r\n" + good, std::string("te\0xt\n\n", 7) + good}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_signed_note(bad));
  }
}

TEST_CASE("signed note: what is not exactly a signature line is refused") {
  REQUIRE(decode_signed_note("text\n\n" + line("a")));
  for (const std::string& bad : std::vector<std::string>{
           "- a c29tZSBieXRlcw==\n", "\u2014a c29tZSBieXRlcw==\n", "\u2014  a c29tZSBieXRlcw==\n",
           "\u2014 c29tZSBieXRlcw==\n", "\u2014 a\n", " \u2014 a c29tZSBieXRlcw==\n", line(""),
           line("a b"), line("a+b"), line("a\u00a0b"), line("a\u3000"), line("a\x01"),
           line("a\xff"), line("a", ""), line("a", "AAAAAA=="), line("a", "c29tZSBieXRlcw"),
           line("a", "c29tZSBieXRlcx=="), line("a", " c29tZSBieXRlcw=="),
           line("a", "c29tZSBieXRlcw== ")}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_signed_note("text\n\n" + bad));
    CHECK_FALSE(decode_signed_note("text\n\n" + line("a") + bad));
    CHECK_FALSE(decode_signed_note("text\n\n" + bad + line("a")));
  }
}

TEST_CASE("signed note: up to the limits it is read, over them it is refused") {
  std::string most = "text\n\n";
  for (std::size_t i = 0; i < limits::note_signatures_max; ++i) most += line("a");
  REQUIRE(decode_signed_note(most));
  CHECK(decode_signed_note(most)->signatures.size() == limits::note_signatures_max);
  CHECK_FALSE(decode_signed_note(most + line("a")));

  const std::string end = "\n\n" + line("a");
  const std::string longest(limits::note_bytes_max - end.size(), 'x');
  CHECK(decode_signed_note(longest + end));
  CHECK_FALSE(decode_signed_note(longest + 'x' + end));
}

TEST_CASE("signed note: cut or with a flipped bit it is refused or encodes as it came") {
  const std::string encoded = "a\n\nb\n\n" + line("a", "AAAAAAA=") + line("b");
  const auto check = [](ByteView damaged) {
    const auto note = decode_signed_note(as_text(damaged));
    if (note) CHECK(encode(*note) == as_text(damaged));
  };
  test::for_each_truncation(as_bytes(encoded), check);
  test::for_each_bit_flip(as_bytes(encoded),
                          [&](ByteView damaged, std::size_t) { check(damaged); });
}

TEST_CASE("signed note: its identity is its text's, whoever signed it") {
  const auto one = decode_signed_note("text\n\n" + line("a"));
  const auto other = decode_signed_note("text\n\n" + line("b") + line("c"));
  const auto another = decode_signed_note("texts\n\n" + line("a"));
  REQUIRE((one && other && another));
  CHECK(note_identity(*one) == note_identity(*other));
  CHECK(note_identity(*one) == sha256(as_bytes("text\n")));
  CHECK(note_identity(*one) != note_identity(*another));
}

TEST_CASE("note key: lines with another name or another id are not its own") {
  const NoteKey<LogPurpose> key{"log", verify_key(test::fixed_key<LogPurpose>(1))};
  SignedNote note{"text\n", {}};
  note.signatures.push_back({"log", key.id(), to_bytes("first")});
  note.signatures.push_back({"log", NoteKeyId{}, to_bytes("other id")});
  note.signatures.push_back({"gol", key.id(), to_bytes("other name")});
  note.signatures.push_back({"log", key.id(), to_bytes("second")});
  const auto own = signatures_by(note, key);
  REQUIRE(own.size() == 2);
  CHECK(as_text(own[0]) == "first");
  CHECK(as_text(own[1]) == "second");
}

TEST_CASE("note key: the same key has another id under another name and for another purpose") {
  const auto key = verify_key(test::fixed_key<LogPurpose>(1));
  const auto id = note_key_id("a", NoteKeyType::ed25519, key.view());
  CHECK(id != note_key_id("b", NoteKeyType::ed25519, key.view()));
  CHECK(id != note_key_id("a", NoteKeyType::cosignature_v1, key.view()));
  CHECK(id == NoteKey<LogPurpose>{"a", key}.id());
}

TEST_CASE("note key name: not empty, no spaces of any kind, no plus, no control characters") {
  for (const std::string_view name : {"a", "example.com/log", "\u00e9", "\u2014", "a\u200b"}) {
    CHECK(is_note_key_name(name));
  }
  for (const std::string_view name :
       {"", " ", "a b", "a+", "a\n", "a\t", "\u0085", "\u00a0", "\u1680", "\u2000", "\u200a",
        "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\xff"}) {
    CAPTURE(name);
    CHECK_FALSE(is_note_key_name(name));
  }
}

TEST_CASE("verifier key: one of another purpose, or in another spelling, is refused") {
  const NoteKey<WitnessPurpose> witness{"w", verify_key(test::fixed_key<WitnessPurpose>(2))};
  const std::string vkey = encode_vkey(witness);
  CHECK(decode_vkey<WitnessPurpose>(vkey) == witness);
  CHECK_FALSE(decode_vkey<LogPurpose>(vkey));
  CHECK_FALSE(decode_vkey<WitnessPurpose>(example_vkey));
  CHECK_FALSE(decode_vkey<WitnessPurpose>(vkey + "\n"));
  CHECK_FALSE(decode_vkey<WitnessPurpose>('x' + vkey));
  CHECK_FALSE(decode_vkey<WitnessPurpose>(vkey.substr(1)));
  test::for_each_truncation(
      as_bytes(vkey), [](ByteView cut) { CHECK_FALSE(decode_vkey<WitnessPurpose>(as_text(cut))); });
  test::for_each_bit_flip(as_bytes(vkey), [](ByteView flipped, std::size_t) {
    CHECK_FALSE(decode_vkey<WitnessPurpose>(as_text(flipped)));
  });
}

}  // namespace muniment
