#include "vault/bundle.hpp"

#include <algorithm>

#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/base/text.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/pack/format.hpp"

namespace muniment {

namespace {

constexpr std::size_t fixed_bytes = 24;
constexpr std::size_t pack_line_bytes = 33;

struct Sizes {
  std::uint64_t text = 0;
  std::uint32_t packs = 0;
};

std::optional<Sizes> decode_sizes(ByteView bytes) {
  ByteReader reader(bytes);
  const bool ours = equal(reader.raw(bundle_magic.size()), bundle_magic);
  const Sizes sizes{reader.u64(), reader.u32()};
  reader.expect_zeros(4);
  if (!reader.done() || !ours || sizes.text > bundle_text_bytes_max ||
      sizes.packs > bundle_packs_max) {
    return std::nullopt;
  }
  return sizes;
}

}  // namespace

std::uint64_t bundle_head_bytes(std::uint64_t text_bytes, std::uint64_t packs) {
  return fixed_bytes + text_bytes + packs * pack_line_bytes + Sha256Digest::size;
}

Bytes encode(const BundleHead& head) {
  if (head.text.size() > bundle_text_bytes_max || head.packs.size() > bundle_packs_max) {
    throw Error(ErrorCode::limit, "the bundle would list more than anybody would read",
                "split it, or grant fewer collections to one member");
  }
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(bundle_magic);
  writer.u64(head.text.size());
  writer.u32(static_cast<std::uint32_t>(head.packs.size()));
  writer.zeros(4);
  writer.raw(as_bytes(head.text));
  for (const PackRef& pack : head.packs) {
    writer.u8(pack.size_class);
    writer.raw(pack.id.view());
  }
  writer.raw(sha256(bytes).view());
  return bytes;
}

std::optional<BundleHead> decode_bundle_head(ByteView bytes) {
  if (bytes.size() < fixed_bytes) return std::nullopt;
  const auto sizes = decode_sizes(bytes.first(fixed_bytes));
  if (!sizes) return std::nullopt;
  const std::uint64_t size = bundle_head_bytes(sizes->text, sizes->packs);
  if (bytes.size() < size) return std::nullopt;
  const ByteView checked = bytes.first(size - Sha256Digest::size);
  ByteReader reader(bytes.first(size));
  reader.raw(fixed_bytes);
  BundleHead head{std::string(as_text(reader.raw(sizes->text))), {}};
  head.packs.reserve(sizes->packs);
  for (std::uint32_t i = 0; i < sizes->packs; ++i) {
    const std::uint8_t size_class = reader.u8();
    head.packs.push_back({reader.fixed<PackId>(), size_class});
    if (!pack_class_from(size_class)) reader.fail();
  }
  const auto digest = reader.fixed<Sha256Digest>();
  if (!reader.done() || digest != sha256(checked)) return std::nullopt;
  return head;
}

BundleReader::BundleReader(FileSystem& files, const std::filesystem::path& path)
    : x_file(files.find(path)) {
  if (!x_file) throw Error(ErrorCode::not_found, escape(path.native()) + ": there is no such file");
  const auto sizes = decode_sizes(x_file->read_at(0, fixed_bytes));
  auto head = sizes ? decode_bundle_head(x_file->read_at(
                          0, static_cast<std::size_t>(std::min(
                                 x_file->size(), bundle_head_bytes(sizes->text, sizes->packs)))))
                    : std::nullopt;
  if (!head) {
    throw Error(ErrorCode::damaged, escape(path.native()) + ": no bundle, or damaged at its front",
                "have this file made again; others of the same bundle are of use without it");
  }
  x_head = std::move(*head);
  std::uint64_t offset = bundle_head_bytes(x_head.text.size(), x_head.packs.size());
  for (const PackRef& pack : x_head.packs) {
    x_offsets.push_back(offset);
    offset += file_bytes(*pack_class_from(pack.size_class));
  }
}

bool BundleReader::has_pack(std::size_t number) const {
  const std::uint64_t offset = x_offsets.at(number);
  const PackClass size_class = *pack_class_from(x_head.packs[number].size_class);
  return x_file->size() >= offset + file_bytes(size_class) &&
         equal(x_file->read_at(offset, pack_format::magic.size()), pack_format::magic);
}

Bytes BundleReader::read_pack(std::size_t number) const {
  const PackRef& pack = x_head.packs.at(number);
  return x_file->read_at(x_offsets.at(number), file_bytes(*pack_class_from(pack.size_class)));
}

}  // namespace muniment
