// Why a session ended. Numbers travel in BYE: PROTOCOL.md §8.
#pragma once

#include <cstdint>
#include <string_view>

namespace muniment::sync {

enum class CloseCode : std::uint16_t {
  done = 1,
  stopping = 2,
  malformed = 3,
  unknown_type = 4,
  too_large = 5,
  flood = 6,
  timeout = 7,
  wrong_consortium = 8,
  wrong_device = 9,
  bad_proof = 10,
  bad_signature = 11,
  unasked = 12,
  out_of_order = 13,
  quarantined = 14,
  replaced = 15,
  failed = 16,
};

// In lower case and without a full stop, as the end of a line of a log.
[[nodiscard]] std::string_view to_text(CloseCode code) noexcept;

}  // namespace muniment::sync
