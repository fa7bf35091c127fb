// The folder witness/: of each log for which this device vouched, the largest checkpoint that it
// cosigned, with the log's signature and its own, in a file named by the log's ledger id. The one
// memory of a witness, however a checkpoint came, in texts, bundles or sync: what is not in it was
// not signed. Whoever signs holds the vault's lock from reading it to having written it.
#pragma once

#include <filesystem>

#include "vault/base/file.hpp"
#include "vault/ledger/name.hpp"
#include "vault/merkle/tree.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment {

struct Witnessed {
  TreeHead head;
  SignedNote note;  // two lines: the log's, this device's
};

class WitnessMemory {
 public:
  // `files` must outlive it; `self` is how this device signs.
  WitnessMemory(FileSystem& files, std::filesystem::path vault, NoteKey<WitnessPurpose> self)
      : x_files(files), x_vault(std::move(vault)), x_self(std::move(self)) {}

  // Empty if nothing was signed of this log. Error(damaged) if the file is not such a note, or not
  // signed by both: then nobody knows what was signed, and nothing more may be.
  [[nodiscard]] std::optional<Witnessed> find(const NoteKey<LogPurpose>& log) const;

  // Replaces what is remembered of the log, and is on disk when it returns. Before the signature is
  // shown to anybody.
  void save(const SignedNote& note) const;

 private:
  FileSystem& x_files;
  std::filesystem::path x_vault;
  NoteKey<WitnessPurpose> x_self;
};

// All of it, as it travels in a backup: notes as they were saved, in the order of ledger ids.
[[nodiscard]] std::vector<SignedNote> list_witnessed(FileSystem& files,
                                                     const std::filesystem::path& vault);
// Never puts a smaller checkpoint in place of a larger one.
void restore_witnessed(FileSystem& files, const std::filesystem::path& vault,
                       std::span<const SignedNote> notes);

}  // namespace muniment
