// A bundle: a file that carries to a partner what it may know and have, where there is no network.
// In front the text of 'muniment text', then the packs that the text's ledgers list, or some of
// them. Whatever of it arrives can be used. Layout: FORMAT.md.
#pragma once

#include <array>

#include "vault/base/file.hpp"
#include "vault/ledger/entries.hpp"

namespace muniment {

inline constexpr std::array bundle_magic{std::byte{0x89}, std::byte{'M'},  std::byte{'N'},
                                         std::byte{'B'},  std::byte{0x0d}, std::byte{0x0a},
                                         std::byte{0x1a}, std::byte{0x0a}};

// 1,024 TB of packs, and a text that has all of their ledgers.
inline constexpr std::uint32_t bundle_packs_max = 1U << 22U;
inline constexpr std::uint64_t bundle_text_bytes_max = std::uint64_t{96} << 20U;

struct BundleHead {
  std::string text;            // an exchange text
  std::vector<PackRef> packs;  // of possible classes, in the order in which they follow

  friend bool operator==(const BundleHead&, const BundleHead&) = default;
};

// How long the head of a bundle is.
[[nodiscard]] std::uint64_t bundle_head_bytes(std::uint64_t text_bytes, std::uint64_t packs);

// Error(limit) if it were more than anybody would read.
[[nodiscard]] Bytes encode(const BundleHead& head);
// Empty unless `bytes` begin with exactly a head; what follows is not looked at.
[[nodiscard]] std::optional<BundleHead> decode_bundle_head(ByteView bytes);

// One file of a bundle, while it is read.
class BundleReader {
 public:
  // Error(not_found); Error(damaged) if it has no whole head.
  BundleReader(FileSystem& files, const std::filesystem::path& path);

  [[nodiscard]] const BundleHead& head() const noexcept { return x_head; }
  // Whether there is something of a pack's length in this one's place that begins as one does:
  // neither cut short nor zeros.
  [[nodiscard]] bool has_pack(std::size_t number) const;
  // What the file has of the pack with this number: fewer bytes than it should where the file ends
  // early.
  [[nodiscard]] Bytes read_pack(std::size_t number) const;

 private:
  std::unique_ptr<File> x_file;
  BundleHead x_head;
  std::vector<std::uint64_t> x_offsets;
};

}  // namespace muniment
