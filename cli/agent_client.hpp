// Talks to a vault's agent.
#pragma once

#include <optional>

#include "vault/vault.hpp"

namespace muniment {

// Empty if no agent of this user has them: whoever needs them asks for a passphrase then.
[[nodiscard]] std::optional<DeviceKeys> keys_from_agent(const VaultId& vault);

// Its keys are wiped before this returns. False if there was none.
bool end_agent(const VaultId& vault);

}  // namespace muniment
