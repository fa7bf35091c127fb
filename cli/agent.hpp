// The agent: a process of its own that keeps a vault's keys in locked memory for a while and hands
// them to programs of the same user, so that forty commands take one passphrase.
#pragma once

#include <chrono>
#include <filesystem>

#include "vault/vault.hpp"

namespace muniment {

// Starts one for `vault`, in place of any that there is. Returns once it can be asked; it ends by
// itself after `lifetime`, also counting while the machine sleeps. Only from a process of one
// thread. Error(io).
void start_agent(const VaultId& vault, DeviceKeys keys, std::chrono::seconds lifetime);

}  // namespace muniment
