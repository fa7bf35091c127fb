#include "cli/exit_code.hpp"

#include <algorithm>
#include <array>

namespace muniment {

ExitCode exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::usage:
      return ExitCode::usage;
    case ErrorCode::no_vault:
      return ExitCode::no_vault;
    case ErrorCode::busy:
      return ExitCode::busy;
    case ErrorCode::wrong_key:
      return ExitCode::wrong_key;
    case ErrorCode::damaged:
      return ExitCode::damaged;
    case ErrorCode::denied:
      return ExitCode::denied;
    case ErrorCode::interrupted:
      return ExitCode::interrupted;
    case ErrorCode::not_found:
    case ErrorCode::exists:
    case ErrorCode::unsupported:
    case ErrorCode::limit:
    case ErrorCode::io:
      break;
  }
  return ExitCode::failed;
}

ExitCode more_serious(ExitCode a, ExitCode b) noexcept {
  static constexpr std::array precedence = {
      ExitCode::interrupted, ExitCode::usage,  ExitCode::no_vault, ExitCode::busy,
      ExitCode::wrong_key,   ExitCode::denied, ExitCode::damaged,  ExitCode::partly,
      ExitCode::failed,      ExitCode::ok,
  };
  return *std::ranges::find_if(precedence, [&](ExitCode code) { return code == a || code == b; });
}

}  // namespace muniment
