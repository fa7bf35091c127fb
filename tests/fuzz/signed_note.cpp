// A note that decodes encodes to the same bytes, and nobody's key has signed a made-up one.
#include "vault/note/signed_note.hpp"

#include "vault/base/assert.hpp"
#include "vault/note/cosignature.hpp"

using namespace muniment;

namespace {

// The keys of tests/golden/note/cosigned-checkpoint, a seed.
template <class Purpose>
NoteKey<Purpose> known_key(std::string name, std::uint8_t number) {
  const auto secret = SigningKey<Purpose>::from_bytes(Bytes(32, std::byte{number}));
  return {std::move(name), verify_key(*secret)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto log = known_key<LogPurpose>("example.com/log", 1);
  static const std::vector witnesses{known_key<WitnessPurpose>("witness/2", 2),
                                     known_key<WitnessPurpose>("witness/3", 3)};

  const std::string_view input = as_text(std::as_bytes(std::span(data, size)));
  if (const auto note = decode_signed_note(input)) {
    VAULT_ASSERT(encode(*note) == input);
    const auto opened = open_cosigned(*note, log, witnesses);
    VAULT_ASSERT(!opened || note->text == encode(Checkpoint{log.name, 3, {}}));
    VAULT_ASSERT(!opened || opened->cosignatures.size() <= witnesses.size());
  }
  const auto log_key = decode_vkey<LogPurpose>(input);
  VAULT_ASSERT(!log_key || encode_vkey(*log_key) == input);
  const auto witness_key = decode_vkey<WitnessPurpose>(input);
  VAULT_ASSERT(!witness_key || encode_vkey(*witness_key) == input);
  return 0;
}
