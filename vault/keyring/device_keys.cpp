#include "vault/keyring/device_keys.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/keyring/format.hpp"

namespace muniment {

namespace {

using namespace keyring_format;

using Fields = std::vector<KeyField>;

void add_field(Fields& fields, std::uint16_t tag, ByteView value) {
  fields.push_back({tag, SecretBytes::copy_of(value)});
}

SecretBytes encode_fields(Fields fields, const Fields& unknown) {
  for (const KeyField& field : unknown) add_field(fields, field.tag, field.value.view());
  std::ranges::sort(fields, {}, &KeyField::tag);

  std::size_t size = 2 * sizeof(std::uint16_t);
  for (const KeyField& field : fields) size += 2 * sizeof(std::uint16_t) + field.value.size();
  const std::size_t classes = (size + content_class_bytes - 1) / content_class_bytes;
  SecretBytes content(classes * content_class_bytes);
  VAULT_ASSERT(content.size() <= content_bytes_max);

  auto out = content.mutable_view().begin();
  const auto put = [&](std::size_t value) {
    *out++ = static_cast<std::byte>(value & 0xffU);
    *out++ = static_cast<std::byte>(value >> 8U);
  };
  put(content_version);
  for (const KeyField& field : fields) {
    put(field.tag);
    put(field.value.size());
    out = std::ranges::copy(field.value.view(), out).out;
  }
  return content;
}

std::optional<Fields> decode_fields(ByteView content) {
  if (content.size() % content_class_bytes != 0 || content.size() > content_bytes_max) {
    return std::nullopt;
  }
  ByteReader reader(content);
  const std::uint16_t version_found = reader.u16();
  if (reader.ok() && version_found != content_version) {
    throw Error(ErrorCode::unsupported, "keyring: its content is of another version",
                "use the newest muniment that ever wrote to this vault");
  }
  Fields fields;
  for (;;) {
    const std::uint16_t tag = reader.u16();
    if (tag == end_tag) break;
    const std::uint16_t size = reader.u16();
    if (!fields.empty() && tag <= fields.back().tag) return std::nullopt;
    add_field(fields, tag, reader.raw(size));
  }
  const bool smallest_class = reader.remaining() < content_class_bytes;
  reader.expect_zeros(reader.remaining());
  if (!reader.done() || !smallest_class) return std::nullopt;
  return fields;
}

// Takes a key out of the fields. Empty if it is not there or not of 32 bytes.
template <class Key>
std::optional<Key> take(Fields& fields, std::uint16_t tag) {
  const auto found = std::ranges::find(fields, tag, &KeyField::tag);
  if (found == fields.end()) return std::nullopt;
  std::optional<Key> key = Key::from_bytes(std::move(found->value));
  fields.erase(found);
  return key;
}

bool has(const Fields& fields, std::uint16_t tag) {
  return std::ranges::find(fields, tag, &KeyField::tag) != fields.end();
}

}  // namespace

ServiceKeys ServiceKeys::generate(Random& random) {
  return {TransportKey::generate(random),
          LogKey::generate(random),
          WitnessKey::generate(random),
          ReplicaKey::generate(random),
          {}};
}

ReadingKeys ReadingKeys::generate(Random& random) {
  return {ReadingSecretKey::generate(random), CatalogKey::generate(random), std::nullopt, {}};
}

SecretBytes encode_keys(const ServiceKeys& keys) {
  Fields fields;
  add_field(fields, transport_tag, keys.transport.view());
  add_field(fields, log_tag, keys.log.view());
  add_field(fields, witness_tag, keys.witness.view());
  add_field(fields, replica_tag, keys.replica.view());
  return encode_fields(std::move(fields), keys.unknown);
}

SecretBytes encode_keys(const ReadingKeys& keys) {
  Fields fields;
  add_field(fields, reading_tag, keys.reading.view());
  add_field(fields, catalog_tag, keys.catalog.view());
  if (keys.authority) add_field(fields, authority_tag, keys.authority->view());
  return encode_fields(std::move(fields), keys.unknown);
}

template <>
std::optional<ServiceKeys> decode_keys(ByteView content) {
  std::optional<Fields> fields = decode_fields(content);
  if (!fields) return std::nullopt;
  auto transport = take<TransportKey>(*fields, transport_tag);
  auto log = take<LogKey>(*fields, log_tag);
  auto witness = take<WitnessKey>(*fields, witness_tag);
  auto replica = take<ReplicaKey>(*fields, replica_tag);
  if (!transport || !log || !witness || !replica) return std::nullopt;
  return ServiceKeys{std::move(*transport), std::move(*log), std::move(*witness),
                     std::move(*replica), std::move(*fields)};
}

template <>
std::optional<ReadingKeys> decode_keys(ByteView content) {
  std::optional<Fields> fields = decode_fields(content);
  if (!fields) return std::nullopt;
  const bool has_authority = has(*fields, authority_tag);
  auto reading = take<ReadingSecretKey>(*fields, reading_tag);
  auto catalog = take<CatalogKey>(*fields, catalog_tag);
  auto authority = take<AuthorityKey>(*fields, authority_tag);
  if (!reading || !catalog || has_authority != authority.has_value()) return std::nullopt;
  return ReadingKeys{std::move(*reading), std::move(*catalog), std::move(authority),
                     std::move(*fields)};
}

}  // namespace muniment
