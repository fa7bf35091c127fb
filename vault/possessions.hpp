// The file `possessions`: which partners' devices have shown that they could produce which packs,
// and when they were last asked. A memory of munimentd's, for itself and for `status`; nobody's
// proof. What is lost of it is asked for again.
//
// A pack is named by its place: the n-th that a ledger lists is the same for ever, since ledgers
// only grow. So packs that were asked for one after the other take one line. Layout: FORMAT.md.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/file.hpp"
#include "vault/ledger/ledger.hpp"

namespace muniment {

// Since 1970.
using UnixHours = std::uint32_t;
[[nodiscard]] constexpr UnixHours hours_of(UnixSeconds time) noexcept {
  return static_cast<UnixHours>(time / 3600);
}

[[nodiscard]] constexpr UnixSeconds time_of(UnixHours hours) noexcept {
  return UnixSeconds{hours} * 3600;
}

// Whether the device produced what it was asked for, and when.
struct Possession {
  bool shown = false;
  UnixHours hour = 0;

  friend bool operator==(const Possession&, const Possession&) = default;
};

// Of the packs of one ledger and one device.
class PossessionRuns {
 public:
  struct Run {
    std::uint64_t end = 0;  // not in it
    Possession possession;

    friend bool operator==(const Run&, const Run&) = default;
  };
  // By their first packs; they do not overlap, and those that touch differ.
  using Runs = std::map<std::uint64_t, Run>;

  // Empty if it was never asked for.
  [[nodiscard]] std::optional<Possession> find(std::uint64_t pack) const;
  void set(std::uint64_t pack, const Possession& possession);
  // False, and nothing happens, unless the packs come after all others and are not part of the last
  // run.
  [[nodiscard]] bool append(std::uint64_t first, const Run& run);

  [[nodiscard]] const Runs& runs() const noexcept { return x_runs; }

  friend bool operator==(const PossessionRuns&, const PossessionRuns&) = default;

 private:
  Runs x_runs;
};

// By ledger and device; no ledger without a device, no device without a run.
using Possessions = std::map<LedgerId, std::map<DeviceId, PossessionRuns>>;

[[nodiscard]] std::string encode(const Possessions& possessions);
[[nodiscard]] std::optional<Possessions> decode_possessions(std::string_view text);

// Of a file that is missing, or none that we wrote: none.
[[nodiscard]] Possessions find_possessions(FileSystem& files, const std::filesystem::path& vault);
void save_possessions(FileSystem& files, const std::filesystem::path& vault,
                      const Possessions& possessions);

// The packs that a ledger lists, in its order, as places count them. From entry `from` on.
[[nodiscard]] std::vector<PackId> packs_in_order(const Ledger& ledger, std::uint64_t from = 0);

}  // namespace muniment
