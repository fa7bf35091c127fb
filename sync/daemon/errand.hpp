// When `munimentd --once` has done what there is to do: it speaks to each peer once, takes what it
// lacks, lets them take what they lack, and ends.
#pragma once

#include <chrono>
#include <cstdint>

namespace muniment::sync {

// Nothing passes for so long: nobody has anything to ask any more.
inline constexpr std::chrono::seconds errand_quiet{3};
// Nothing is gained for so long: what is missing will not come now.
inline constexpr std::chrono::seconds errand_patience{60};
// Less is said by who only asks again whether there is something new.
inline constexpr std::uint64_t errand_progress_bytes = 65'536;
// How often each address is dialled.
inline constexpr std::uint32_t errand_dials = 2;

class Errand {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  enum class Verdict { going, complete, partial };

  // How it is at a moment.
  struct View {
    std::size_t peers = 0;
    std::size_t reached = 0;    // of them, with whom this device was at one about all ledgers
    std::size_t untried = 0;    // of them, who are being dialled or will be
    std::size_t connected = 0;  // sessions
    std::size_t settled = 0;    // of them: nothing is asked, and both sides know the same
    std::uint64_t missing_packs = 0;
    std::uint64_t moved = 0;   // bytes, both ways
    std::uint64_t gained = 0;  // packs that came, and ledgers that grew
  };

  explicit Errand(Steady now) : x_moved_at(now), x_progress_at(now) {}

  // To be called every moment. Complete if every peer was reached and nothing is missing.
  [[nodiscard]] Verdict look(const View& view, Steady now);

 private:
  std::uint64_t x_moved = 0;
  Steady x_moved_at;
  std::uint64_t x_gained = 0;
  std::uint64_t x_progress_bytes = 0;  // moved, when something was last gained
  Steady x_progress_at;
};

}  // namespace muniment::sync
