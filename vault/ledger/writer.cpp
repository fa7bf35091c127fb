#include "vault/ledger/writer.hpp"

#include <algorithm>
#include <iterator>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/tiles.hpp"

namespace muniment {

using tail_format::RecordType;

namespace {

// The order in which copies are written: `tail` may lack what `tail.2` has, never the reverse.
constexpr std::array<std::size_t, 2> write_order{1, 0};

}  // namespace

LedgerWriter LedgerWriter::open(FileSystem& files, const Ledger::Path& ledgers,
                                const LedgerName& name, const VerifyKey<LogPurpose>& log) {
  auto loaded = load_ledger(files, ledgers, name, log, LoadDepth::quick);
  if (!loaded) return {files, ledgers, log, Ledger(name), tail_format::header_bytes};
  if (loaded->unlike.any()) heal_copies(files, ledgers, *loaded);
  LedgerWriter writer(files, ledgers, log, std::move(loaded->ledger), loaded->end);
  writer.open_copies();
  // What an earlier writer cut off and could not sync must not show again below what comes now.
  for (const auto& copy : writer.x_ledger.x_copies) copy->sync();
  return writer;
}

LedgerWriter::LedgerWriter(FileSystem& files, const Ledger::Path& ledgers,
                           const VerifyKey<LogPurpose>& log, Ledger ledger, std::uint64_t end)
    : x_files(files),
      x_directory(ledgers / ledger.name().id().hex()),
      x_log(ledger.name().note_key(log)),
      x_ledger(std::move(ledger)),
      x_end(end) {
  x_frontier.append(x_ledger.x_leaves);
}

std::uint64_t LedgerWriter::append(std::span<const std::string> entries,
                                   const SigningKey<LogPurpose>& key) {
  VAULT_ASSERT(verify_key(key) == x_log.key);
  return commit(entries, [&](const TreeHead& head) {
    return sign_checkpoint({x_log.name, head.size, head.root}, x_log.name, key);
  });
}

std::uint64_t LedgerWriter::append(std::span<const std::string> entries,
                                   const SignedNote& checkpoint) {
  return commit(entries, [&](const TreeHead& head) {
    const auto opened = open_checkpoint(checkpoint, x_log);
    if (opened != Checkpoint{x_log.name, head.size, head.root}) {
      throw Error(ErrorCode::damaged, label() + ": the entries are not those of their checkpoint");
    }
    return checkpoint;
  });
}

void LedgerWriter::add_cosigned(const SignedNote& note) {
  const auto checkpoint = open_checkpoint(note, x_log);
  const bool own = checkpoint && checkpoint->origin == x_log.name && checkpoint->size > 0 &&
                   checkpoint->size <= x_ledger.size() &&
                   checkpoint->root == merkle_root(checkpoint->size, x_ledger.nodes());
  if (!own) throw Error(ErrorCode::damaged, label() + ": never had the cosigned checkpoint");
  Bytes record;
  append_record(record, x_end, RecordType::cosigned, as_bytes(encode(note)));
  write(record);
  if (note.text == x_ledger.x_checkpoint.text) x_ledger.x_checkpoint = note;
}

LedgerWriter::Batch LedgerWriter::encode_entries(std::span<const std::string> entries) const {
  Batch batch;
  for (const std::string& entry : entries) {
    if (entry.empty() || entry.size() > limits::ledger_entry_bytes_max) {
      throw Error(ErrorCode::limit, label() + ": an entry of " + std::to_string(entry.size()) +
                                        " bytes; 1 to 65535 are allowed");
    }
    const std::uint64_t offset = x_end + batch.records.size();
    batch.leaves.push_back(leaf_hash(as_bytes(entry)));
    batch.places.push_back({offset, 0});
    append_record(batch.records, offset, RecordType::entry, as_bytes(entry));
  }
  return batch;
}

std::uint64_t LedgerWriter::commit(std::span<const std::string> entries,
                                   const MakeCheckpoint& make_checkpoint) {
  VAULT_ASSERT(!entries.empty());
  const std::uint64_t old_size = x_ledger.size();
  Batch batch = encode_entries(entries);
  Frontier frontier = x_frontier;
  frontier.append(batch.leaves);
  SignedNote checkpoint = make_checkpoint(frontier.head());
  append_record(batch.records, x_end + batch.records.size(), RecordType::checkpoint,
                as_bytes(encode(checkpoint)));
  std::ranges::copy(batch.leaves, std::back_inserter(x_ledger.x_leaves));
  std::ranges::copy(batch.places, std::back_inserter(x_ledger.x_places));
  try {
    write_tiles(old_size, entries);
    write(batch.records);
  } catch (...) {
    x_ledger.x_leaves.resize(old_size);
    x_ledger.x_places.resize(old_size);
    throw;
  }
  x_frontier = std::move(frontier);
  x_ledger.x_head = x_frontier.head();
  x_ledger.x_checkpoint = std::move(checkpoint);
  return old_size;
}

void LedgerWriter::write_tiles(std::uint64_t old_size, std::span<const std::string> new_entries) {
  if (old_size == 0) {
    x_files.make_directory(x_directory);
    x_files.sync_directory(x_directory.parent_path());
  }
  const TileSource grown{x_ledger.size(), x_ledger.nodes(), [&](std::uint64_t index) {
                           return index < old_size ? x_ledger.entry(index)
                                                   : new_entries[index - old_size];
                         }};
  for_each_full_tile(old_size, grown,
                     [this](const TileFile& tile) { write_tile(x_files, x_directory, tile); });
}

void LedgerWriter::write(ByteView records) {
  if (x_dead) {
    throw Error(ErrorCode::io, label() + ": an earlier write failed", "open the vault again");
  }
  if (x_end == tail_format::header_bytes) {
    write_first(records);
    return;
  }
  bool syncing = false;
  try {
    for (const std::size_t copy : write_order) {
      File& file = *x_ledger.x_copies[copy];
      file.write_at(x_end, records);
      syncing = true;
      file.sync();
      syncing = false;
    }
  } catch (...) {
    x_dead = !cut_off(!syncing) || syncing;
    throw;
  }
  x_end += records.size();
}

void LedgerWriter::write_first(ByteView records) {
  Bytes content = encode(TailHeader{.ledger = x_ledger.name().id()});
  muniment::append(content, records);
  try {
    for (const std::size_t copy : write_order) {
      write_file_atomically(x_files, x_directory / copy_name(copy), content);
    }
    open_copies();
  } catch (...) {
    x_dead = !remove_copies();
    throw;
  }
  x_end = content.size();
}

bool LedgerWriter::cut_off(bool may_sync) noexcept {
  try {
    for (const auto& copy : x_ledger.x_copies) {
      copy->truncate(x_end);
      if (may_sync) copy->sync();
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool LedgerWriter::remove_copies() noexcept {
  try {
    for (std::size_t copy = 0; copy < x_ledger.x_copies.size(); ++copy) {
      x_ledger.x_copies[copy] = nullptr;
      x_files.remove(x_directory / copy_name(copy));
    }
    x_files.sync_directory(x_directory);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void LedgerWriter::open_copies() {
  for (std::size_t copy = 0; copy < x_ledger.x_copies.size(); ++copy) {
    x_ledger.x_copies[copy] = x_files.open_or_create(x_directory / copy_name(copy));
  }
}

std::string LedgerWriter::label() const {
  return ledger_label(x_ledger.name().id());
}

}  // namespace muniment
