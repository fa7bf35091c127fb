#include "vault/note/checkpoint.hpp"

#include <doctest/doctest.h>

#include "tests/note/keys.hpp"
#include "tests/support/damage.hpp"

namespace muniment {

namespace {

constexpr std::string_view root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

std::string text(std::string_view origin, std::string_view size, std::string_view root_line) {
  return std::string(origin) + '\n' + std::string(size) + '\n' + std::string(root_line) + '\n';
}

// The example of C2SP tlog-checkpoint.
const Checkpoint& example() {
  static const Checkpoint checkpoint{
      "example.com/behind-the-sofa", 20'852'163,
      *Sha256Digest::from_hex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")};
  return checkpoint;
}

struct Log {
  SigningKey<LogPurpose> secret;
  NoteKey<LogPurpose> key;
};

Log log(std::uint8_t number, std::string_view name) {
  auto secret = test::fixed_key<LogPurpose>(number);
  const auto key = verify_key(secret);
  return {std::move(secret), {std::string(name), key}};
}

}  // namespace

TEST_CASE("checkpoint: the example of C2SP is encoded and decoded") {
  const std::string encoded = text("example.com/behind-the-sofa", "20852163", root);
  CHECK(encode(example()) == encoded);
  CHECK(decode_checkpoint(encoded) == example());
}

TEST_CASE("checkpoint: extension lines and every other spelling are refused") {
  const std::string good = text("a", "1", root);
  REQUIRE(decode_checkpoint(good));
  for (const std::string& bad : {std::string(),
                                 std::string("a\n"),
                                 std::string("a\n1\n"),
                                 text("", "1", root),
                                 text("a", "", root),
                                 text("a", "01", root),
                                 text("a", "+1", root),
                                 text("a", "-1", root),
                                 text("a", "18446744073709551616", root),
                                 text("a", " 1", root),
                                 text("a", "1 ", root),
                                 text("a", "1", ""),
                                 text("a", "1", "AAAA"),
                                 text("a", "1", root.substr(0, 43)),
                                 text("a", "1", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J="),
                                 text("a\t", "1", root),
                                 text("a\r", "1", root),
                                 text("\xff", "1", root),
                                 text("cosignature/v1", "1", root),
                                 good + "extension\n",
                                 good + "\n",
                                 "\n" + good,
                                 good.substr(0, good.size() - 1)}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_checkpoint(bad));
  }
}

TEST_CASE("checkpoint: the log that signed it opens it, another key or name does not") {
  const Log signer = log(1, "example.com/log");
  const SignedNote note = sign_checkpoint(example(), signer.key.name, signer.secret);
  CHECK(open_checkpoint(note, signer.key) == example());
  CHECK_FALSE(open_checkpoint(note, log(2, "example.com/log").key));
  CHECK_FALSE(open_checkpoint(note, log(1, "example.com/gol").key));
  const auto decoded = decode_signed_note(encode(note));
  REQUIRE(decoded);
  CHECK(open_checkpoint(*decoded, signer.key) == example());
}

TEST_CASE("checkpoint: no cut and no flipped bit of a signed one opens") {
  const Log signer = log(1, "log");
  const std::string encoded = encode(sign_checkpoint(example(), "log", signer.secret));
  const auto check = [&](ByteView damaged) {
    const auto note = decode_signed_note(as_text(damaged));
    if (note) CHECK_FALSE(open_checkpoint(*note, signer.key));
  };
  test::for_each_truncation(as_bytes(encoded), check);
  test::for_each_bit_flip(as_bytes(encoded),
                          [&](ByteView damaged, std::size_t) { check(damaged); });
}

TEST_CASE("checkpoint: unknown lines change nothing, one forged line of the log condemns it") {
  const Log signer = log(1, "log");
  SignedNote note = sign_checkpoint(example(), "log", signer.secret);
  note.signatures.insert(note.signatures.begin(), {"log", NoteKeyId{}, Bytes(64)});
  note.signatures.push_back({"other", signer.key.id(), Bytes(64)});
  CHECK(open_checkpoint(note, signer.key) == example());
  note.signatures.push_back(note.signatures[1]);
  CHECK(open_checkpoint(note, signer.key) == example());

  for (const std::size_t size : {1U, 63U, 64U, 65U}) {
    SignedNote forged = note;
    forged.signatures.push_back({"log", signer.key.id(), Bytes(size)});
    CHECK_FALSE(open_checkpoint(forged, signer.key));
  }
}

TEST_CASE("checkpoint: a signed text that is none does not open") {
  const Log signer = log(1, "log");
  SignedNote note{"log\n1\n", {}};
  const Signature signature = sign(signer.secret, as_bytes(note.text));
  note.signatures.push_back(
      {"log", signer.key.id(), {signature.view().begin(), signature.view().end()}});
  CHECK_FALSE(open_checkpoint(note, signer.key));
}

}  // namespace muniment
