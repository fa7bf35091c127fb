// The outer form of the texts that people hand each other: a record, compressed, as base64 between
// BEGIN and END lines. Layout: FORMAT.md, "Texts between members".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muniment {

// More than a text that people hand over ever has.
inline constexpr std::size_t exchange_text_bytes_max = std::size_t{64} << 20U;

// Error(limit) if the record is longer than anybody would take in.
[[nodiscard]] std::string armor_record(std::string_view record);
// What stands around the two lines is ignored, so that it can be cut out of a letter carelessly.
// Empty if there is no such text, or it is cut short or altered; what the record says is not looked
// into.
[[nodiscard]] std::optional<std::string> dearmor_record(std::string_view text);

}  // namespace muniment
