#include "vault/snapshot/pack_check.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "vault/base/queue.hpp"
#include "vault/ledger/entries.hpp"
#include "vault/pack/tile.hpp"
#include "vault/snapshot/stages.hpp"

namespace muniment {

namespace {

class PackCheck {
 public:
  PackCheck(const PackStore& store, const PackCheckOptions& options,
            const std::function<void(PackDamage)>& found, Activity& activity)
      : x_store(store), x_options(options), x_found(found), x_activity(activity) {}

  std::uint64_t run(const ListedPacks& packs) {
    Stages stages([this] { x_queue.cancel(); });
    for (unsigned i = 0; i < thread_count(0); ++i) {
      stages.start([this] {
        Bytes buffer;
        while (const auto pack = x_queue.pop()) {
          x_activity.check();
          check(pack->first, pack->second, buffer);
          x_activity.items_done.fetch_add(1, std::memory_order_relaxed);
        }
      });
    }
    stages.run([&] {
      for (const auto& pack : packs) {
        if (!x_queue.push(pack)) return;
      }
      x_queue.close();
    });
    stages.join();
    return x_bytes;
  }

 private:
  void check(const PackId& id, const ListedPack& pack, Bytes& buffer) {
    const std::string key = pack_key(id);
    const std::optional<std::uint64_t> size = x_store.stat(key);
    if (!size) {
      report({id, "missing", false, {}});
      return;
    }
    if (x_options.depth == VerifyDepth::presence) {
      const std::size_t wanted = file_bytes(pack.size_class);
      // Whether what is there can be healed is only known by reading it.
      if (*size != wanted) {
        examine(id, fmt::format("{} bytes instead of {}", *size, wanted), buffer);
      }
      return;
    }
    const CollectionAccess* const collection = x_options.depth == VerifyDepth::deep
                                                   ? find_collection(*x_options.access, pack.epoch)
                                                   : nullptr;
    std::string problem;
    const bool whole =
        collection != nullptr && open_frames(id, collection->epoch_secrets.at(pack.epoch),
                                             collection->keys->id_key, buffer, problem);
    const bool intact = whole || examine(id, "", buffer);
    if (intact && !problem.empty()) report({id, std::move(problem), false, {}});
  }

  // Compares every shard; `cause` is what was seen already. True if the pack is intact; `buffer`
  // then holds its file.
  bool examine(const PackId& id, std::string cause, Bytes& buffer) {
    // Twice the largest pack: of a longer file the beginning will do to say that it is not the
    // pack.
    auto file =
        get_object(x_store, pack_key(id), 2 * file_bytes(PackClass::mib16), std::move(buffer));
    buffer = {};
    if (!file) {
      report({id, "missing", false, {}});
      return false;
    }
    count(file->size());
    PackExamination result = examine_pack(*file, id);
    buffer = std::move(*file);
    if (result.condition == PackCondition::intact) return true;
    if (cause.empty()) cause = describe(result);
    report({id, std::move(cause), result.condition == PackCondition::healable,
            std::move(result.healed)});
    return false;
  }

  static std::string describe(const PackExamination& result) {
    if (result.other) return "the file of pack " + result.other->hex();
    if (result.condition == PackCondition::lost) {
      return result.damaged_shards.empty()
                 ? "damaged beyond what its parity can heal"
                 : fmt::format("{} of 256 shards are damaged, and parity heals 8",
                               result.damaged_shards.size());
    }
    std::vector<std::string> parts;
    if (!result.damaged_shards.empty()) {
      parts.push_back(fmt::format("{} of 256 shards", result.damaged_shards.size()));
    }
    if (!result.damaged_tile_entries.empty()) {
      parts.push_back(fmt::format("{} of 256 shard hashes", result.damaged_tile_entries.size()));
    }
    return parts.empty() ? "bytes were added behind its end"
                         : fmt::format("{} damaged", fmt::join(parts, " and "));
  }

