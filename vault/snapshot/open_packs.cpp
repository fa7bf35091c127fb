#include "vault/snapshot/open_packs.hpp"

#include "vault/base/assert.hpp"

namespace muniment {

std::string_view to_text(PackFault fault) noexcept {
  switch (fault) {
    case PackFault::absent:
      return "missing";
    case PackFault::damaged:
      return "damaged beyond what its parity can heal";
    case PackFault::swapped:
      return "the file of another pack";
    case PackFault::foreign:
      return "sealed to a key that this device does not have";
    case PackFault::unsupported:
      return "written by another version of Muniment";
    case PackFault::malformed:
      return "intact, but not a well-formed pack";
  }
  return "unreadable";
}

OpenPacks::OpenPacks(const PackStore& store, const EpochSecretKeys& keys, PackAccess access,
                     std::size_t memory_bytes, Activity& activity)
    : x_store(store),
      x_keys(keys),
      x_access(access),
      x_memory_bytes_max(memory_bytes),
      x_activity(activity) {}

OpenPacks::Result OpenPacks::open(const PackId& pack, const EpochCommitment& epoch) {
  std::unique_lock lock(x_mutex);
  if (const auto found = x_by_pack.find(pack); found != x_by_pack.end()) {
    x_slots.splice(x_slots.begin(), x_slots, found->second);
    return x_slots.front().reader;
  }
  const bool checked = x_checked.contains(pack);
  return open_once(lock, pack, epoch, checked ? PackAccess::checked : x_access);
}

OpenPacks::Result OpenPacks::open_checked(const PackId& pack, const EpochCommitment& epoch) {
  std::unique_lock lock(x_mutex);
  x_checked.insert(pack);
  const auto found = x_by_pack.find(pack);
  if (found != x_by_pack.end() && found->second->checked) return found->second->reader;
  return open_once(lock, pack, epoch, PackAccess::checked);
}

OpenPacks::Result OpenPacks::open_once(std::unique_lock<std::mutex>& lock, const PackId& pack,
                                       const EpochCommitment& epoch, PackAccess access) {
  const std::pair wanted(pack, access);
  if (const auto opening = x_opening.find(wanted); opening != x_opening.end()) {
    const std::shared_future<Result> result = opening->second;
    lock.unlock();
    return result.get();
  }
  std::promise<Result> promise;
  x_opening.emplace(wanted, promise.get_future().share());
  lock.unlock();
  try {
    const Result result = open_now(pack, epoch, access);
    lock.lock();
    const auto* reader = std::get_if<0>(&result);
    const bool fresh_damage = reader != nullptr && keep(pack, *reader, access);
    x_opening.erase(wanted);
    promise.set_value(result);
    lock.unlock();
    if (fresh_damage) {
      x_activity.notice("pack " + pack.hex() +
                        ": damaged on disk, healed in memory from its parity; "
                        "run 'muniment repair' to write it whole again");
    }
    return result;
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    if (x_opening.erase(wanted) > 0) promise.set_exception(std::current_exception());
    throw;
  }
}

OpenPacks::Result OpenPacks::open_now(const PackId& pack, const EpochCommitment& epoch,
                                      PackAccess access) const {
  const auto key = x_keys.find(epoch);
  if (key == x_keys.end()) return PackFault::foreign;
  auto opened = open_pack(x_store, pack, {&key->second, 1}, access,
                          access == PackAccess::ranges ? Bytes{} : x_files->take());
  if (const auto* fault = std::get_if<PackFault>(&opened)) return *fault;
  return share(std::move(std::get<PackReader>(opened)));
}

std::shared_ptr<const PackReader> OpenPacks::share(PackReader reader) const {
  if (x_access == PackAccess::ranges) return std::make_shared<const PackReader>(std::move(reader));
  auto owned = std::make_unique<PackReader>(std::move(reader));
  return {owned.release(), [files = x_files](PackReader* last) {
            const std::unique_ptr<PackReader> closed(last);
            files->give(std::move(*closed).release());
          }};
}

bool OpenPacks::keep(const PackId& pack, const std::shared_ptr<const PackReader>& reader,
                     PackAccess access) {
  const bool checked = access == PackAccess::checked;
  if (const auto found = x_by_pack.find(pack); found != x_by_pack.end()) {
    if (found->second->checked || !checked) return false;
    drop(pack);
  }
  std::size_t memory_bytes =
      sizeof(PackReader) + reader->table().frames.size() * sizeof(FrameEntry);
  if (access != PackAccess::ranges || reader->healed()) {
    memory_bytes += file_bytes(reader->form().size_class);
  }
  x_slots.push_front({pack, reader, memory_bytes, checked});
  x_by_pack.emplace(pack, x_slots.begin());
  x_memory_bytes += memory_bytes;
  while (x_memory_bytes > x_memory_bytes_max && x_slots.size() > 1) drop(x_slots.back().pack);
  return reader->healed() && x_healed.insert(pack).second;
}

void OpenPacks::drop(const PackId& pack) {
  const auto found = x_by_pack.find(pack);
  if (found == x_by_pack.end()) return;
  x_memory_bytes -= found->second->memory_bytes;
  x_slots.erase(found->second);
  x_by_pack.erase(found);
}

}  // namespace muniment
