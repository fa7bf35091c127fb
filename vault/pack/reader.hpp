// Opens a stored pack and its frames. Decompressing, and checking a chunk against its id, is for
// the caller: until that is done, a payload is only what somebody with the epoch's public key
// sealed.
#pragma once

#include <variant>
#include <vector>

#include "vault/pack/header.hpp"
#include "vault/pack/pack_bytes.hpp"
#include "vault/pack/table.hpp"

namespace muniment {

enum class PackFault {
  absent,       // the store has no such object
  damaged,      // past healing, and header, head or table are among what is lost
  swapped,      // an intact pack, but another one than its name says
  foreign,      // intact, and sealed to none of the keys
  unsupported,  // intact, and written by another version
  malformed,    // intact, and not a pack, or sealed by somebody who does not keep to the format
};

enum class PackAccess {
  // What is asked for, in whole shards: for a few frames.
  ranges,
  // The file at once: for most of the frames.
  whole,
  // As whole; every shard is compared with the id first, and what is damaged is healed in memory.
  checked,
};

// A pack whose header, head and table are sound. The const members are thread-safe.
class PackReader {
 public:
  // With the key at hand: empty if head or table do not open or do not keep to the format.
  [[nodiscard]] static std::optional<PackReader> open(PackBytes bytes, const PackForm& form,
                                                      PackKey key, bool healed = false);

  [[nodiscard]] const PackForm& form() const noexcept { return x_form; }
  [[nodiscard]] const PackHead& head() const noexcept { return x_head; }
  [[nodiscard]] const PackTable& table() const noexcept { return x_table; }
  [[nodiscard]] const FrameEntry& entry(std::size_t frame) const {
    return x_table.frames.at(frame);
  }
  // The offset in the file at which the sealed frame ends.
  [[nodiscard]] std::size_t frame_end(std::size_t frame) const {
    return x_offsets.at(frame) + entry(frame).stored_bytes + tag_bytes(x_form.suite);
  }
  [[nodiscard]] const Codec& codec(std::size_t frame) const {
    return x_table.codecs.at(entry(frame).codec);
  }

  // Reads the payload of this frame into `payload`, which has entry(frame).stored_bytes bytes;
  // false if it is damaged. If the pack was not opened as PackAccess::checked, opening it so and
  // trying again may heal it.
  [[nodiscard]] bool read_frame(std::size_t frame, MutableByteView payload) const;
  // As above; empty if it is damaged.
  [[nodiscard]] std::optional<Bytes> read_frame(std::size_t frame) const;

  // True if what follows the table is zeros, sealed, as the format has it.
  [[nodiscard]] bool tail_is_sound() const;

  // True if the file in the store is damaged and was healed in memory.
  [[nodiscard]] bool healed() const noexcept { return x_healed; }

  // Gives back the memory of the file for the next pack to use; the reader must not be used then.
  [[nodiscard]] Bytes release() && noexcept { return std::move(x_bytes).release(); }

 private:
  PackReader(PackBytes bytes, const PackForm& form, PackKey key, bool healed);

  void set_frames(const PackHead& head, PackTable table);
  // The plaintext of a sealed part; empty if it is not there or does not open.
  [[nodiscard]] std::optional<Bytes> open_part(std::uint64_t nonce, std::size_t offset,
                                               std::size_t length) const;

  PackBytes x_bytes;
  PackForm x_form;
  PackKey x_key;
  PackHead x_head;
  PackTable x_table;
  std::vector<std::uint32_t> x_offsets;  // of the sealed frames
  bool x_healed;
};

// Opens the pack with the first of `keys` that fits. Compares the tile with the id, and so tells
// another pack's file, but shards only if it must: when anything of header, tile, head or table is
// wrong, the pack is opened as PackAccess::checked whatever `access` says. Of a pack past healing,
// the frames that can still be read are read. `store` must outlive the reader; `buffer` is memory
// to reuse.
[[nodiscard]] std::variant<PackReader, PackFault> open_pack(const PackStore& store,
                                                            const PackId& id,
                                                            std::span<const EpochSecretKey> keys,
                                                            PackAccess access, Bytes buffer = {});

// Opens the file of a pack as it is, without comparing anything with an id.
[[nodiscard]] std::variant<PackReader, PackFault> open_pack_file(
    Bytes file, std::span<const EpochSecretKey> keys);

// The payload of a chunk that was cut: the last frame of `first` and the first frame of `second`.
// Empty if they are not two parts of one chunk, or damaged.
[[nodiscard]] std::optional<Bytes> join_parts(const PackReader& first, const PackReader& second);

}  // namespace muniment