  // Opens every frame, and hashes each shard while the cache still has it. True if the file is
  // exactly the pack. Sets `problem` if its frames do not open, or give other chunks than its table
  // says: an intact pack of that kind was sealed by a faulty or hostile program.
  bool open_frames(const PackId& id, const EpochSecretKey& key, const IdKey& id_key, Bytes& buffer,
                   std::string& problem) {
    auto file =
        get_object(x_store, pack_key(id), file_bytes(PackClass::mib16) + 1, std::move(buffer));
    buffer = {};
    const auto size_class = pack_class_of_file(file ? file->size() : 0);
    if (!size_class) return false;
    const ByteView bytes = *file;  // a vector that is moved keeps its memory
    ShardHashes hashes(bytes.first(body_bytes(*size_class)));
    auto opened = open_pack_file(std::move(*file), {&key, 1});
    auto* const reader = std::get_if<PackReader>(&opened);
    if (reader == nullptr) {
      problem = to_text(std::get<PackFault>(opened));
      return false;
    }
    problem = try_frames(*reader, id_key, hashes);
    const PackTile& tile = hashes.finish();
    const bool intact =
        pack_id(tile) == id && tile == decode_pack_tile(bytes.subspan(body_bytes(*size_class)));
    if (intact) count(bytes.size());
    buffer = std::move(*reader).release();
    return intact;
  }

  // A part of a chunk has to open; the whole is hashed with the file that it belongs to.
  static std::string try_frames(const PackReader& reader, const IdKey& id_key,
                                ShardHashes& hashes) {
    ChunkOpener opener(id_key);
    ChunkBuffer buffer;
    std::size_t bad = 0;
    for (std::size_t frame = 0; frame < reader.table().frames.size(); ++frame) {
      const MutableByteView payload = buffer.payload(reader.entry(frame).stored_bytes);
      const bool whole = frame_part(reader.head(), frame) == FramePart{};
      const bool sound = reader.read_frame(frame, payload) &&
                         (!whole || opener.open(reader, frame, payload, buffer));
      if (!sound) ++bad;
      hashes.advance_to(reader.frame_end(frame));
    }
    if (bad > 0) return fmt::format("intact, but {} of its frames do not give their chunks", bad);
    return reader.tail_is_sound() ? "" : "intact, but its tail is not sealed zeros";
  }

  void count(std::uint64_t bytes) {
    x_bytes.fetch_add(bytes, std::memory_order_relaxed);
    x_activity.bytes_done.fetch_add(bytes, std::memory_order_relaxed);
  }

  void report(PackDamage damage) {
    const std::lock_guard lock(x_mutex);
    x_found(std::move(damage));
  }

  const PackStore& x_store;
  const PackCheckOptions& x_options;
  const std::function<void(PackDamage)>& x_found;
  Activity& x_activity;
  BoundedQueue<std::pair<PackId, ListedPack>> x_queue{16};
  std::mutex x_mutex;
  std::atomic<std::uint64_t> x_bytes{0};
};

}  // namespace

void add_listed_packs(const Ledger& ledger, ListedPacks& packs) {
  for (std::uint64_t i = 0; i < ledger.size(); ++i) {
    const std::optional<PacksEntry> entry = decode_packs(ledger.entry(i));
    if (!entry) continue;
    for (const PackRef& pack : entry->packs) {
      if (const auto size_class = pack_class_from(pack.size_class)) {
        packs.insert({pack.id, {*size_class, entry->epoch}});
      }
    }
  }
}

Damage describe(const PackDamage& damage) {
  return {"pack " + damage.pack.hex(), damage.cause, damage.healable, {}};
}

std::uint64_t check_packs(const PackStore& store, const ListedPacks& packs,
                          const PackCheckOptions& options,
                          const std::function<void(PackDamage)>& found, Activity& activity) {
  activity.items_total = packs.size();
  if (options.depth != VerifyDepth::presence) {
    std::uint64_t bytes = 0;
    for (const auto& [id, pack] : packs) bytes += file_bytes(pack.size_class);
    activity.bytes_total = bytes;
  }
  return PackCheck(store, options, found, activity).run(packs);
}

}  // namespace muniment
