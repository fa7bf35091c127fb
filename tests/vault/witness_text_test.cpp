#include "vault/witness_text.hpp"

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/strict_text.hpp"
#include "vault/cosigned.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment {
namespace {

// A log of 7 entries that a witness saw when it had 4, and another history of it.
struct Sample {
  Sample() {
    for (int i = 0; i < 7; ++i) {
      leaves.push_back(leaf_hash(as_bytes(std::to_string(i))));
      others.push_back(leaf_hash(as_bytes("other " + std::to_string(i))));
    }
    keys.transport = verify_key(SigningKey<TransportPurpose>::generate(random));
    keys.log = verify_key(log);
    keys.witness = verify_key(SigningKey<WitnessPurpose>::generate(random));
    keys.reading = public_key(ReadingSecretKey::generate(random));
    name = {random.fixed<ConsortiumId>(), random.fixed<CollectionId>(), keys.id()};
  }

  [[nodiscard]] SignedNote checkpoint(std::size_t size) const {
    const auto first = std::span(leaves).first(size);
    return sign_checkpoint({name.origin(), size, merkle_root(first)}, name.origin(), log);
  }
  [[nodiscard]] SignedNote cosigned(std::size_t size) const {
    SignedNote note = checkpoint(size);
    note.signatures.push_back(cosign(note, "witness", witness, 1'700'000'000));
    return note;
  }
  [[nodiscard]] WitnessAsk ask() const {
    const NodeReader nodes = nodes_from_leaves(leaves);
    return {4,
            consistency_proof(4, 7, nodes),
            checkpoint(7),
            merkle_root(4, nodes),
            {device(1), device(2)}};
  }
  [[nodiscard]] WitnessRequest request() const {
    return {name.consortium,
            name.device,
            {ask(), {0, {}, checkpoint(3), {}, {device(3)}}},
            {{name.consortium, CollectionId{}, name.device}}};
  }
  [[nodiscard]] WitnessReply reply() const {
    const Sha256Digest root = merkle_root(others);
    const LedgerFork fork{name,
                          checkpoint(7),
                          sign_checkpoint({name.origin(), 7, root}, name.origin(), log),
                          root,
                          {}};
    const std::string origin = name.origin();
    return {name.consortium,
            device(1),
            name.device,
            {{WitnessVerdict::cosigned, origin, 7, cosigned(7), {}},
             {WitnessVerdict::stale, origin, 7, cosigned(5), {}},
             {WitnessVerdict::stale, origin, 7, {}, {}},
             {WitnessVerdict::unknown_origin, "another log", 7, {}, {}},
             {WitnessVerdict::bad_signature, origin, 7, {}, {}},
             {WitnessVerdict::bad_proof, origin, 7, {}, {}},
             {WitnessVerdict::fork, origin, 7, {}, ForkEntry{keys, fork}}}};
  }
  [[nodiscard]] static DeviceId device(std::uint8_t number) {
    DeviceId id;
    id.mutable_view()[0] = std::byte{number};
    return id;
  }

  test::FixedRandom random{50};
  SigningKey<LogPurpose> log = SigningKey<LogPurpose>::generate(random);
  SigningKey<WitnessPurpose> witness = SigningKey<WitnessPurpose>::generate(random);
  DevicePublicKeys keys;
  LedgerName name;
  std::vector<Sha256Digest> leaves;
  std::vector<Sha256Digest> others;
};

TEST_CASE("witness text: a request is the golden one, and strict") {
  const std::string text = encode(Sample().request());
  CHECK(test::matches_golden("vault/witness-request.txt", as_bytes(text)));
  test::check_strict_text(text, decode_witness_request);
}

TEST_CASE("witness text: a reply is the golden one, and strict") {
  const std::string text = encode(Sample().reply());
  CHECK(test::matches_golden("vault/witness-reply.txt", as_bytes(text)));
  test::check_strict_text(text, decode_witness_reply);
}

TEST_CASE("witness text: the body is C2SP's, and strict") {
  const WitnessAsk ask = Sample().ask();
  const std::string body = encode_witness_body(ask);
  CHECK(body.starts_with("old 4\n"));
  CHECK(body.ends_with("\n\n" + encode(ask.checkpoint)));
  CHECK(test::matches_golden("vault/witness-body.txt", as_bytes(body)));
  const auto decoded = decode_witness_body(body);
  REQUIRE(decoded);
  CHECK(decoded->proof == ask.proof);
  test::for_each_truncation(as_bytes(body), [&](ByteView cut) {
    const auto value = decode_witness_body(as_text(cut));
    REQUIRE((!value || encode_witness_body(*value) == as_text(cut)));
  });
  test::for_each_bit_flip(as_bytes(body), [&](ByteView bytes, std::size_t) {
    const auto value = decode_witness_body(as_text(bytes));
    REQUIRE((!value || encode_witness_body(*value) == as_text(bytes)));
  });
}

TEST_CASE("witness text: a body beyond C2SP's bounds is refused") {
  WitnessAsk ask = Sample().ask();
  ask.proof.assign(proof_hashes_max, Sha256Digest{});
  CHECK(decode_witness_body(encode_witness_body(ask)));
  ask.proof.emplace_back();
  CHECK_FALSE(decode_witness_body(encode_witness_body(ask)));
  ask = Sample().ask();
  ask.old_size = 8;
  CHECK_FALSE(decode_witness_body(encode_witness_body(ask)));
  ask.old_size = 0;
  CHECK_FALSE(decode_witness_body(encode_witness_body(ask)));
}

TEST_CASE("cosigned log: it is the golden one, and strict") {
  const Sample sample;
  const NoteKey<LogPurpose> key = sample.name.note_key(sample.keys.log);
  const NoteKey<WitnessPurpose> witness{"witness", verify_key(sample.witness)};
  CosignedLog log;
  REQUIRE(add_cosignature(log, sample.cosigned(4), key, Sample::device(1), witness));
  log.last[Sample::device(2)] = 3;
  const std::string text = encode(log);
  CHECK(test::matches_golden("vault/cosigned.txt", as_bytes(text)));
  test::check_strict_text(text, decode_cosigned_log);
}

TEST_CASE("cosigned log: of each witness the largest checkpoint is kept, and nothing forged") {
  const Sample sample;
  const NoteKey<LogPurpose> key = sample.name.note_key(sample.keys.log);
  const NoteKey<WitnessPurpose> witness{"witness", verify_key(sample.witness)};
  CosignedLog log;
  const auto add = [&](const SignedNote& note) {
    return add_cosignature(log, note, key, Sample::device(1), witness);
  };
  REQUIRE(add(sample.cosigned(4)));
  REQUIRE(add(sample.cosigned(7)));
  CHECK(log.notes.size() == 1);
  CHECK(log.last.at(Sample::device(1)) == 7);
  const std::string text = encode(log);
  CHECK(add(sample.cosigned(4)));
  CHECK(encode(log) == text);
  SignedNote forged = sample.cosigned(7);
  forged.signatures.back().signature.back() ^= std::byte{1};
  CHECK_FALSE(add(forged));
  CHECK_FALSE(add(sample.checkpoint(7)));
  SignedNote moved = sample.checkpoint(5);
  moved.signatures.push_back(sample.cosigned(7).signatures.back());
  CHECK_FALSE(add(moved));
  CHECK(encode(log) == text);
}

}  // namespace
}  // namespace muniment
