// What a crash leaves behind.
#pragma once

namespace muniment {

// From now on a crash of this process leaves no core file, and nobody but root may look into its
// memory. Secrets are kept out of core files one by one; what libraries keep for themselves, such
// as SQLCipher its page keys, and plaintext are not.
void forbid_core_files() noexcept;

}  // namespace muniment
