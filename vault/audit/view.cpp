#include "vault/audit/view.hpp"

#include <fmt/format.h>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/ledger/tlog_proof.hpp"

namespace muniment {

namespace {

[[noreturn]] void throw_older_damaged() {
  throw Error(ErrorCode::damaged,
              std::string(access_log_label) + ": older entries are not those that were signed",
              "'muniment log verify' says which");
}

}  // namespace

std::optional<AccessLogView> AccessLogView::find(FileSystem& files,
                                                 const FileSystem::Path& directory,
                                                 const LedgerName& name,
                                                 const VerifyKey<LogPurpose>& log) {
  auto tail = load_access_tail(files, directory, name, log, TailDepth::both_copies);
  if (!tail) return std::nullopt;
  return AccessLogView(files, directory, name, std::move(*tail));
}

AccessLogView::AccessLogView(FileSystem& files, FileSystem::Path directory, const LedgerName& name,
                             AccessTail tail)
    : x_name(name),
      x_tail(std::make_unique<AccessTail>(std::move(tail))),
      x_tiles(files, std::move(directory), *x_tail) {}

void AccessLogView::visit(
    const std::function<bool(std::uint64_t, std::string_view)>& visitor) const {
  std::uint64_t index = 0;
  Frontier read;
  for (std::uint64_t bundle = 0; bundle < x_tail->base / tile_width_max; ++bundle) {
    for (const Bytes& entry : x_tiles.bundle(bundle)) {
      read.append(leaf_hash(entry));
      if (!visitor(index++, as_text(entry))) return;
    }
  }
  if (read.head() != x_tail->before.head()) throw_older_damaged();
  for (const std::string& entry : x_tail->entries) {
    if (!visitor(index++, entry)) return;
  }
}

std::string AccessLogView::entry(std::uint64_t index) {
  VAULT_ASSERT(index < size());
  if (index >= x_tail->base) return x_tail->entries[index - x_tail->base];
  const std::uint64_t bundle = index / tile_width_max;
  if (!x_whole_from || bundle < *x_whole_from) {
    require_whole(bundle);
    x_whole_from = bundle;
  }
  if (x_read != bundle) {
    x_read.reset();
    x_bundle = x_tiles.bundle(bundle);
    x_read = bundle;
  }
  return std::string(as_text(x_bundle[index % tile_width_max]));
}

void AccessLogView::require_whole(std::uint64_t bundle) const {
  const std::uint64_t first = bundle * tile_width_max;
  const NodeReader nodes = x_tiles.nodes();
  std::vector<Sha256Digest> edge;
  std::uint64_t at = 0;
  for (unsigned level = 64; level-- > 0;) {
    if (((first >> level) & 1U) == 0) continue;
    edge.push_back(nodes(level, at >> level));
    at += std::uint64_t{1} << level;
  }
  auto read = Frontier::from_edge(first, std::move(edge));
  VAULT_ASSERT(read);
  for (std::uint64_t i = bundle; i < x_tail->base / tile_width_max; ++i) {
    for (const Bytes& entry : x_tiles.bundle(i)) read->append(leaf_hash(entry));
  }
  if (read->head() != x_tail->before.head()) throw_older_damaged();
}

AccessLogCheck AccessLogView::check(const Activity& activity) const {
  AccessLogCheck result;
  result.head = x_tail->frontier.head();
  result.damage = x_tail->damage;
  Frontier frontier;
  std::vector<std::vector<Sha256Digest>> upper;  // hashes of tiles that are not full yet, by level
  for (std::uint64_t number = 0; number < x_tail->base / tile_width_max; ++number) {
    activity.check();
    const std::vector<Sha256Digest> leaves = check_bundle(number, result);
    frontier.append(leaves);
    Sha256Digest root = merkle_root(leaves);
    for (unsigned level = 1;; ++level) {
      if (upper.size() < level) upper.emplace_back();
      std::vector<Sha256Digest>& hashes = upper[level - 1];
      hashes.push_back(root);
      if (hashes.size() < tile_width_max) break;
      const std::uint64_t index = ((number + 1) >> (8U * level)) - 1;
      check_tile({.level = level, .index = index}, hashes, result);
      root = merkle_root(hashes);
      hashes.clear();
    }
  }
  if (frontier.head() != x_tail->before.head()) {
    result.damage.push_back(
        {std::string(access_log_label), "its older entries are not those that were signed"});
  }
  for (const std::string& entry : x_tail->entries) count_unknown(entry, result);
  return result;
}

void AccessLogView::count_unknown(std::string_view entry, AccessLogCheck& result) {
  if (kind_of(entry) == AccessEntryKind::unknown) ++result.unknown;
}

std::vector<Sha256Digest> AccessLogView::check_bundle(std::uint64_t number,
                                                      AccessLogCheck& result) const {
  const TileId tile{.index = number};
  std::vector<Sha256Digest> leaves;
  try {
    for (const Bytes& entry : x_tiles.bundle(number)) {
      leaves.push_back(leaf_hash(entry));
      count_unknown(as_text(entry), result);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    result.damage.push_back(
        {std::string(access_log_label) + ": " + encode_path(BundleId{.index = number}),
         "missing or not whole"});
    // Its tile tells whether the rest is right.
    if (auto stored = x_tiles.find(tile)) return std::move(*stored);
    return leaves;
  }
  check_tile(tile, leaves, result);
  return leaves;
}

void AccessLogView::check_tile(const TileId& tile, const std::vector<Sha256Digest>& hashes,
                               AccessLogCheck& result) const {
  const auto stored = x_tiles.find(tile);
  if (stored == hashes) return;
  result.damage.push_back({std::string(access_log_label) + ": " + encode_path(tile),
                           stored ? "not what its entries give" : "missing or not whole"});
}

Sha256Digest AccessLogView::root_at(std::uint64_t size) const {
  VAULT_ASSERT(size <= this->size());
  const Sha256Digest root = merkle_root(size, x_tiles.nodes());
  static_cast<void>(checked_proof(size, root));
  return root;
}

MerkleProof AccessLogView::proof_since(std::uint64_t size) const {
  VAULT_ASSERT(size <= this->size());
  return checked_proof(size, merkle_root(size, x_tiles.nodes()));
}

MerkleProof AccessLogView::checked_proof(std::uint64_t size, const Sha256Digest& root) const {
  if (size == 0) return {};
  MerkleProof proof = consistency_proof(size, this->size(), x_tiles.nodes());
  if (verify_consistency({size, root}, x_tail->frontier.head(), proof)) return proof;
  throw Error(ErrorCode::damaged,
              fmt::format("{}: its tiles are not those of what was signed", access_log_label),
              "'muniment log verify' says what is damaged");
}

std::string AccessLogView::proof(std::uint64_t index) const {
  VAULT_ASSERT(index < size());
  MerkleProof hashes = inclusion_proof(index, size(), x_tiles.nodes());
  Sha256Digest leaf;
  if (index >= x_tail->base) {
    leaf = leaf_hash(as_bytes(x_tail->entries[index - x_tail->base]));
  } else {
    leaf = leaf_hash(x_tiles.bundle(index / tile_width_max)[index % tile_width_max]);
  }
  if (!verify_inclusion(x_tail->frontier.head(), index, leaf, hashes)) {
    throw Error(ErrorCode::damaged,
                fmt::format("{}: entry {} is not the one that was signed", access_log_label, index),
                "'muniment log verify' says what is damaged");
  }
  return encode(TlogProof{index, std::move(hashes), checkpoint()});
}

namespace {

// Follows the ratchet along the log.
class RatchetFollower {
 public:
  RatchetFollower(const LedgerName& ledger, const DeviceId& who, const ReadingSecretKey& key)
      : x_ledger(ledger), x_who(who), x_key(key) {}

  void begin(std::string_view text) {
    const auto entry = decode_segment_entry(text);
    const bool continues = entry && x_commitment == entry->commitment;
    if (!continues) x_ratchet.reset();
    x_commitment = entry ? std::optional(entry->commitment) : std::nullopt;
    if (!entry || x_ratchet) return;
    for (const SealedForReader& sealed : entry->keys) {
      if (sealed.to != AccessReader(x_who)) continue;
      x_ratchet = open_ratchet_key(x_key, x_ledger, *entry, sealed.file);
    }
  }

  [[nodiscard]] bool has_key() const noexcept { return x_ratchet.has_value(); }

  // The record; empty if it was not sealed under this step.
  [[nodiscard]] std::optional<AccessRecord> next(std::string_view text) {
    const auto entry = decode_access_entry(text);
    auto record = entry ? open_record(*x_ratchet, x_ledger, *entry) : std::nullopt;
    x_ratchet = next_ratchet_key(*x_ratchet);
    x_commitment.reset();
    return record;
  }

  [[nodiscard]] std::optional<AccessRecord> spooled(std::string_view text) const {
    const auto entry = decode_spooled_entry(text);
    if (!entry) return std::nullopt;
    for (const SealedForReader& sealed : entry->records) {
      if (sealed.to == AccessReader(x_who)) return open_spooled(x_key, sealed.file);
    }
    return std::nullopt;
  }

 private:
  const LedgerName& x_ledger;
  DeviceId x_who;
  const ReadingSecretKey& x_key;
  std::optional<RatchetKey> x_ratchet;
  // Of the segment entry just before, to which another may belong.
  std::optional<RatchetCommitment> x_commitment;
};

}  // namespace

AccessReading read_access_log(const AccessLogView& log, const DeviceId& who,
                              const ReadingSecretKey& key,
                              const std::function<bool(const OpenedAccess&)>& visitor,
                              const Activity& activity) {
  AccessReading reading;
  RatchetFollower follower(log.name(), who, key);
  log.visit([&](std::uint64_t index, std::string_view text) {
    activity.check();
    std::optional<AccessRecord> record;
    switch (kind_of(text)) {
      case AccessEntryKind::segment:
        follower.begin(text);
        return true;
      case AccessEntryKind::access:
        if (!follower.has_key()) {
          ++reading.sealed_to_others;
          return true;
        }
        record = follower.next(text);
        if (!record) reading.forged.push_back(index);
        break;
      case AccessEntryKind::spooled:
        record = follower.spooled(text);
        if (!record) ++reading.sealed_to_others;
        break;
      case AccessEntryKind::follows:
      case AccessEntryKind::unknown:
        break;
    }
    return !record || visitor({index, std::move(*record)});
  });
  return reading;
}

}  // namespace muniment
