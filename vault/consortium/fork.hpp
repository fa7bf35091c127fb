// That a device signed two histories of one ledger: an entry, or a file, that proves it to anybody
// by itself, so that whoever hears of it can freeze that ledger and nobody can spread it falsely.
#pragma once

#include "vault/consortium/certificate.hpp"
#include "vault/ledger/fork.hpp"

namespace muniment {

struct ForkEntry {
  DevicePublicKeys keys;  // the device's id, which the ledger's origin has, is the hash over them
  LedgerFork fork;
};

// The keys are those of the ledger's device, and it signed both histories.
[[nodiscard]] bool is_proof(const ForkEntry& entry);

[[nodiscard]] std::string encode(const ForkEntry& entry);
// What it says is not checked: is_proof does.
[[nodiscard]] std::optional<ForkEntry> decode_fork_entry(std::string_view entry);

}  // namespace muniment
