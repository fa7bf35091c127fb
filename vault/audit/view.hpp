// The access log for reading: by whoever has it, as far as signatures and hashes go; by auditors,
// what stands in it.
#pragma once

#include <map>

#include "vault/audit/ratchet.hpp"
#include "vault/audit/tail.hpp"
#include "vault/audit/tile_store.hpp"
#include "vault/base/activity.hpp"

namespace muniment {

// Something of a log that is not as it should be.
struct AccessLogCheck {
  TreeHead head;
  std::uint64_t unknown = 0;  // entries of kinds that this version does not know
  std::vector<LedgerDamage> damage;
};

// As it stood when it was opened; needs no lock.
class AccessLogView {
 public:
  // Empty if there is no log. Errors are those of load_access_tail.
  [[nodiscard]] static std::optional<AccessLogView> find(FileSystem& files,
                                                         const FileSystem::Path& directory,
                                                         const LedgerName& name,
                                                         const VerifyKey<LogPurpose>& log);

  [[nodiscard]] const LedgerName& name() const noexcept { return x_name; }
  [[nodiscard]] std::uint64_t size() const noexcept { return x_tail->size(); }
  [[nodiscard]] const SignedNote& checkpoint() const noexcept { return x_tail->checkpoint; }
  // The tree over all.
  [[nodiscard]] const Frontier& frontier() const noexcept { return x_tail->frontier; }

  // What is wrong with its two newest copies.
  [[nodiscard]] const std::vector<LedgerDamage>& damage() const noexcept { return x_tail->damage; }

  // From the first on, a bundle at a time; the visitor returns false to stop. Error(damaged) names
  // the bundle that cannot be read, or says after the last one that they are not the log's.
  void visit(const std::function<bool(std::uint64_t index, std::string_view entry)>& visitor) const;

  // Entry `index`, which is below size(). Bundles are read one at a time and kept, so that a row of
  // entries costs what visit does; the first time, all from this one on are hashed and compared.
  // Error(damaged) if they are not those that were signed.
  [[nodiscard]] std::string entry(std::uint64_t index);

  // Hashes every entry again and compares with tiles and checkpoint. Needs no key and a bundle's
  // worth of memory.
  [[nodiscard]] AccessLogCheck check(const Activity& activity) const;

  // What it was when it had `size` entries, at most those that it has, and that it grew out of that
  // (of 0, nothing). Error(damaged) if tiles are not those of the log.
  [[nodiscard]] Sha256Digest root_at(std::uint64_t size) const;
  [[nodiscard]] MerkleProof proof_since(std::uint64_t size) const;

  // That entry `index`, which is below size(), stands in this log: a C2SP tlog-proof.
  [[nodiscard]] std::string proof(std::uint64_t index) const;

 private:
  AccessLogView(FileSystem& files, FileSystem::Path directory, const LedgerName& name,
                AccessTail tail);

  void require_whole(std::uint64_t bundle) const;
  [[nodiscard]] MerkleProof checked_proof(std::uint64_t size, const Sha256Digest& root) const;
  static void count_unknown(std::string_view entry, AccessLogCheck& result);
  // The leaves of a bundle, as far as they can be told.
  [[nodiscard]] std::vector<Sha256Digest> check_bundle(std::uint64_t number,
                                                       AccessLogCheck& result) const;
  void check_tile(const TileId& tile, const std::vector<Sha256Digest>& hashes,
                  AccessLogCheck& result) const;

  LedgerName x_name;
  std::unique_ptr<AccessTail> x_tail;  // does not move, since x_tiles looks at it
  TileStore x_tiles;
  std::optional<std::uint64_t> x_whole_from;  // the first bundle of those that were compared
  std::optional<std::uint64_t> x_read;        // which bundle that is
  std::vector<Bytes> x_bundle;
};

struct OpenedAccess {
  std::uint64_t index = 0;
  AccessRecord record;
};

struct AccessReading {
  std::uint64_t sealed_to_others = 0;  // records in segments whose key is not for this reader
  // Records that do not open under the key that their segment commits to: what somebody put there
  // who had the log key and not the ratchet's.
  std::vector<std::uint64_t> forged;
};

// Calls `visitor` with every record that `reader`'s key opens, in order; it returns false to stop.
// `who` is the device that has the key.
[[nodiscard]] AccessReading read_access_log(const AccessLogView& log, const DeviceId& who,
                                            const ReadingSecretKey& key,
                                            const std::function<bool(const OpenedAccess&)>& visitor,
                                            const Activity& activity);

}  // namespace muniment
