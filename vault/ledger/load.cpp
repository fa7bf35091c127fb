#include "vault/ledger/load.hpp"

#include <algorithm>

#include "vault/base/error.hpp"

namespace muniment {

using tail_format::RecordType;

namespace {

// The smallest piece that a disk writes whole.
constexpr std::uint64_t sector_bytes = 512;

// What one copy, or both together, hold from the first record to the last whole one.
struct TailScan {
  CopySet set;
  std::vector<Sha256Digest> leaves;  // of entries that are committed
  std::vector<EntryPlace> places;
  std::string checkpoint;           // the newest note; empty if nothing is committed
  std::uint64_t end = 0;            // of the newest commit
  std::uint64_t previous_end = 0;   // of the commit before it
  std::uint64_t whole_entries = 0;  // committed or not
};

// A checkpoint's text has no empty line, so it ends where its note has the first one.
std::string_view checkpoint_text(std::string_view note) {
  return note.substr(0, note.find("\n\n") + 1);
}

// Checks no more than the records themselves: there may be a checkpoint for every entry.
TailScan scan_tail(const TailCopies& copies, CopySet set) {
  TailScan scan;
  scan.set = set;
  std::size_t committed = 0;
  TailReader reader(copies, set);
  while (const auto record = reader.next()) {
    if (record->type == RecordType::entry) {
      scan.leaves.push_back(leaf_hash(record->payload));
      scan.places.push_back({reader.offset(), static_cast<std::uint8_t>(reader.copy())});
      continue;
    }
    const std::string_view note = as_text(record->payload);
    if (record->type == RecordType::cosigned && scan.leaves.size() != committed) break;
    if (record->type == RecordType::checkpoint ||
        checkpoint_text(note) == checkpoint_text(scan.checkpoint)) {
      scan.checkpoint = note;
    }
    committed = scan.leaves.size();
    scan.previous_end = scan.end;
    scan.end = reader.offset() + record->whole.size();
  }
  scan.whole_entries = scan.leaves.size();
  scan.leaves.resize(committed);
  scan.places.resize(committed);
  return scan;
}

// True if bytes [from, to) of `copy` are those of `whole`, but for sectors that hold zeros: what a
// power cut leaves of a write whose file had its new length already.
bool lacks_only_sectors(const File& copy, const File& whole, std::uint64_t from, std::uint64_t to) {
  const Bytes found = copy.read_at(from, static_cast<std::size_t>(to - from));
  const Bytes expected = whole.read_at(from, static_cast<std::size_t>(to - from));
  if (found.size() != expected.size()) return false;
  for (std::size_t at = 0; at < found.size();) {
    const auto rest = static_cast<std::size_t>(sector_bytes - (from + at) % sector_bytes);
    const std::size_t length = std::min(rest, found.size() - at);
    const ByteView sector = ByteView(found).subspan(at, length);
    const bool is_zero = std::ranges::all_of(sector, [](std::byte b) { return b == std::byte{0}; });
    if (!is_zero && !equal(sector, ByteView(expected).subspan(at, length))) return false;
    at += length;
  }
  return true;
}

std::uint64_t first_difference(const std::vector<Sha256Digest>& a,
                               const std::vector<Sha256Digest>& b) {
  return static_cast<std::uint64_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

class LedgerLoader {
 public:
  LedgerLoader(FileSystem& files, const Ledger::Path& ledgers, const LedgerName& name,
               const VerifyKey<LogPurpose>& log)
      : x_name(name), x_log(name.note_key(log)), x_copies(find_copies(files, ledgers, name.id())) {}

  [[nodiscard]] std::optional<LoadedLedger> load(LoadDepth depth);
  // A writer added to it since it was looked at. `loaded` is what load gave, or null if it threw.
  [[nodiscard]] bool has_grown(const LoadedLedger* loaded) const;

 private:
  // A scan and why it is not the ledger; no text if it is.
  struct Candidate {
    TailScan scan;
    TreeHead head;
    std::string problem;
  };

  // The one that has more of the ledger; the first unless the second is better.
  [[nodiscard]] static Candidate* longer(Candidate& a, Candidate& b) noexcept {
    if (!b.problem.empty()) return &a;
    return !a.problem.empty() || b.scan.end > a.scan.end ? &b : &a;
  }

  void check_headers();
  [[nodiscard]] Candidate scan(CopySet set) const;
  [[nodiscard]] std::string problem_of(const TailScan& scan, const TreeHead& head) const;
  [[nodiscard]] bool same_sizes_and_headers() const noexcept;
  [[nodiscard]] LoadedLedger loaded(Candidate chosen);
  // Compares what a copy holds by itself with what was chosen.
  void compare(std::size_t copy, const TailScan& alone, const TailScan& chosen,
               LoadedLedger& result) const;

  LedgerName x_name;
  NoteKey<LogPurpose> x_log;
  TailCopies x_copies;
  std::array<bool, 2> x_header_whole{};
};

std::optional<LoadedLedger> LedgerLoader::load(LoadDepth depth) {
  if (!x_copies[0].file && !x_copies[1].file) return std::nullopt;
  check_headers();
  Candidate first = scan(0b01);
  if (depth == LoadDepth::quick && first.problem.empty() && same_sizes_and_headers()) {
    return loaded(std::move(first));
  }
  Candidate second = scan(0b10);
  Candidate merged;
  Candidate* chosen = longer(first, second);
  if (!chosen->problem.empty() || chosen->scan.end < std::max(x_copies[0].size, x_copies[1].size)) {
    merged = scan(0b11);
    chosen = longer(*chosen, merged);
  }
  if (!chosen->problem.empty()) {
    throw Error(ErrorCode::damaged, ledger_label(x_name.id()) + ": " + merged.problem,
                "fetch it from a partner who keeps a copy");
  }
  LoadedLedger result = loaded(*chosen);
  compare(0, first.scan, chosen->scan, result);
  compare(1, second.scan, chosen->scan, result);
  return result;
}

void LedgerLoader::check_headers() {
  const TailHeader expected{.ledger = x_name.id()};
  for (std::size_t copy = 0; copy < x_copies.size(); ++copy) {
    if (!x_copies[copy].file) continue;
    const Bytes bytes = x_copies[copy].file->read_at(0, tail_format::header_bytes);
    const auto header = decode_tail_header(bytes);
    if (header && header->version != tail_format::version) {
      throw Error(ErrorCode::unsupported,
                  ledger_label(x_name.id()) + ": has format version " +
                      std::to_string(header->version) + ", and this program knows only " +
                      std::to_string(tail_format::version),
                  "update muniment");
    }
    x_header_whole[copy] = header == expected;
  }
}

bool LedgerLoader::same_sizes_and_headers() const noexcept {
  return x_header_whole[0] && x_header_whole[1] && x_copies[0].size == x_copies[1].size;
}

LedgerLoader::Candidate LedgerLoader::scan(CopySet set) const {
  Candidate candidate;
  candidate.scan = scan_tail(x_copies, set);
  Frontier frontier;
  frontier.append(candidate.scan.leaves);
  candidate.head = frontier.head();
  candidate.problem = problem_of(candidate.scan, candidate.head);
  return candidate;
}

std::string LedgerLoader::problem_of(const TailScan& scan, const TreeHead& head) const {
  // An append that was cut short leaves something behind in one copy only: the other ends with a
  // commit.
  const bool reaches_an_end = std::ranges::any_of(
      x_copies, [&scan](const TailCopy& copy) { return scan.end != 0 && copy.size == scan.end; });
  if (!reaches_an_end) return "damaged at entry " + std::to_string(scan.whole_entries);
  const auto note = decode_signed_note(scan.checkpoint);
  const auto checkpoint = note ? open_checkpoint(*note, x_log) : std::nullopt;
  if (!checkpoint || checkpoint->origin != x_log.name) {
    return "the newest checkpoint is not signed by the ledger's device";
  }
  if (checkpoint->size != head.size || checkpoint->root != head.root) {
    return "the entries are not those that the newest checkpoint was signed for";
  }
  return {};
}

LoadedLedger LedgerLoader::loaded(Candidate chosen) {
  Ledger ledger(x_name);
  ledger.x_head = chosen.head;
  ledger.x_checkpoint = *decode_signed_note(chosen.scan.checkpoint);
  ledger.x_leaves = std::move(chosen.scan.leaves);
  ledger.x_places = std::move(chosen.scan.places);
  for (std::size_t copy = 0; copy < x_copies.size(); ++copy) {
    ledger.x_copies[copy] = std::move(x_copies[copy].file);
  }
  return {std::move(ledger), chosen.scan.end, chosen.scan.set, {}};
}

void LedgerLoader::compare(std::size_t copy, const TailScan& alone, const TailScan& chosen,
                           LoadedLedger& result) const {
  const std::uint64_t size = x_copies[copy].size;
  const bool header_whole = x_header_whole[copy];
  const bool has_all = alone.end == chosen.end && alone.leaves == chosen.leaves &&
                       alone.checkpoint == chosen.checkpoint;
  if (has_all && header_whole && size == chosen.end) return;
  result.unlike.set(copy);
  // What an append leaves when it is cut short: too much in either copy, or the newest commit,
  // which is written to `tail.2` first, not yet in `tail`.
  const bool last_commit_missing =
      copy == 0 && alone.end == chosen.previous_end &&
      (size < chosen.end ||
       (chosen.set == CopySet(0b10) && size == chosen.end &&
        lacks_only_sectors(*result.ledger.x_copies[0], *result.ledger.x_copies[1],
                           chosen.previous_end, chosen.end)));
  if (header_whole && (has_all || last_commit_missing)) return;
  std::string cause = "missing";
  if (size != 0) {
    const std::uint64_t differs = first_difference(chosen.leaves, alone.leaves);
    cause = has_all ? "damaged header"
                    : "damaged at entry " + std::to_string(std::min(differs, alone.whole_entries));
  }
  result.ledger.x_damage.push_back(
      {ledger_label(x_name.id()) + ": " + std::string(copy_name(copy)), cause});
}

bool LedgerLoader::has_grown(const LoadedLedger* loaded) const {
  for (std::size_t copy = 0; copy < x_copies.size(); ++copy) {
    const auto& file = loaded ? loaded->ledger.x_copies[copy] : x_copies[copy].file;
    if (file && file->size() != x_copies[copy].size) return true;
  }
  return false;
}

std::optional<LoadedLedger> load_ledger(FileSystem& files, const Ledger::Path& ledgers,
                                        const LedgerName& name, const VerifyKey<LogPurpose>& log,
                                        LoadDepth depth) {
  for (;;) {
    LedgerLoader loader(files, ledgers, name, log);
    // What was read while a writer added to it may look damaged, or like two ledgers.
    try {
      auto loaded = loader.load(depth);
      const bool looks_damaged = loaded && !loaded->ledger.damage().empty();
      if (!looks_damaged || !loader.has_grown(&*loaded)) return loaded;
    } catch (const Error&) {
      if (!loader.has_grown(nullptr)) throw;
    }
  }
}

void heal_copies(FileSystem& files, const Ledger::Path& ledgers, const LoadedLedger& loaded) {
  const LedgerId id = loaded.ledger.name().id();
  const Ledger::Path directory = ledgers / id.hex();
  const TailCopies sources = find_copies(files, ledgers, id);
  const Bytes header = encode(TailHeader{.ledger = id});
  for (std::size_t copy = 0; copy < sources.size(); ++copy) {
    if (!loaded.unlike[copy]) continue;
    const auto target = files.open_or_create(directory / copy_name(copy));
    const auto write_if_different = [&target](std::uint64_t offset, ByteView bytes) {
      if (!equal(target->read_at(offset, bytes.size()), bytes)) target->write_at(offset, bytes);
    };
    write_if_different(0, header);
    TailReader reader(sources, loaded.sources);
    while (const auto record = reader.next()) {
      if (reader.offset() >= loaded.end) break;
      write_if_different(reader.offset(), record->whole);
    }
    target->truncate(loaded.end);
    target->sync();
  }
  files.sync_directory(directory);
}

TailCopies find_copies(FileSystem& files, const Ledger::Path& ledgers, const LedgerId& ledger) {
  TailCopies copies;
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    copies[copy].file = files.find(ledgers / ledger.hex() / copy_name(copy));
    if (copies[copy].file) copies[copy].size = copies[copy].file->size();
  }
  return copies;
}

std::string ledger_label(const LedgerId& ledger) {
  return "ledger " + ledger.hex();
}

}  // namespace muniment
