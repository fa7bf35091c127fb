// Where a vault's agent listens, and who may talk to it: a socket in a folder that only its user
// can enter, and on both ends a look at who the other one is.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "vault/base/descriptor.hpp"
#include "vault/vault.hpp"

namespace muniment {

// One packet a message: what is cut short or joined is never taken for one.
struct AgentSocket {
  // $XDG_RUNTIME_DIR/muniment/<vault id>.agent, else in muniment-<uid> in the folder for temporary
  // files. The folder is made if it is not there. Empty if it is not this user's alone.
  [[nodiscard]] static std::optional<std::filesystem::path> find_path(const VaultId& vault);

  // A listening socket of mode 0600, in place of whatever stands at `path`. Error(io).
  struct Listener {
    Descriptor socket;
    dev_t device = 0;  // of the file at `path`, which a successor may have replaced since
    ino_t inode = 0;
  };
  [[nodiscard]] static Listener listen(const std::filesystem::path& path);
  // Removes the file if it is still the listener's own.
  static void remove(const std::filesystem::path& path, const Listener& listener) noexcept;
  // Empty if nobody listens there, or somebody else than this user does.
  [[nodiscard]] static std::optional<Descriptor> connect(const std::filesystem::path& path);
  // The next one who wants to talk. Empty if it is not this user.
  [[nodiscard]] static std::optional<Descriptor> accept(const Descriptor& listener);

  [[nodiscard]] static bool send(const Descriptor& socket, ByteView message);
  // Empty if none came in time, or one longer than `limit`.
  [[nodiscard]] static std::optional<SecretBytes> receive(const Descriptor& socket,
                                                          std::size_t limit);
};

}  // namespace muniment
