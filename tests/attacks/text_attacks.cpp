#include <algorithm>

#include "tests/attacks/partner_view.hpp"
#include "tests/note/keys.hpp"
#include "tests/support/fixed.hpp"
#include "vault/base/limits.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/keyring/envelope.hpp"
#include "vault/note/cosignature.hpp"
#include "vault/note/sshsig.hpp"

namespace muniment::test {
namespace {

constexpr const char* origin = "example.org/log";
constexpr UnixSeconds noon = 1'700'000'000;

NoteKey<LogPurpose> log_key() {
  return {origin, verify_key(fixed_key<LogPurpose>(1))};
}
NoteKey<WitnessPurpose> witness_key() {
  return {"witness", verify_key(fixed_key<WitnessPurpose>(2))};
}

SignedNote checkpoint(std::uint64_t size, const char* of = origin) {
  return sign_checkpoint({of, size, {}}, of, fixed_key<LogPurpose>(1));
}
SignedNote cosigned(SignedNote note) {
  note.signatures.push_back(cosign(note, "witness", fixed_key<WitnessPurpose>(2), noon));
  return note;
}
// A note over any text, as only the log's key can make it.
SignedNote signed_text(std::string text) {
  const auto signature = sign(fixed_key<LogPurpose>(1), as_bytes(text));
  return {std::move(text), {{origin, log_key().id(), to_bytes(signature.view())}}};
}

bool is_checkpoint(const SignedNote& note) {
  return open_checkpoint(note, log_key()).has_value();
}
// How many witnesses vouch for it; none if the note is condemned.
std::optional<std::size_t> vouched(const SignedNote& note, const NoteKey<LogPurpose>& log) {
  const NoteKey<WitnessPurpose> known = witness_key();
  const auto opened = open_cosigned(note, log, {&known, 1});
  if (!opened) return std::nullopt;
  return opened->cosignatures.size();
}
// Of a note to which `line` was added that is no honest one.
Shown condemned_by(const NoteSignature& line) {
  SignedNote note = cosigned(checkpoint(3));
  note.signatures.push_back(line);
  return {refused_unless(vouched(note, log_key()).has_value())};
}

Shown extension_lines() {
  REQUIRE(is_checkpoint(checkpoint(3)));
  return {refused_unless(is_checkpoint(signed_text(checkpoint(3).text + "extension\n")))};
}

Shown two_notes_in_one() {
  const std::string two = encode(checkpoint(3)) + "\n" + encode(checkpoint(4));
  const auto note = decode_signed_note(two);
  return {refused_unless(note && is_checkpoint(*note))};
}

Shown loose_base64() {
  const std::string good = encode(checkpoint(3));
  REQUIRE(decode_signed_note(good));
  std::string stray_bits = good;
  // 68 bytes leave two bits unused before the last "=".
  const std::size_t last = stray_bits.rfind('=') - 1;
  stray_bits[last] = static_cast<char>(stray_bits[last] + 1);
  std::string unpadded = good;
  unpadded.erase(unpadded.rfind('='), 1);
  std::string root = checkpoint(3).text;
  root[root.rfind('=') - 1] = 'B';
  return {refused_unless(decode_signed_note(stray_bits) || decode_signed_note(unpadded) ||
                         decode_checkpoint(root))};
}

Shown log_named_like_a_message() {
  return {refused_unless(
      decode_checkpoint("cosignature/v1\n3\n" + to_base64(Bytes(32)) + "\n").has_value())};
}

Shown tree_of_2_to_63() {
  const TreeHead huge{std::uint64_t{1} << 63U, {}};
  const std::vector<Sha256Digest> proof(proof_hashes_max);
  const Sha256Digest leaf = leaf_hash(as_bytes("x"));
  return {refused_unless(verify_inclusion(huge, huge.size - 1, leaf, proof) ||
                         verify_inclusion(huge, 0, leaf, proof) ||
                         verify_consistency({1, leaf}, huge, proof) ||
                         verify_consistency(huge, {~std::uint64_t{0}, {}}, proof))};
}

Shown endless_proof() {
  const std::vector<Sha256Digest> proof(std::size_t{1} << 20U);
  const Sha256Digest leaf = leaf_hash(as_bytes("x"));
  return {refused_unless(verify_inclusion({std::uint64_t{1} << 40U, leaf}, 7, leaf, proof) ||
                         verify_consistency({5, leaf}, {std::uint64_t{1} << 40U, leaf}, proof))};
}

Shown endless_note() {
  SignedNote note = checkpoint(3);
  for (std::size_t i = 0; i <= limits::note_signatures_max; ++i) {
    note.signatures.push_back({"stranger", {}, Bytes(64)});
  }
  std::string text = note.text + "\n";
  for (const NoteSignature& line : note.signatures) {
    Bytes bytes = to_bytes(line.id.view());
    append(bytes, line.signature);
    text += "— " + line.name + " " + to_base64(bytes) + "\n";
  }
  return {refused_unless(decode_signed_note(text).has_value())};
}

Shown cosignature_moved_to_another_log() {
  const char* other = "example.org/other";
  SignedNote note = checkpoint(3, other);
  note.signatures.push_back(cosigned(checkpoint(3)).signatures.back());
  return {refused_unless(vouched(note, {other, verify_key(fixed_key<LogPurpose>(1))}).has_value())};
}

Shown cosignature_moved_to_a_later_checkpoint() {
  SignedNote note = checkpoint(4);
  note.signatures.push_back(cosigned(checkpoint(3)).signatures.back());
  return {refused_unless(vouched(note, log_key()).has_value())};
}

Shown cosignature_with_another_time() {
  NoteSignature line = cosigned(checkpoint(3)).signatures.back();
  line.signature[7] ^= std::byte{1};
  return condemned_by(line);
}

Shown forged_line_beside_honest_ones() {
  return condemned_by({"witness", witness_key().id(), Bytes(72)});
}

Shown log_signature_as_cosignature() {
  const SignedNote note = checkpoint(3);
  Bytes bytes(8);
  append(bytes, note.signatures.front().signature);
  return condemned_by({"witness", witness_key().id(), bytes});
}

Shown one_witness_counted_twice() {
  SignedNote note = checkpoint(3);
  for (const UnixSeconds time : {noon, noon + 1, noon + 2}) {
    note.signatures.push_back(cosign(note, "witness", fixed_key<WitnessPurpose>(2), time));
  }
  return {vouched(note, log_key()) == 1U ? seen::no_effect : ""};
}

// The group's order, little endian.
constexpr std::array<unsigned char, 32> group_order{
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

Shown malleable_signature() {
  const auto key = fixed_key<LogPurpose>(1);
  const Bytes message = to_bytes("text");
  Bytes bytes = to_bytes(sign(key, message).view());
  unsigned carry = 0;
  for (std::size_t i = 0; i < group_order.size(); ++i) {
    const unsigned sum = std::to_integer<unsigned>(bytes[32 + i]) + group_order[i] + carry;
    bytes[32 + i] = static_cast<std::byte>(sum & 0xffU);
    carry = sum >> 8U;
  }
  REQUIRE(carry == 0);
  return {refused_unless(verify(verify_key(key), message, *Signature::from_bytes(bytes)))};
}

// The neutral element as key and as R, and S = 0: the equation holds for every message.
Shown key_of_small_order() {
  Bytes point(32);
  point[0] = std::byte{1};
  Bytes signature = point;
  signature.resize(64);
  const auto key = *VerifyKey<LogPurpose>::from_bytes(point);
  return {refused_unless(verify(key, as_bytes("anything"), *Signature::from_bytes(signature)))};
}

Shown signature_for_another_act() {
  const auto key = fixed_key<AuthorityPurpose>(3);
  const SshPublicKey signer{SshKeyKind::ed25519, verify_key(key), {}};
  const Bytes text = to_bytes("text");
  REQUIRE(ssh_verify(ssh_sign(key, "muniment-device", text), signer, "muniment-device", text));
  SshSignature moved = ssh_sign(key, "muniment-device", text);
  moved.name_space = "muniment-charter";
  return {refused_unless(
      ssh_verify(ssh_sign(key, "muniment-device", text), signer, "muniment-charter", text) ||
      ssh_verify(moved, signer, "muniment-charter", text))};
}

// An envelope and the key for it.
struct Sealed {
  Sealed() : secret(ReadingSecretKey::generate(random)) {
    EnvelopeKeys keys{random.fixed<ConsortiumId>(),
                      random.fixed<CollectionId>(),
                      IdKey::generate(random),
                      ChunkerKey::generate(random),
                      {}};
    keys.epochs.push_back({1, EpochKey::generate(random)});
    file = seal_envelope(public_key(secret), keys, random);
    REQUIRE(std::holds_alternative<EnvelopeKeys>(open_envelope(secret, file)));
  }
  [[nodiscard]] Shown shown() const {
    return {refused_unless(std::holds_alternative<EnvelopeKeys>(open_envelope(secret, file)))};
  }

  FixedRandom random{8};
  ReadingSecretKey secret;
  Bytes file;
};

// The file goes to somebody else besides, by a stanza that a quantum computer opens.
Shown second_recipient() {
  Sealed sealed;
  std::string text(as_text(sealed.file));
  const std::size_t mac = text.find("\n---");
  text.insert(mac + 1, "-> X25519 " + std::string(43, 'A') + "\n" + std::string(43, 'A') + "\n");
  sealed.file = to_bytes(text);
  return sealed.shown();
}

Shown envelope_with_more_behind() {
  Sealed sealed;
  sealed.file.push_back(std::byte{0});
  return sealed.shown();
}

}  // namespace

AttackGroup text_attacks() {
  return {
      "With texts, notes and proofs",
      "Whoever can send bytes: everything that is signed or proved comes through these decoders.",
      {
          {"a checkpoint with extension lines",
           "not every cosignature would cover them",
           {seen::refused},
           extension_lines},
          {"two notes in one",
           "the text ends at the last empty line, and is no checkpoint",
           {seen::refused},
           two_notes_in_one},
          {"base64 with stray bits or without padding",
           "there is one encoding of everything",
           {seen::refused},
           loose_base64},
          {"a log whose name is what witnesses sign",
           "no log is ever asked to sign it",
           {seen::refused},
           log_named_like_a_message},
          {"a tree of 2^63 leaves",
           "no proof of at most 63 hashes fits it",
           {seen::refused},
           tree_of_2_to_63},
          {"a proof of a million hashes",
           "more than 63 are not looked at",
           {seen::refused},
           endless_proof},
          {"a note with too many lines", "128 are the most", {seen::refused}, endless_note},
          {"a cosignature moved to another log",
           "it covers the origin",
           {seen::refused},
           cosignature_moved_to_another_log},
          {"a cosignature moved to a later checkpoint",
           "it covers size and root",
           {seen::refused},
           cosignature_moved_to_a_later_checkpoint},
          {"a cosignature with another time",
           "it covers the time",
           {seen::refused},
           cosignature_with_another_time},
          {"a forged line beside honest ones",
           "one of a known key condemns the note",
           {seen::refused},
           forged_line_beside_honest_ones},
          {"the log's signature as a cosignature",
           "keys and messages are different ones",
           {seen::refused},
           log_signature_as_cosignature},
          {"one witness that signs three times",
           "it counts once",
           {seen::no_effect},
           one_witness_counted_twice},
          {"a signature with S + L",
           "S is below the group's order",
           {seen::refused},
           malleable_signature},
          {"a key of small order",
           "key and R are points of the prime-order group",
           {seen::refused},
           key_of_small_order},
          {"an approval used for another act",
           "each act has a namespace, which is signed",
           {seen::refused},
           signature_for_another_act},
          {"an envelope with a second recipient",
           "exactly one stanza, of the hybrid kind",
           {seen::refused},
           second_recipient},
          {"an envelope with something behind it",
           "it ends where its last chunk does",
           {seen::refused},
           envelope_with_more_behind},
      }};
}

}  // namespace muniment::test
