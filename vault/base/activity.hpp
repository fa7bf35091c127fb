// A long operation as its caller sees it: how far it is, what it has to say, and the wish to stop
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "vault/base/error.hpp"

namespace muniment {

// All members may be used from any thread at any time.
class Activity {
 public:
  virtual ~Activity() = default;

  // Something that the user should read though the operation goes on: a file skipped, a pack
  // healed. One line without a full stop, paths escaped. May come from several threads at once.
  virtual void notice(const std::string& text) = 0;

  // Makes the operation end with Error(interrupted) soon. Safe in a signal handler.
  void request_stop() noexcept { x_stop.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool stop_requested() const noexcept {
    return x_stop.load(std::memory_order_relaxed);
  }

  // What every loop over files, chunks or packs calls.
  void check() const {
    if (stop_requested()) throw Error(ErrorCode::interrupted, "stopped at your request");
  }

  // Progress; a total of zero means that it is not known (yet).
  std::atomic<std::uint64_t> items_done{0};
  std::atomic<std::uint64_t> items_total{0};
  std::atomic<std::uint64_t> bytes_done{0};
  std::atomic<std::uint64_t> bytes_total{0};

 private:
  std::atomic<bool> x_stop{false};
};

// Of what nobody watches and nobody can stop.
class Unattended final : public Activity {
 public:
  void notice(const std::string&) override {}
};

}  // namespace muniment
