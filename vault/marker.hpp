// The file `muniment`: what makes a directory a vault, and whose.
//
//   muniment/vault/v1
//   vault <32 hexadecimal digits>
//   device <32 hexadecimal digits>
//   consortium <64 hexadecimal digits>
//
// It says nothing that the keyring's clear header does not say, so a damaged one can be written
// again.
#pragma once

#include "vault/base/file.hpp"
#include "vault/keyring/keyring.hpp"

namespace muniment {

inline constexpr std::string_view marker_name = "muniment";

[[nodiscard]] std::string encode_marker(const KeyringIdentity& identity);
[[nodiscard]] std::optional<KeyringIdentity> decode_marker(std::string_view text);

struct FoundMarker {
  KeyringIdentity identity;
  // What is wrong with the file; empty if nothing. The identity then comes from the keyring.
  std::string damage;
};

// Error(no_vault) if there is none; Error(unsupported) for another version; Error(damaged) if
// neither the file nor a copy of the keyring says whose vault it is.
[[nodiscard]] FoundMarker find_marker(FileSystem& files, const std::filesystem::path& directory);

}  // namespace muniment
