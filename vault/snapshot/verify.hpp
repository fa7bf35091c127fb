// What verify and repair find, in words that need no key, and with one the files that are
// concerned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vault/base/clock.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

enum class VerifyDepth {
  presence,   // signatures, Merkle roots, every listed pack there with its right size; no key
  read_data,  // all that, and every shard of every pack against its hash; no key
  deep,  // all that, and every frame opened, every chunk and file hashed; needs the reading key
};

struct Damage {
  std::string object;  // "pack 3f9a…", "keyring, first copy", "ledger 77ab… entry 12"
  std::string cause;
  bool healable = false;  // `repair` will mend it from what is here
  std::vector<std::string>
      affects;  // SNAPSHOT:PATH of each file that cannot be read; only with a key
};

// What somebody outside says of the time of a checkpoint, and so of the entries before it.
struct Anchored {
  std::string ledger;  // what it is called
  std::string origin;
  std::uint64_t entries = 0;
  std::optional<UnixSeconds> before;     // by a time stamp authority, of a root certificate
  Sha256Digest certificates{};           // that has this SHA-256, as authorities publish it
  std::optional<std::uint64_t> block{};  // in Bitcoin, if it has this root, in the header's order
  Sha256Digest merkle_root{};
  std::string by{};  // the authority, or the calendar that will say more, as it names itself
};

struct VerifyReport {
  std::uint64_t ledgers = 0;
  std::uint64_t entries = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t packs = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t files = 0;           // deep only
  std::uint64_t packs_unlisted = 0;  // left by an interrupted ingest; no damage
  std::vector<Damage> damage;
  // Entries that give no rights: somebody's lie or fault, and no damage to what is kept.
  std::vector<Damage> refused;
  std::vector<Anchored> anchored;  // by ledger, then by entries
};

struct RepairReport {
  std::uint64_t packs_checked = 0;
  std::vector<std::string> repaired;  // a line each
  std::vector<Damage> damage;         // what is left
  std::vector<PackId> lost_packs;     // of what is left, those that are packs
};

}  // namespace muniment
