#include "vault/log_keys.hpp"

#include "vault/consortium/certificate.hpp"

namespace muniment {

void add_log_keys(LogKeys& keys, std::span<const LedgerCopy> copies) {
  for (const LedgerCopy& copy : copies) {
    if (copy.name.collection != consortium_collection) continue;
    const auto key = find_log_key(copy.entries, copy.name.device);
    if (key) keys.emplace(copy.name.device, *key);
  }
}

}  // namespace muniment
