#include "vault/keyring/envelope.hpp"

#include <limits>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/keyring/age.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type_line = "muniment/envelope/v1";

// What the text needs at most: the lines before the epochs, and a line for each epoch.
constexpr std::size_t head_bytes_max = 256;
constexpr std::size_t epoch_line_bytes_max = 64;

// RecordWriter's lines, in secret memory.
class SecretText {
 public:
  explicit SecretText(std::size_t capacity) : x_memory(capacity) {}

  void add(std::string_view text) {
    VAULT_ASSERT(text.size() <= x_memory.size() - x_size);
    std::ranges::copy(as_bytes(text), x_memory.mutable_view().subspan(x_size).begin());
    x_size += text.size();
  }

  void add_line(std::string_view start, ByteView key) {
    std::string base64 = to_base64(key);
    add(start);
    add(base64);
    add("\n");
    wipe(std::as_writable_bytes(std::span(base64)));
  }

  [[nodiscard]] SecretBytes finish() const {
    return SecretBytes::copy_of(x_memory.view().first(x_size));
  }

 private:
  SecretBytes x_memory;
  std::size_t x_size = 0;
};

template <class Key>
std::optional<Key> parse_key(std::string_view word) {
  std::optional<Bytes> bytes = from_base64(word);
  if (!bytes) return std::nullopt;
  std::optional<Key> key = Key::from_bytes(ByteView(*bytes));
  wipe(*bytes);
  return key;
}

bool numbers_ascend(const std::vector<EnvelopeEpoch>& epochs) {
  std::uint32_t previous = 0;
  for (const EnvelopeEpoch& epoch : epochs) {
    if (epoch.number <= previous) return false;
    previous = epoch.number;
  }
  return !epochs.empty();
}

}  // namespace

std::string_view to_text(EnvelopeRefusal refusal) noexcept {
  switch (refusal) {
    case EnvelopeRefusal::too_large:
      return "larger than an envelope may be";
    case EnvelopeRefusal::malformed:
      return "not an age file with an mlkem768x25519 recipient";
    case EnvelopeRefusal::several_stanzas:
      return "sealed to more than one recipient";
    case EnvelopeRefusal::foreign_stanza:
      return "sealed to a recipient of another kind than mlkem768x25519";
    case EnvelopeRefusal::not_for_this_key:
      return "sealed to another key than this one";
    case EnvelopeRefusal::altered:
      return "altered after it was sealed";
    case EnvelopeRefusal::content:
      return "properly sealed, but what it holds is not an envelope's content";
  }
  return "unknown";
}

SecretBytes encode_envelope(const EnvelopeKeys& keys) {
  VAULT_ASSERT(numbers_ascend(keys.epochs));
  SecretText text(head_bytes_max + keys.epochs.size() * epoch_line_bytes_max);
  text.add(type_line);
  text.add("\nconsortium " + keys.consortium.hex());
  text.add("\ncollection " + keys.collection.hex());
  text.add_line("\nid-key ", keys.id_key.view());
  text.add_line("chunker-key ", keys.chunker_key.view());
  for (const EnvelopeEpoch& epoch : keys.epochs) {
    text.add_line("epoch " + std::to_string(epoch.number) + " ", epoch.key.view());
  }
  return text.finish();
}

std::optional<EnvelopeKeys> decode_envelope(ByteView text) {
  RecordReader reader(as_text(text), type_line);
  const auto consortium = reader.key("consortium").hex<ConsortiumId>();
  const auto collection = reader.key("collection").hex<CollectionId>();
  auto id_key = parse_key<IdKey>(reader.key("id-key").word());
  auto chunker_key = parse_key<ChunkerKey>(reader.key("chunker-key").word());
  std::vector<EnvelopeEpoch> epochs;
  while (reader.key_if("epoch")) {
    const std::uint64_t number = reader.u64();
    auto key = parse_key<EpochKey>(reader.word());
    if (!key || number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    epochs.push_back({static_cast<std::uint32_t>(number), std::move(*key)});
  }
  if (!reader.done() || !id_key || !chunker_key || !numbers_ascend(epochs)) return std::nullopt;
  return EnvelopeKeys{consortium, collection, std::move(*id_key), std::move(*chunker_key),
                      std::move(epochs)};
}

namespace detail {

Bytes seal_envelope(ByteView public_key, const EnvelopeKeys& keys, Random& random) {
  Bytes file = age_encrypt(public_key, encode_envelope(keys).view(), random);
  if (file.size() > envelope_bytes_max) {
    throw Error(ErrorCode::limit, "envelope: too many epochs to fit into one");
  }
  return file;
}

std::variant<EnvelopeKeys, EnvelopeRefusal> open_envelope(ByteView seed, ByteView file) {
  if (file.size() > envelope_bytes_max) return EnvelopeRefusal::too_large;
  const std::optional<AgeHeader> header = parse_age_header(file);
  if (!header) return EnvelopeRefusal::malformed;
  if (header->stanzas.size() != 1) return EnvelopeRefusal::several_stanzas;
  if (header->stanzas.front().arguments.front() != age_kind) return EnvelopeRefusal::foreign_stanza;

  const std::variant<SecretBytes, AgeRefusal> text = age_decrypt(seed, file);
  if (const auto* refusal = std::get_if<AgeRefusal>(&text)) {
    switch (*refusal) {
      case AgeRefusal::header:
        return EnvelopeRefusal::malformed;
      case AgeRefusal::no_match:
        return EnvelopeRefusal::not_for_this_key;
      case AgeRefusal::mac:
      case AgeRefusal::payload:
        return EnvelopeRefusal::altered;
    }
  }
  std::optional<EnvelopeKeys> keys = decode_envelope(std::get<SecretBytes>(text).view());
  if (!keys) return EnvelopeRefusal::content;
  return std::move(*keys);
}

}  // namespace detail

}  // namespace muniment
