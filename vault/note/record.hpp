// The line records of which charters, grants and ledger entries are made. A record is UTF-8 text
// without control characters: a first line that names its type, then lines of a key and one or more
// fields, each after one space, in the order that the type fixes. One value has one text, so
// printing what was parsed gives the same bytes. Rules: FORMAT.md.
//
// Writer and reader mirror each other: begin a line with key(), then write or read its fields in
// order.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include "vault/base/bytes.hpp"
#include "vault/base/clock.hpp"
#include "vault/crypto/base64.hpp"

namespace muniment {

// The first line without its LF, whatever follows: what tells the type of a record that is perhaps
// unknown. Empty if there is no line or it is not a record's (control characters, invalid UTF-8,
// nothing in it).
[[nodiscard]] std::optional<std::string_view> record_type(std::string_view text) noexcept;

// A value that no record can hold is our bug: callers check what users give them.
class RecordWriter {
 public:
  // `type` is the first line: "muniment/charter/v1".
  explicit RecordWriter(std::string_view type);

  // Begins a line. Keys are [a-z0-9-]+.
  RecordWriter& key(std::string_view key);

  // One field without spaces.
  RecordWriter& word(std::string_view word);
  // The last field of a line; may have spaces, even at its ends.
  RecordWriter& rest(std::string_view text);
  RecordWriter& u64(std::uint64_t value);
  // Not before 1970.
  RecordWriter& time(UnixSeconds value);
  RecordWriter& hex(ByteView bytes);
  RecordWriter& base64(ByteView bytes);

  // The record. The writer is used up.
  [[nodiscard]] std::string finish();

 private:
  RecordWriter& field(std::string_view text);

  std::string x_text;
  bool x_line_is_whole = true;  // it has a field, or is the first one
};

// A reader that failed stays failed and gives empty values, so that a caller checks once, with
// done(). Views that it gives point into the text. Not thread-safe.
class RecordReader {
 public:
  // Fails unless the first line is `type` and the whole text is a record's (see above).
  RecordReader(std::string_view text, std::string_view type);

  // Begins the next line; fails unless the line before was read to its end and this one's key is
  // `key`.
  RecordReader& key(std::string_view key);
  // The same if the next line's key is `key`; else false, and nothing happens. For lines that may
  // be missing or repeated.
  [[nodiscard]] bool key_if(std::string_view key);

  // Fields of the line that was begun. Each fails if there is none left or it is not the only text
  // of a value.
  [[nodiscard]] std::string_view word();
  [[nodiscard]] std::string_view rest();
  [[nodiscard]] std::uint64_t u64();
  [[nodiscard]] std::uint32_t u32();
  [[nodiscard]] UnixSeconds time();
  [[nodiscard]] Bytes base64();

  // A FixedBytes in lower-case hexadecimal.
  template <class Fixed>
  [[nodiscard]] Fixed hex() {
    return expect(Fixed::from_hex(word()));
  }

  // A FixedBytes in base64.
  template <class Fixed>
  [[nodiscard]] Fixed base64() {
    return expect(Fixed::from_bytes(base64()));
  }

  // A word that is one of `names`, which are in the order of the enumeration's values from 0 on.
  template <class Enum, std::size_t count>
  [[nodiscard]] Enum one_of(const std::array<std::string_view, count>& names) {
    const auto found = std::ranges::find(names, word());
    if (found == names.end()) fail();
    return found == names.end() ? Enum{} : static_cast<Enum>(found - names.begin());
  }

  // For a caller's own rules: an order that must be kept, a word that must be one of some.
  void fail() noexcept;
  [[nodiscard]] bool ok() const noexcept { return x_ok; }
  // True if nothing failed and nothing is left.
  [[nodiscard]] bool done() const noexcept;

 private:
  template <class Value>
  Value expect(std::optional<Value> value) {
    if (!value) fail();
    return std::move(value).value_or(Value{});
  }

  // The first `end` bytes of what is left of the line, without the space that they begin with.
  std::string_view take_field(std::size_t end);

  bool x_ok = true;
  // What is left of the line, without its LF: fields, each with the space before it.
  std::string_view x_line;
  // The lines after it.
  std::string_view x_rest;
};

}  // namespace muniment
