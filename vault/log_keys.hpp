// The keys that copies of ledgers are checked with: of devices, from the certificates that the
// copies bring.
#pragma once

#include <map>

#include "vault/ledger/copy.hpp"

namespace muniment {

using LogKeys = std::map<DeviceId, VerifyKey<LogPurpose>>;

// A device's id is a hash over its keys, so a certificate needs nobody's approval for this.
void add_log_keys(LogKeys& keys, std::span<const LedgerCopy> copies);

}  // namespace muniment
