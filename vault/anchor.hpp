// An anchored checkpoint: a ledger's signed note, and what others said of the time when they saw
// its digest. Layout: FORMAT.md, "Anchors".
#pragma once

#include <vector>

#include "vault/base/file.hpp"
#include "vault/ledger/name.hpp"
#include "vault/note/opentimestamps.hpp"
#include "vault/note/timestamp.hpp"

namespace muniment {

// A time stamp authority's reply, and the PEM file with the certificates under which it was
// checked, the root's first.
struct CheckedTimestamp {
  Bytes reply;
  Bytes certificates;

  friend bool operator==(const CheckedTimestamp&, const CheckedTimestamp&) = default;
};

struct Anchor {
  SignedNote checkpoint;
  std::vector<CheckedTimestamp> timestamps;
  Bytes ots;  // an OpenTimestamps file; empty if there is none

  [[nodiscard]] bool is_answered() const noexcept { return !timestamps.empty() || !ots.empty(); }
};

inline constexpr std::size_t anchor_timestamps_max = 16;
inline constexpr std::size_t certificates_bytes_max = std::size_t{64} << 10U;

// The certificate that everything has to follow from: the first in a PEM file. What comes after it
// only helps to follow. Empty if there is none.
struct RootCertificate {
  ByteView pem;  // part of the file
  Bytes der;
};
[[nodiscard]] std::optional<RootCertificate> root_certificate(ByteView pem);

[[nodiscard]] std::string encode(const Anchor& anchor);
// Empty unless `text` is exactly what encode gives for some anchor, whose replies are all of the
// digest of its checkpoint.
[[nodiscard]] std::optional<Anchor> decode_anchor(std::string_view text);

// Where the anchors of a ledger stand, each under the hexadecimal form of note_identity().
[[nodiscard]] std::filesystem::path anchor_directory(const std::filesystem::path& ledgers,
                                                     const LedgerId& ledger);

// The anchor of the checkpoint with this digest. Error(damaged) if there is one that does not
// decode or is of another checkpoint.
[[nodiscard]] std::optional<Anchor> find_anchor(FileSystem& files,
                                                const std::filesystem::path& ledgers,
                                                const LedgerId& ledger, const Sha256Digest& digest);
void save_anchor(FileSystem& files, const std::filesystem::path& ledgers, const LedgerId& ledger,
                 const Anchor& anchor);
// The digests of those that have a file.
[[nodiscard]] std::vector<Sha256Digest> list_anchors(FileSystem& files,
                                                     const std::filesystem::path& ledgers,
                                                     const LedgerId& ledger);

}  // namespace muniment
