// A ledger on disk, for reading: an append-only Merkle log with one writer (DESIGN §6). It is kept
// in two copies, `tail` and `tail.2`, that hold the same bytes; what is damaged in one is read from
// the other. Layout: FORMAT.md.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include "vault/base/file.hpp"
#include "vault/ledger/name.hpp"
#include "vault/merkle/proof.hpp"

namespace muniment {

// Where an entry's record lies. Both copies have it at the same offset.
struct EntryPlace {
  std::uint64_t offset = 0;
  std::uint8_t copy = 0;  // the copy it was read from whole: 0 or 1
};

// Something in a ledger that is not as it should be, though another copy has it.
struct LedgerDamage {
  std::string object;  // "ledger 77ab…: tail.2", "ledger 77ab…: tile/entries/000"
  std::string cause;   // "damaged at entry 12", "missing"

  friend bool operator==(const LedgerDamage&, const LedgerDamage&) = default;
};

// Needs no lock: a writer only ever adds behind what is committed. Const members are thread-safe.
// Holds 48 bytes of memory an entry.
class Ledger {
 public:
  using Path = std::filesystem::path;

  // Opens the ledger `name` under `ledgers`, the vault's directory of that name, as it stood at its
  // newest checkpoint: every record's checksum, the Merkle root over all entries, the origin and
  // the signature of `log` are checked. Empty if there is none, or none was ever committed.
  // Error(damaged) names the ledger and the first entry that neither copy has whole;
  // Error(unsupported) another format version.
  [[nodiscard]] static std::optional<Ledger> find(FileSystem& files, const Path& ledgers,
                                                  const LedgerName& name,
                                                  const VerifyKey<LogPurpose>& log);

  [[nodiscard]] const LedgerName& name() const noexcept { return x_name; }
  [[nodiscard]] std::uint64_t size() const noexcept { return x_leaves.size(); }
  [[nodiscard]] const TreeHead& head() const noexcept { return x_head; }
  // The newest checkpoint's note, with all cosignatures that were stored for it. Needs size() > 0.
  [[nodiscard]] const SignedNote& checkpoint() const noexcept { return x_checkpoint; }

  // Reads the entry again; `index` is below size(). Error(damaged) names it if both copies have
  // lost it since.
  [[nodiscard]] std::string entry(std::uint64_t index) const;
  // `index` is below size().
  [[nodiscard]] const Sha256Digest& leaf(std::uint64_t index) const { return x_leaves[index]; }
  [[nodiscard]] const std::vector<Sha256Digest>& leaves() const noexcept { return x_leaves; }

  // What opening found wrong in one of the two copies and went on without: repair_ledger mends it.
  // The second copy is only read if the first is not whole, or their sizes differ.
  [[nodiscard]] const std::vector<LedgerDamage>& damage() const noexcept { return x_damage; }

  // The nodes of the tree, for merkle_root of an earlier size, inclusion_proof and
  // consistency_proof. Valid as long as the ledger is.
  [[nodiscard]] NodeReader nodes() const { return nodes_from_leaves(x_leaves); }

 private:
  friend class LedgerLoader;
  friend class LedgerWriter;
  explicit Ledger(const LedgerName& name) : x_name(name) {}

  LedgerName x_name;
  TreeHead x_head;
  SignedNote x_checkpoint;
  std::vector<Sha256Digest> x_leaves;
  std::vector<EntryPlace> x_places;
  std::array<std::unique_ptr<File>, 2> x_copies;
  std::vector<LedgerDamage> x_damage;
};

// The first commit of a ledger, its signature not checked: whose ledger it is, and, in a device's
// ledger of the built-in collection, the certificate that holds the key to check it with.
struct LedgerPreamble {
  LedgerName name;  // its id is that of the directory
  std::vector<std::string> entries;
};

// Empty if neither copy has a whole first commit.
[[nodiscard]] std::optional<LedgerPreamble> read_preamble(FileSystem& files,
                                                          const Ledger::Path& ledgers,
                                                          const LedgerId& ledger);

// All ledgers that have a directory, sorted; names of other directories are ignored.
[[nodiscard]] std::vector<LedgerId> list_ledgers(FileSystem& files, const Ledger::Path& ledgers);

}  // namespace muniment
