#include "vault/note/record.hpp"

#include <utility>

#include "vault/base/assert.hpp"
#include "vault/base/decimal.hpp"
#include "vault/note/plain_text.hpp"

namespace muniment {

namespace {

bool is_key(std::string_view key) noexcept {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !key.empty() && key.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> record_type(std::string_view text) noexcept {
  const std::string_view line = take_line(text);
  if (!is_plain_line(line)) return std::nullopt;
  return line;
}

RecordWriter::RecordWriter(std::string_view type) : x_text(type) {
  VAULT_ASSERT(is_plain_line(type));
}

RecordWriter& RecordWriter::key(std::string_view key) {
  VAULT_ASSERT(is_key(key) && x_line_is_whole);
  x_text += '\n';
  x_text += key;
  x_line_is_whole = false;
  return *this;
}

RecordWriter& RecordWriter::field(std::string_view text) {
  VAULT_ASSERT(is_plain_line(text));
  x_text += ' ';
  x_text += text;
  x_line_is_whole = true;
  return *this;
}

RecordWriter& RecordWriter::word(std::string_view word) {
  VAULT_ASSERT(word.find(' ') == std::string_view::npos);
  return field(word);
}

RecordWriter& RecordWriter::rest(std::string_view text) {
  return field(text);
}

RecordWriter& RecordWriter::u64(std::uint64_t value) {
  return field(std::to_string(value));
}

RecordWriter& RecordWriter::time(UnixSeconds value) {
  VAULT_ASSERT(value >= 0);
  return field(std::to_string(value));
}

RecordWriter& RecordWriter::hex(ByteView bytes) {
  return field(to_hex(bytes));
}

RecordWriter& RecordWriter::base64(ByteView bytes) {
  return field(to_base64(bytes));
}

std::string RecordWriter::finish() {
  VAULT_ASSERT(x_line_is_whole);
  x_text += '\n';
  return std::move(x_text);
}

RecordReader::RecordReader(std::string_view text, std::string_view type) : x_rest(text) {
  if (!is_plain_text(text) || take_line(x_rest) != type) fail();
}

RecordReader& RecordReader::key(std::string_view key) {
  const std::string_view line = take_line(x_rest);
  if (!x_line.empty() || !line.starts_with(key)) {
    fail();
  } else {
    x_line = line.substr(key.size());
    if (x_line.empty()) fail();
  }
  return *this;
}

bool RecordReader::key_if(std::string_view key) {
  if (!x_rest.starts_with(key) || !x_rest.substr(key.size()).starts_with(' ')) return false;
  return this->key(key).ok();
}

std::string_view RecordReader::word() {
  return take_field(x_line.find(' ', 1));
}

std::string_view RecordReader::rest() {
  return take_field(x_line.size());
}

std::string_view RecordReader::take_field(std::size_t end) {
  const std::string_view field = x_line.substr(0, end);
  x_line.remove_prefix(field.size());
  if (field.size() < 2 || field.front() != ' ') {
    fail();
    return {};
  }
  return field.substr(1);
}

std::uint64_t RecordReader::u64() {
  return expect(from_decimal(word()));
}

std::uint32_t RecordReader::u32() {
  const std::uint64_t value = u64();
  if (!std::in_range<std::uint32_t>(value)) {
    fail();
    return 0;
  }
  return static_cast<std::uint32_t>(value);
}

UnixSeconds RecordReader::time() {
  const std::uint64_t seconds = u64();
  if (!std::in_range<UnixSeconds>(seconds)) {
    fail();
    return 0;
  }
  return static_cast<UnixSeconds>(seconds);
}

Bytes RecordReader::base64() {
  return expect(from_base64(word()));
}

void RecordReader::fail() noexcept {
  x_ok = false;
  x_line = {};
  x_rest = {};
}

bool RecordReader::done() const noexcept {
  return x_ok && x_line.empty() && x_rest.empty();
}

}  // namespace muniment
