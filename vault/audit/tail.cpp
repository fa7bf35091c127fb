#include "vault/audit/tail.hpp"

#include <algorithm>

#include "vault/audit/format.hpp"
#include "vault/base/error.hpp"
#include "vault/merkle/tile.hpp"
#include "vault/note/record.hpp"

namespace muniment {

using tail_format::RecordType;

namespace {

constexpr std::string_view base_type = "muniment/access-base/v1";

std::string encode_base(const Frontier& before) {
  RecordWriter writer(base_type);
  writer.key("size").u64(before.size());
  for (const Sha256Digest& node : before.edge()) writer.key("node").hex(node.view());
  return writer.finish();
}

std::optional<Frontier> decode_base(std::string_view text) {
  RecordReader reader(text, base_type);
  const std::uint64_t size = reader.key("size").u64();
  std::vector<Sha256Digest> edge;
  while (reader.key_if("node")) edge.push_back(reader.hex<Sha256Digest>());
  if (!reader.done() || size % tile_width_max != 0) return std::nullopt;
  return Frontier::from_edge(size, std::move(edge));
}

// What a copy, or both together, hold from the first record to the last whole one.
struct Scan {
  struct Commit {
    std::size_t entries = 0;  // before it
    std::size_t end = 0;      // where its record ends
    std::string note;
  };

  Frontier before;
  std::vector<std::string> entries;
  std::vector<Commit> commits;
  Bytes content;  // of the file, all of it
};

Scan scan_copies(const TailCopies& copies, CopySet set, const LedgerId& ledger) {
  Scan scan;
  TailReader reader(copies, set);
  const auto first = reader.next();
  const auto before = first && first->type == RecordType::entry
                          ? decode_base(as_text(first->payload))
                          : std::nullopt;
  if (!before) return scan;
  scan.before = *before;
  scan.content = encode(TailHeader{.ledger = ledger});
  append(scan.content, first->whole);
  while (const auto record = reader.next()) {
    append(scan.content, record->whole);
    if (record->type == RecordType::entry) {
      scan.entries.emplace_back(as_text(record->payload));
    } else {
      scan.commits.push_back(
          {scan.entries.size(), scan.content.size(), std::string(as_text(record->payload))});
    }
  }
  return scan;
}

// The log as it stood at commit `number`; empty unless it was signed just so.
std::optional<AccessTail> log_at(const Scan& scan, std::size_t number,
                                 const NoteKey<LogPurpose>& log) {
  const Scan::Commit& commit = scan.commits[number];
  AccessTail tail;
  tail.commits = number + 1;
  tail.newest = number == 0 ? 0 : scan.commits[number - 1].end;
  tail.before = scan.before;
  tail.base = scan.before.size();
  tail.frontier = scan.before;
  for (std::size_t i = 0; i < commit.entries; ++i) {
    tail.frontier.append(leaf_hash(as_bytes(scan.entries[i])));
  }
  auto note = decode_signed_note(commit.note);
  const TreeHead head = tail.frontier.head();
  if (!note || open_checkpoint(*note, log) != Checkpoint{log.name, head.size, head.root}) {
    return std::nullopt;
  }
  tail.checkpoint = std::move(*note);
  const auto count = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
  tail.entries.assign(scan.entries.begin(), scan.entries.begin() + count(commit.entries));
  tail.content.assign(scan.content.begin(), scan.content.begin() + count(commit.end));
  return tail;
}

class Loader {
 public:
  Loader(FileSystem& files, const FileSystem::Path& directory, const LedgerName& name,
         const VerifyKey<LogPurpose>& log)
      : x_name(name), x_log(name.note_key(log)) {
    for (std::size_t copy = 0; copy < x_copies.size(); ++copy) {
      x_copies[copy].file = files.find(directory / access_format::log_names.at(copy));
      if (x_copies[copy].file) x_copies[copy].size = x_copies[copy].file->size();
    }
    check_headers();
  }

