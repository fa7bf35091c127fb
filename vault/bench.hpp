// How fast this machine does what an ingest consists of, and what follows from it. Needs no vault.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vault/vault.hpp"

namespace muniment {

// One primitive on one core.
struct Measured {
  std::string name;  // "SHA-256"
  double bytes_per_second = 0;
  double ratio = 1;  // of what comes out to what goes in, where that is smaller
};

struct MachineReport {
  unsigned cores = 0;
  std::vector<Measured> throughputs;
  double xwing_seconds = 0;  // to encapsulate once, as for each pack
  Argon2idCost argon2id;     // what takes about a second here, as a new passphrase would get
  std::string suite;         // the one that new packs are sealed with: "AEGIS-256"
  std::string suite_reason;  // a clause
  std::optional<double> written_bytes_per_second;  // to the directory, synced; if one was given
  // Of what cannot be compressed, and of text; what the cores allow, or the disk if that is less.
  double ingest_bytes_per_second = 0;
  double ingest_text_bytes_per_second = 0;
};

// Takes three to five seconds. In `directory`, where one is given, it writes a file of 128 MiB and
// removes it again; Error(io) if it cannot.
[[nodiscard]] MachineReport measure_machine(const std::optional<std::filesystem::path>& directory,
                                            Environment environment, const Activity& activity);

}  // namespace muniment
