// What the program says to scripts (DESIGN §8). Numbers never change.
#pragma once

#include "vault/base/error.hpp"

namespace muniment {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  partly = 3,
  no_vault = 10,
  busy = 11,
  wrong_key = 12,
  damaged = 13,
  denied = 14,
  interrupted = 130,
};

[[nodiscard]] ExitCode exit_code(ErrorCode code) noexcept;

// The one of two that is told where both fit.
[[nodiscard]] ExitCode more_serious(ExitCode a, ExitCode b) noexcept;

}  // namespace muniment
