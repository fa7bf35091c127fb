// The packs that are open: keys derived, tables decoded, the least recently used closed again.
#pragma once

#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <variant>

#include "vault/base/activity.hpp"
#include "vault/base/spares.hpp"
#include "vault/pack/reader.hpp"

namespace muniment {

// The secret keys of a collection's epochs, by identity.
using EpochSecretKeys = std::map<EpochCommitment, EpochSecretKey>;

// "missing", "damaged beyond what its parity can heal", ...: to stand after the pack's name.
[[nodiscard]] std::string_view to_text(PackFault fault) noexcept;

// Thread-safe. `store`, `keys` and `activity` must outlive it.
class OpenPacks {
 public:
  using Result = std::variant<std::shared_ptr<const PackReader>, PackFault>;

  // `access` is how packs are opened until they turn out damaged. Open packs take at most
  // `memory_bytes`, but for those that somebody still uses.
  OpenPacks(const PackStore& store, const EpochSecretKeys& keys, PackAccess access,
            std::size_t memory_bytes, Activity& activity);

  [[nodiscard]] Result open(const PackId& pack, const EpochCommitment& epoch);

  // Opens the pack with every shard compared and healed where that is possible, because something
  // in it did not open. From then on the pack is always opened so.
  [[nodiscard]] Result open_checked(const PackId& pack, const EpochCommitment& epoch);

 private:
  struct Slot {
    PackId pack;
    std::shared_ptr<const PackReader> reader;
    std::size_t memory_bytes = 0;
    bool checked = false;
  };

  // Opens the pack, or waits for the thread that is just opening it. `lock` is held, and released
  // meanwhile.
  [[nodiscard]] Result open_once(std::unique_lock<std::mutex>& lock, const PackId& pack,
                                 const EpochCommitment& epoch, PackAccess access);
  [[nodiscard]] Result open_now(const PackId& pack, const EpochCommitment& epoch,
                                PackAccess access) const;
  // Takes the reader's memory back when nobody uses it any more.
  [[nodiscard]] std::shared_ptr<const PackReader> share(PackReader reader) const;
  // True if the pack is now known to be damaged on disk, and was not before.
  [[nodiscard]] bool keep(const PackId& pack, const std::shared_ptr<const PackReader>& reader,
                          PackAccess access);
  void drop(const PackId& pack);

  const PackStore& x_store;
  const EpochSecretKeys& x_keys;
  const PackAccess x_access;
  const std::size_t x_memory_bytes_max;
  Activity& x_activity;

  // Of packs that were closed: shared, since whoever holds a reader may outlive this.
  std::shared_ptr<Spares<Bytes>> x_files = std::make_shared<Spares<Bytes>>(2);
  std::mutex x_mutex;
  std::list<Slot> x_slots;  // most recently used first
  std::unordered_map<PackId, std::list<Slot>::iterator> x_by_pack;
  std::size_t x_memory_bytes = 0;
  std::set<PackId> x_checked;  // to be opened as PackAccess::checked
  std::set<PackId> x_healed;   // was said to the Activity
  std::map<std::pair<PackId, PackAccess>, std::shared_future<Result>> x_opening;
};

}  // namespace muniment
