// The text at the head of an age file, after the grammar of c2sp.org/age.
#include "vault/keyring/age.hpp"
#include "vault/keyring/age_base64.hpp"
#include "vault/keyring/age_format.hpp"

namespace muniment {

namespace {

// Takes lines off the front of a text.
class Lines {
 public:
  explicit Lines(std::string_view text) noexcept : x_rest(text) {}

  // Empty if no LF is left.
  std::optional<std::string_view> next() noexcept {
    const std::size_t end = x_rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = x_rest.substr(0, end);
    x_rest.remove_prefix(end + 1);
    return line;
  }

  [[nodiscard]] std::string_view rest() const noexcept { return x_rest; }

 private:
  std::string_view x_rest;
};

bool is_argument(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

// Words after "-> ", each after one space.
std::optional<std::vector<std::string_view>> parse_arguments(std::string_view line) {
  if (!line.starts_with(age_stanza_start)) return std::nullopt;
  std::vector<std::string_view> arguments;
  for (std::size_t at = age_stanza_start.size(); at <= line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::string_view argument = line.substr(at, end - at);
    if (!is_argument(argument)) return std::nullopt;
    arguments.push_back(argument);
    at = end + 1;
  }
  return arguments;
}

// Full lines, and a last one that is shorter, perhaps empty.
std::optional<Bytes> parse_body(Lines& lines) {
  std::string text;
  for (;;) {
    const std::optional<std::string_view> line = lines.next();
    if (!line || line->size() > age_columns) return std::nullopt;
    text += *line;
    if (line->size() < age_columns) return from_age_base64(text);
  }
}

}  // namespace

std::optional<AgeHeader> parse_age_header(ByteView file) {
  Lines lines(as_text(file));
  if (lines.next() != age_version_line) return std::nullopt;

  AgeHeader header;
  while (!lines.rest().starts_with(age_end_start)) {
    const std::optional<std::string_view> line = lines.next();
    if (!line) return std::nullopt;
    auto arguments = parse_arguments(*line);
    if (!arguments) return std::nullopt;
    std::optional<Bytes> body = parse_body(lines);
    if (!body) return std::nullopt;
    header.stanzas.push_back({std::move(*arguments), std::move(*body)});
  }
  if (header.stanzas.empty()) return std::nullopt;

  header.authenticated = file.first(file.size() - lines.rest().size() + age_end_start.size());
  const std::optional<std::string_view> end = lines.next();
  std::optional<Bytes> mac;
  if (end && end->substr(age_end_start.size()).starts_with(' ')) {
    mac = from_age_base64(end->substr(age_end_start.size() + 1));
  }
  const ByteView payload = as_bytes(lines.rest());
  if (!mac || mac->size() != age_mac_bytes || payload.size() < age_nonce_bytes) {
    return std::nullopt;
  }
  header.mac = std::move(*mac);
  header.payload_nonce = payload.first(age_nonce_bytes);
  header.payload = payload.subspan(age_nonce_bytes);
  return header;
}

}  // namespace muniment
