// One file, directory or link of a snapshot, as the manifest records it.
#pragma once

#include <string>
#include <vector>

#include "vault/base/ids.hpp"

namespace muniment {

// Values are embedded in stored bytes: never change one.
enum class EntryKind : std::uint8_t { file = 1, directory = 2, symlink = 3 };

// As found, to the nanosecond; before 1970 the seconds are negative and the nanoseconds still count
// up.
struct ModificationTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;

  friend bool operator==(const ModificationTime&, const ModificationTime&) = default;
};

struct ChunkRef {
  ChunkId id;
  std::uint32_t length = 0;  // of the plaintext

  friend bool operator==(const ChunkRef&, const ChunkRef&) = default;
};

// A field that a later version wrote. It is kept as it is.
struct UnknownField {
  std::uint16_t tag = 0;
  Bytes value;

  friend bool operator==(const UnknownField&, const UnknownField&) = default;
};

struct Entry {
  std::string path;  // bytes as found, relative, '/' between components
  EntryKind kind = EntryKind::file;
  std::string link_target;  // symlinks only
  bool executable = false;  // files only: the owner's execute bit
  std::optional<ModificationTime> time;

  // Files only.
  std::uint64_t size = 0;
  Sha256Digest sha256;
  // Two or more for a file of several chunks; empty for one of none or one, whose only id follows
  // from sha256.
  std::vector<ChunkRef> chunks;
  // Instead of `chunks` for a file of more than manifest_format::inline_chunks_max: chunks that
  // hold the list.
  std::vector<ChunkRef> chunk_lists;
  std::optional<Sha256Digest> parts;

  std::vector<UnknownField> unknown;

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace muniment