  [[nodiscard]] bool is_absent() const noexcept { return !x_copies[0].file && !x_copies[1].file; }
  [[nodiscard]] std::optional<AccessTail> load(TailDepth depth) const;
  [[nodiscard]] std::optional<AccessTail> salvage() const;

 private:
  void check_headers();
  [[nodiscard]] bool header_is_whole(std::size_t copy) const {
    const auto& file = x_copies[copy].file;
    return file && decode_tail_header(file->read_at(0, tail_format::header_bytes)) ==
                       TailHeader{.ledger = x_name.id()};
  }
  // The newest commit in `set`. Empty also if something was lost after it: an append that was cut
  // short leaves a rest in one copy only, so the other ends with a commit.
  [[nodiscard]] std::optional<AccessTail> newest(CopySet set) const;
  [[nodiscard]] bool has_newest_commit(std::size_t copy, const AccessTail& chosen) const;
  // Not synced when the power went: it may have anything in place of the newest commit.
  [[nodiscard]] bool lacks_newest_commit(std::size_t copy, const AccessTail& chosen) const;
  void compare(AccessTail& chosen) const;

  LedgerName x_name;
  NoteKey<LogPurpose> x_log;
  TailCopies x_copies;
};

void Loader::check_headers() {
  for (const TailCopy& copy : x_copies) {
    if (!copy.file) continue;
    const auto header = decode_tail_header(copy.file->read_at(0, tail_format::header_bytes));
    if (header && header->version != tail_format::version) {
      throw Error(ErrorCode::unsupported,
                  std::string(access_log_label) + ": has format version " +
                      std::to_string(header->version) + ", and this program knows only " +
                      std::to_string(tail_format::version),
                  "update muniment");
    }
  }
}

std::optional<AccessTail> Loader::newest(CopySet set) const {
  const Scan scan = scan_copies(x_copies, set, x_name.id());
  if (scan.commits.empty()) return std::nullopt;
  const Scan::Commit& last = scan.commits.back();
  const bool reaches_an_end = std::ranges::any_of(
      x_copies, [&last](const TailCopy& copy) { return copy.size == last.end; });
  return reaches_an_end ? log_at(scan, scan.commits.size() - 1, x_log) : std::nullopt;
}

std::optional<AccessTail> Loader::load(TailDepth depth) const {
  auto chosen = newest(0b01);
  const bool alike = header_is_whole(0) && header_is_whole(1) &&
                     x_copies[0].size == x_copies[1].size && chosen &&
                     chosen->content.size() == x_copies[0].size && has_newest_commit(1, *chosen);
  if (depth == TailDepth::quick && alike) return chosen;
  // Of two that are one log the longer; of the same length the one that was rotated further.
  const auto better = [](const std::optional<AccessTail>& a, const std::optional<AccessTail>& b) {
    return b && (!a || std::pair(b->size(), b->base) > std::pair(a->size(), a->base));
  };
  for (const CopySet set : {CopySet(0b10), CopySet(0b11)}) {
    auto other = newest(set);
    if (better(chosen, other)) chosen = std::move(other);
  }
  if (chosen) compare(*chosen);
  return chosen;
}

std::optional<AccessTail> Loader::salvage() const {
  std::optional<AccessTail> best;
  for (const CopySet set : {CopySet(0b01), CopySet(0b10), CopySet(0b11)}) {
    const Scan scan = scan_copies(x_copies, set, x_name.id());
    for (std::size_t i = scan.commits.size(); i-- > 0;) {
      auto found = log_at(scan, i, x_log);
      if (!found) continue;
      if (!best || found->size() > best->size()) best = std::move(found);
      break;
    }
  }
  if (best) best->unlike = 0b11;
  return best;
}

bool Loader::has_newest_commit(std::size_t copy, const AccessTail& chosen) const {
  const ByteView newest = ByteView(chosen.content).subspan(chosen.newest);
  return equal(x_copies[copy].file->read_at(chosen.newest, newest.size()), newest);
}

bool Loader::lacks_newest_commit(std::size_t copy, const AccessTail& chosen) const {
  const Scan scan = scan_copies(x_copies, CopySet(std::size_t{1} << copy), x_name.id());
  if (scan.commits.empty() || scan.commits.size() + 1 != chosen.commits) return false;
  const std::size_t end = scan.commits.back().end;
  return equal(ByteView(scan.content).first(end), ByteView(chosen.content).first(end));
}

void Loader::compare(AccessTail& chosen) const {
  for (std::size_t copy = 0; copy < x_copies.size(); ++copy) {
    const TailCopy& found = x_copies[copy];
    const bool same = found.size == chosen.content.size() &&
                      equal(found.file->read_at(0, chosen.content.size()), chosen.content);
    if (same) continue;
    chosen.unlike.set(copy);
    // A copy that a writer has not come to yet is a whole log of its own, only shorter.
    if (header_is_whole(copy) &&
        (newest(CopySet(std::size_t{1} << copy)) || lacks_newest_commit(copy, chosen))) {
      continue;
    }
    chosen.damage.push_back(
        {std::string(access_log_label) + ": " + std::string(access_format::log_names.at(copy)),
         found.file ? "damaged" : "missing"});
  }
}

}  // namespace

std::optional<AccessTail> load_access_tail(FileSystem& files, const FileSystem::Path& directory,
                                           const LedgerName& name, const VerifyKey<LogPurpose>& log,
                                           TailDepth depth) {
  // What was read while a writer was at work may look damaged: then the next look does not.
  constexpr int attempts = 5;
  for (int attempt = 1;; ++attempt) {
    const Loader loader(files, directory, name, log);
    if (loader.is_absent()) return std::nullopt;
    auto tail = loader.load(depth);
    if (tail && tail->damage.empty()) return tail;
    if (attempt < attempts) continue;
    if (tail) return tail;
    throw Error(ErrorCode::damaged,
                std::string(access_log_label) + ": damaged in both copies, or not this device's",
                "'muniment log repair' goes on after the last entry that is whole, and says so");
  }
}

std::optional<AccessTail> salvage_access_tail(FileSystem& files, const FileSystem::Path& directory,
                                              const LedgerName& name,
                                              const VerifyKey<LogPurpose>& log) {
  const Loader loader(files, directory, name, log);
  return loader.is_absent() ? std::nullopt : loader.salvage();
}

std::optional<LedgerName> find_access_log_name(FileSystem& files,
                                               const FileSystem::Path& directory) {
  TailCopies copies;
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    copies[copy].file = files.find(directory / access_format::log_names.at(copy));
    if (copies[copy].file) copies[copy].size = copies[copy].file->size();
  }
  TailReader reader(copies, 0b11);
  while (const auto record = reader.next()) {
    if (record->type != RecordType::checkpoint) continue;
    const auto note = decode_signed_note(as_text(record->payload));
    const auto checkpoint = note ? decode_checkpoint(note->text) : std::nullopt;
    return checkpoint ? LedgerName::from_origin(checkpoint->origin) : std::nullopt;
  }
  return std::nullopt;
}

Bytes encode_access_tail(const LedgerName& name, const Frontier& before,
                         std::span<const std::string> entries, const SignedNote& checkpoint) {
  Bytes content = encode(TailHeader{.ledger = name.id()});
  append_record(content, content.size(), RecordType::entry, as_bytes(encode_base(before)));
  for (const std::string& entry : entries) {
    append_record(content, content.size(), RecordType::entry, as_bytes(entry));
  }
  append_record(content, content.size(), RecordType::checkpoint, as_bytes(encode(checkpoint)));
  return content;
}

void write_access_tail(FileSystem& files, const FileSystem::Path& directory, ByteView content) {
  for (const std::size_t copy : {std::size_t{1}, std::size_t{0}}) {
    write_file_atomically(files, directory / access_format::log_names.at(copy), content);
  }
}

}  // namespace muniment
