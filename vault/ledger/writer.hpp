// Appends to a ledger. Entries and the checkpoint over them are one commit.
#pragma once

#include <functional>
#include <span>

#include "vault/ledger/ledger.hpp"

namespace muniment {

// The caller holds the vault's lock for as long as this lives. Not thread-safe.
class LedgerWriter {
 public:
  // Opens, or prepares a ledger that begins with its first commit: until then nothing is on disk.
  // Makes both copies whole again, each from the other, and cuts off what was never committed.
  // Errors are those of Ledger::find.
  [[nodiscard]] static LedgerWriter open(FileSystem& files, const Ledger::Path& ledgers,
                                         const LedgerName& name, const VerifyKey<LogPurpose>& log);

  // What is committed; changes with each append.
  [[nodiscard]] const Ledger& ledger() const noexcept { return x_ledger; }

  // Commits at least one entry, each of 1 to limits::ledger_entry_bytes_max bytes, and a checkpoint
  // signed by `key`, which must be the key that the ledger was opened with. Writes and syncs
  // `tail.2`, then `tail`: once it returns, a crash loses nothing of it. Returns the first entry's
  // index. If it throws, the ledger is as it was, with one exception: a failed sync leaves it open
  // whether the entries are in. Then, and when what was half written cannot be cut off, every later
  // append throws too, and opening again tells.
  std::uint64_t append(std::span<const std::string> entries, const SigningKey<LogPurpose>& key);

  // The same for entries that the ledger's device committed elsewhere and whose checkpoint came
  // with them. Error(damaged) if the note is not this log's, or is not over exactly what the ledger
  // then holds.
  std::uint64_t append(std::span<const std::string> entries, const SignedNote& checkpoint);

  // Stores the note of a checkpoint that is committed, with more signatures than were known.
  // Error(damaged) if it is not one of this ledger's.
  void add_cosigned(const SignedNote& note);

 private:
  using MakeCheckpoint = std::function<SignedNote(const TreeHead&)>;

  LedgerWriter(FileSystem& files, const Ledger::Path& ledgers, const VerifyKey<LogPurpose>& log,
               Ledger ledger, std::uint64_t end);

  // What an append adds.
  struct Batch {
    std::vector<Sha256Digest> leaves;
    std::vector<EntryPlace> places;
    Bytes records;
  };

  [[nodiscard]] std::string label() const;
  [[nodiscard]] Batch encode_entries(std::span<const std::string> entries) const;
  std::uint64_t commit(std::span<const std::string> entries, const MakeCheckpoint& make_checkpoint);
  void write_tiles(std::uint64_t old_size, std::span<const std::string> new_entries);
  // Adds records to both copies, or leaves them as they were.
  void write(ByteView records);
  void write_first(ByteView records);
  // Undo what write and write_first did; false if that fails.
  [[nodiscard]] bool cut_off(bool may_sync) noexcept;
  [[nodiscard]] bool remove_copies() noexcept;
  void open_copies();

  FileSystem& x_files;
  Ledger::Path x_directory;
  NoteKey<LogPurpose> x_log;
  Ledger x_ledger;
  Frontier x_frontier;
  std::uint64_t x_end;  // of what is committed, in both copies; where records begin if nothing is
  bool x_dead = false;
};

}  // namespace muniment
