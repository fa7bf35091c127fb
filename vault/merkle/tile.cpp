#include "vault/merkle/tile.hpp"

#include <fmt/format.h>

#include "vault/base/assert.hpp"
#include "vault/base/decimal.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

constexpr unsigned levels_per_tile = 8;
constexpr std::string_view tile_prefix = "tile/";
constexpr std::string_view bundle_prefix = "tile/entries/";
constexpr std::string_view partial_mark = ".p/";

bool is_width(std::uint64_t width) noexcept {
  return 1 <= width && width <= tile_width_max;
}

// `<N>[.p/<W>]`, in which bundles and tiles are alike.
std::string encode_place(const BundleId& place) {
  VAULT_ASSERT(is_width(place.width));
  std::string text = fmt::format("{:03}", place.index % 1000);
  for (std::uint64_t rest = place.index / 1000; rest != 0; rest /= 1000) {
    text = fmt::format("x{:03}/{}", rest % 1000, text);
  }
  if (place.width < tile_width_max) text += fmt::format("{}{}", partial_mark, place.width);
  return text;
}

// Superfluous leading elements are left for the caller to find, who encodes again and compares.
std::optional<std::uint64_t> read_index(std::string_view text) {
  std::string digits;
  while (text.starts_with('x') && text.size() > 4 && text[4] == '/') {
    digits += text.substr(1, 3);
    text.remove_prefix(5);
  }
  if (text.size() != 3) return std::nullopt;
  digits += text;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return from_decimal(digits);
}

std::optional<BundleId> read_place(std::string_view text) {
  std::uint64_t width = tile_width_max;
  if (const auto mark = text.find(partial_mark); mark != std::string_view::npos) {
    width = from_decimal(text.substr(mark + partial_mark.size())).value_or(0);
    text = text.substr(0, mark);
  }
  const auto index = read_index(text);
  if (!index || !is_width(width)) return std::nullopt;
  return BundleId{*index, static_cast<unsigned>(width)};
}

}  // namespace

std::string encode_path(const TileId& tile) {
  VAULT_ASSERT(tile.level <= tile_level_max);
  return fmt::format("{}{}/{}", tile_prefix, tile.level, encode_place({tile.index, tile.width}));
}

std::string encode_path(const BundleId& bundle) {
  return fmt::format("{}{}", bundle_prefix, encode_place(bundle));
}

