// The files `tail` and `tail.2`: a header, then records, each with a checksum of its own that also
// covers where it stands. Layout: FORMAT.md.
#pragma once

#include <array>
#include <bitset>
#include <memory>
#include <vector>

#include "vault/base/file.hpp"
#include "vault/base/ids.hpp"
#include "vault/ledger/format.hpp"

namespace muniment {

struct TailHeader {
  std::uint16_t version = tail_format::version;
  LedgerId ledger;

  friend bool operator==(const TailHeader&, const TailHeader&) = default;
};

[[nodiscard]] Bytes encode(const TailHeader& header);
// Empty unless `bytes` are exactly a whole header, of whatever version.
[[nodiscard]] std::optional<TailHeader> decode_tail_header(ByteView bytes);

// Appends the record of `payload`, of 1 byte to what its type allows, which stands at `offset` of
// the file.
void append_record(Bytes& target, std::uint64_t offset, tail_format::RecordType type,
                   ByteView payload);

struct TailRecord {
  tail_format::RecordType type = tail_format::RecordType::entry;
  ByteView payload;
  ByteView whole;  // with head and checksum, as it lies in the file
};

// The record with which `bytes` begin, if they were read at `offset`. Empty if they do not begin
// with a whole one. Views point into `bytes`.
[[nodiscard]] std::optional<TailRecord> decode_record(ByteView bytes, std::uint64_t offset);

// One of the two copies of a tail, as long as it was when it was found: a writer may be adding to
// it.
struct TailCopy {
  std::unique_ptr<File> file;  // empty if it is absent
  std::uint64_t size = 0;
};

// `tail` and `tail.2`.
using TailCopies = std::array<TailCopy, 2>;

// Which copies to read: one of them, or both.
using CopySet = std::bitset<2>;

[[nodiscard]] std::string_view copy_name(std::size_t copy) noexcept;

// Reads records one after the other, each from the first copy of a set that has it whole. Both
// copies have a record at the same offset, so what is damaged in one is read from the other.
class TailReader {
 public:
  // `copies` must outlive the reader and not change.
  TailReader(const TailCopies& copies, CopySet set);

  // Views are valid until the next call. Empty where no copy of the set has a whole record.
  [[nodiscard]] std::optional<TailRecord> next();

  // Where the record that was read last begins, and which copy it came from.
  [[nodiscard]] std::uint64_t offset() const noexcept { return x_offset; }
  [[nodiscard]] std::size_t copy() const noexcept { return x_copy; }

 private:
  // A stretch of one copy, so that small records do not cost a system call each.
  struct Window {
    const TailCopy* copy = nullptr;
    Bytes bytes;
    std::uint64_t offset = 0;

    [[nodiscard]] std::optional<TailRecord> read(std::uint64_t at);
  };

  std::array<Window, 2> x_windows;
  std::uint64_t x_offset = 0;
  std::uint64_t x_next = tail_format::header_bytes;
  std::size_t x_copy = 0;
};

}  // namespace muniment
