#include "vault/keyring/envelope.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/vectors.hpp"
#include "vault/keyring/age.hpp"

namespace muniment {

using namespace test;

namespace {

ReadingSecretKey device_key(std::uint64_t seed = 1) {
  FixedRandom random(seed);
  return ReadingSecretKey::generate(random);
}

EnvelopeKeys example_keys(std::uint32_t epochs = 2) {
  FixedRandom random(3);
  EnvelopeKeys keys{random.fixed<ConsortiumId>(),
                    random.fixed<CollectionId>(),
                    IdKey::generate(random),
                    ChunkerKey::generate(random),
                    {}};
  for (std::uint32_t i = 1; i <= epochs; ++i) {
    keys.epochs.push_back({i * 3, EpochKey::generate(random)});
  }
  return keys;
}

Bytes seal(const EnvelopeKeys& keys) {
  FixedRandom random(4);
  return seal_envelope(public_key(device_key()), keys, random);
}

std::optional<EnvelopeRefusal> refusal(ByteView file, std::uint64_t key = 1) {
  const auto result = open_envelope(device_key(key), file);
  const auto* found = std::get_if<EnvelopeRefusal>(&result);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::string text_of(const EnvelopeKeys& keys) {
  return std::string(as_text(encode_envelope(keys).view()));
}

// The same text with one part replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

bool decodes(const std::string& text) {
  return decode_envelope(as_bytes(text)).has_value();
}

// An envelope's stanzas replaced: the seal does not hold any more, but that is asked later.
Bytes with_header(std::string_view stanzas) {
  std::string file(as_text(seal(example_keys())));
  const std::size_t start = file.find("-> ");
  const std::size_t end = file.find("--- ");
  return to_bytes(file.replace(start, end - start, stanzas));
}

}  // namespace

TEST_CASE("envelope: what was sealed comes back, for its key only") {
  const Bytes file = seal(example_keys());
  const auto result = open_envelope(device_key(), file);
  REQUIRE(std::holds_alternative<EnvelopeKeys>(result));
  CHECK(text_of(std::get<EnvelopeKeys>(result)) == text_of(example_keys()));
  CHECK(std::get<EnvelopeKeys>(result).epochs[1].number == 6);
  CHECK(refusal(file, 2) == EnvelopeRefusal::not_for_this_key);
}

TEST_CASE("envelope: the golden file is written, and opens, as ever") {
  CHECK(matches_golden("keyring/envelope.age", seal(example_keys())));
  CHECK_FALSE(refusal(read_golden("keyring/envelope.age")));
  CHECK(matches_golden("keyring/envelope.txt", as_bytes(text_of(example_keys()))));
}

TEST_CASE("envelope: it is an age file with one stanza") {
  const Bytes file = seal(example_keys());
  const auto header = parse_age_header(file);
  REQUIRE(header);
  REQUIRE(header->stanzas.size() == 1);
  CHECK(header->stanzas[0].arguments.front() == "mlkem768x25519");
}

TEST_CASE("envelope: every flipped bit, cut and trailing byte is refused") {
  const Bytes file = seal(example_keys());
  for_each_bit_flip(file, [](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    CHECK(refusal(damaged));
  });
  for_each_truncation(file, [](ByteView cut) { CHECK(refusal(cut)); });
  Bytes longer = file;
  longer.push_back(std::byte{'\n'});
  CHECK(refusal(longer) == EnvelopeRefusal::altered);
}

TEST_CASE("envelope: a plain X25519 stanza is refused") {
  CHECK(refusal(with_header("-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n"
                            "hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE\n")) ==
        EnvelopeRefusal::foreign_stanza);
}

TEST_CASE("envelope: two stanzas are refused, be one grease or both for this key") {
  const std::string file(as_text(seal(example_keys())));
  const std::string stanza = file.substr(file.find("-> "), file.find("--- ") - file.find("-> "));
  CHECK_FALSE(refusal(with_header(stanza)));
  CHECK(refusal(with_header(stanza + stanza)) == EnvelopeRefusal::several_stanzas);
  CHECK(refusal(with_header("-> grease\n\n" + stanza)) == EnvelopeRefusal::several_stanzas);
  CHECK(refusal(with_header("")) == EnvelopeRefusal::malformed);
}

TEST_CASE("envelope: legal age files with several stanzas are refused by name") {
  const auto folder = find_vectors("age");
  if (!folder) return;
  for (const char* name : {"hybrid_grease", "hybrid_and_x25519"}) {
    CAPTURE(name);
    const std::string text = read_text(*folder / name);
    CHECK(refusal(as_bytes(text.substr(text.find("\n\n") + 2))) ==
          EnvelopeRefusal::several_stanzas);
  }
}

TEST_CASE("envelope: a sealed text that is no envelope's is refused") {
  FixedRandom random(5);
  const auto sealed = [&](std::string_view text) {
    return age_encrypt(public_key(device_key()), as_bytes(text), random);
  };
  CHECK(refusal(sealed("")) == EnvelopeRefusal::content);
  CHECK(refusal(sealed("muniment/grant/v1\n")) == EnvelopeRefusal::content);
  CHECK_FALSE(refusal(sealed(text_of(example_keys()))));
}

TEST_CASE("envelope: its text has one form") {
  const std::string text = text_of(example_keys());
  CHECK(decodes(text));
  CHECK_FALSE(decodes(replaced(text, "envelope/v1", "envelope/v2")));
  CHECK_FALSE(decodes(replaced(text, "consortium", "collection")));
  CHECK_FALSE(decodes(replaced(text, "epoch 3", "epoch 03")));
  CHECK_FALSE(decodes(replaced(text, "epoch 3", "epoch 6")));  // not ascending
  CHECK_FALSE(decodes(replaced(text, "epoch 3", "epoch 7")));
  CHECK_FALSE(decodes(replaced(text, "epoch 3", "epoch 0")));
  CHECK_FALSE(decodes(replaced(text, "epoch 6", "epoch 4294967296")));
  CHECK(decodes(replaced(text, "epoch 6", "epoch 4294967295")));
  CHECK_FALSE(decodes(replaced(text, "id-key ", "id-key  ")));
  CHECK_FALSE(decodes(replaced(text, "=\n", "\n")));
  CHECK_FALSE(decodes(replaced(text, "id-key", "later x\nid-key")));
  CHECK_FALSE(decodes(text + "later x\n"));
  CHECK_FALSE(decodes(text.substr(0, text.find("epoch"))));  // no epoch at all
  for_each_truncation(as_bytes(text), [&](ByteView cut) {
    const bool whole_line = cut.size() > text.find("epoch 6") - 1 && cut.back() == std::byte{'\n'};
    CHECK((!decode_envelope(cut) || whole_line));
  });
}

TEST_CASE("envelope: one value has one text") {
  const std::string text = text_of(example_keys());
  for_each_bit_flip(as_bytes(text), [](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    const auto keys = decode_envelope(damaged);
    CHECK((!keys || equal(encode_envelope(*keys).view(), damaged)));
  });
}

TEST_CASE("envelope: 500 epochs fit, and what does not fit is refused") {
  CHECK_FALSE(refusal(seal(example_keys(500))));
  CHECK(error_code([] { (void)seal(example_keys(1000)); }) == ErrorCode::limit);
  CHECK(refusal(Bytes(envelope_bytes_max + 1)) == EnvelopeRefusal::too_large);
}

}  // namespace muniment