std::optional<TileId> decode_tile_path(std::string_view path) {
  if (!path.starts_with(tile_prefix)) return std::nullopt;
  const std::string_view rest = path.substr(tile_prefix.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto level = from_decimal(rest.substr(0, slash));
  const auto place = read_place(rest.substr(slash + 1));
  if (!level || *level > tile_level_max || !place) return std::nullopt;
  const TileId tile{static_cast<unsigned>(*level), place->index, place->width};
  if (encode_path(tile) != path) return std::nullopt;
  return tile;
}

std::optional<BundleId> decode_bundle_path(std::string_view path) {
  if (!path.starts_with(bundle_prefix)) return std::nullopt;
  const auto bundle = read_place(path.substr(bundle_prefix.size()));
  if (!bundle || encode_path(*bundle) != path) return std::nullopt;
  return bundle;
}

unsigned tile_width(std::uint64_t size, unsigned level, std::uint64_t index) noexcept {
  if (level >= 64 / levels_per_tile) return 0;
  const std::uint64_t hashes = size >> levels_per_tile * level;
  const std::uint64_t full_tiles = hashes / tile_width_max;
  if (index < full_tiles) return tile_width_max;
  return index == full_tiles ? static_cast<unsigned>(hashes % tile_width_max) : 0;
}

std::vector<TileId> tiles_added(std::uint64_t old_size, std::uint64_t new_size) {
  std::vector<TileId> added;
  for (unsigned level = 0; old_size < new_size; ++level) {
    for (std::uint64_t index = old_size / tile_width_max; index < new_size / tile_width_max;
         ++index) {
      added.push_back({level, index, tile_width_max});
    }
    const auto partial = static_cast<unsigned>(new_size % tile_width_max);
    if (partial != 0) added.push_back({level, new_size / tile_width_max, partial});
    // What is counted on the next level: the full tiles of this one.
    old_size /= tile_width_max;
    new_size /= tile_width_max;
  }
  return added;
}

std::vector<Sha256Digest> tile_hashes(const TileId& tile, const NodeReader& nodes) {
  std::vector<Sha256Digest> hashes;
  hashes.reserve(tile.width);
  for (unsigned i = 0; i < tile.width; ++i) {
    hashes.push_back(nodes(levels_per_tile * tile.level, tile.index * tile_width_max + i));
  }
  return hashes;
}

Bytes encode_tile(std::span<const Sha256Digest> hashes) {
  VAULT_ASSERT(is_width(hashes.size()));
  Bytes tile;
  tile.reserve(hashes.size() * Sha256Digest::size);
  for (const Sha256Digest& hash : hashes) append(tile, hash.view());
  return tile;
}

std::optional<std::vector<Sha256Digest>> decode_tile(ByteView tile, unsigned width) {
  if (!is_width(width) || tile.size() != width * Sha256Digest::size) return std::nullopt;
  std::vector<Sha256Digest> hashes;
  hashes.reserve(width);
  for (; !tile.empty(); tile = tile.subspan(Sha256Digest::size)) {
    hashes.emplace_back(tile.first<Sha256Digest::size>());
  }
  return hashes;
}

Bytes encode_bundle(std::span<const Bytes> entries) {
  VAULT_ASSERT(is_width(entries.size()));
  Bytes bundle;
  for (const Bytes& entry : entries) {
    VAULT_ASSERT(entry.size() <= limits::ledger_entry_bytes_max);
    bundle.push_back(static_cast<std::byte>(entry.size() >> 8U));
    bundle.push_back(static_cast<std::byte>(entry.size() & 0xffU));
    append(bundle, entry);
  }
  return bundle;
}

std::optional<std::vector<Bytes>> decode_bundle(ByteView bundle, unsigned width) {
  if (!is_width(width)) return std::nullopt;
  std::vector<Bytes> entries;
  while (!bundle.empty()) {
    if (entries.size() == width || bundle.size() < 2) return std::nullopt;
    const auto size =
        std::to_integer<std::size_t>(bundle[0]) << 8U | std::to_integer<std::size_t>(bundle[1]);
    bundle = bundle.subspan(2);
    if (bundle.size() < size) return std::nullopt;
    entries.emplace_back(bundle.begin(), bundle.begin() + static_cast<std::ptrdiff_t>(size));
    bundle = bundle.subspan(size);
  }
  if (entries.size() != width) return std::nullopt;
  return entries;
}

NodeReader nodes_from_tiles(std::uint64_t size, TileReader tiles) {
  // Whoever asks for one hash of a tile mostly asks for the next one, too.
  return [size, tiles = std::move(tiles), last = std::optional<TileId>(),
          hashes = std::vector<Sha256Digest>()](unsigned level, std::uint64_t index) mutable {
    const unsigned tile_level = level / levels_per_tile;
    const std::size_t count = std::size_t{1} << level % levels_per_tile;
    const std::uint64_t first = index * count;
    const std::uint64_t tile_index = first / tile_width_max;
    const std::uint64_t offset = first % tile_width_max;
    const unsigned width = tile_width(size, tile_level, tile_index);
    VAULT_ASSERT(offset + count <= width);
    const TileId tile{tile_level, tile_index, width};
    if (last != tile) {
      last.reset();
      hashes = tiles(tile);
      VAULT_ASSERT(hashes.size() == width);
      last = tile;
    }
    return merkle_root(std::span(hashes).subspan(offset, count));
  };
}

}  // namespace muniment
