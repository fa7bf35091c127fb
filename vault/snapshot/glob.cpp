#include "vault/snapshot/glob.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace muniment {

namespace {

constexpr std::uint32_t first_invalid = 0x11'0000;  // behind the last code point

std::optional<std::uint32_t> literal_at(const Characters& text, std::size_t& at) {
  if (at < text.size() && text[at] == '\\') ++at;
  if (at == text.size()) return std::nullopt;
  return text[at++];
}

}  // namespace

Characters characters_of(std::string_view name, LetterCase letter_case) {
  Characters characters;
  characters.reserve(name.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(name.data());
  auto left = static_cast<utf8proc_ssize_t>(name.size());
  while (left > 0) {
    utf8proc_int32_t code = *bytes;
    utf8proc_ssize_t size = 1;
    if (code >= 0x80) size = utf8proc_iterate(bytes, left, &code);
    if (size <= 0) {
      characters.push_back(first_invalid + *bytes);
      size = 1;
    } else {
      if (letter_case == LetterCase::ignored) code = utf8proc_tolower(code);
      characters.push_back(static_cast<std::uint32_t>(code));
    }
    bytes += size;
    left -= size;
  }
  return characters;
}

// `at` stands behind the '['.
std::optional<Glob::Step> Glob::parse_set(const Characters& text, std::size_t& at) {
  Step step{Step::Kind::set, {}};
  if (at < text.size() && text[at] == '^') {
    step.kind = Step::Kind::other_than_set;
    ++at;
  }
  while (at < text.size()) {
    if (text[at] == ']' && !step.set.empty()) {
      ++at;
      return step;
    }
    if (text[at] == ']' || text[at] == '-') return std::nullopt;
    const auto low = literal_at(text, at);
    if (!low) return std::nullopt;
    std::optional<std::uint32_t> high = low;
    if (at < text.size() && text[at] == '-') {
      ++at;
      if (at == text.size() || text[at] == ']' || text[at] == '-') return std::nullopt;
      high = literal_at(text, at);
      if (!high) return std::nullopt;
    }
    step.set.push_back({*low, *high});
  }
  return std::nullopt;
}

std::optional<Glob> Glob::parse(std::string_view text, LetterCase letter_case) {
  const Characters characters = characters_of(text, letter_case);
  Glob glob;
  std::size_t at = 0;
  while (at < characters.size()) {
    const std::uint32_t character = characters[at];
    if (character == '*') {
      ++at;
      const bool again =
          !glob.x_steps.empty() && glob.x_steps.back().kind == Step::Kind::any_number;
      if (!again) glob.x_steps.push_back({Step::Kind::any_number, {}});
    } else if (character == '?') {
      ++at;
      glob.x_steps.push_back({Step::Kind::other_than_set, {}});
    } else if (character == '[') {
      ++at;
      std::optional<Step> set = parse_set(characters, at);
      if (!set) return std::nullopt;
      glob.x_steps.push_back(std::move(*set));
    } else {
      const auto literal = literal_at(characters, at);
      if (!literal) return std::nullopt;
      glob.x_steps.push_back({Step::Kind::set, {{*literal, *literal}}});
    }
  }
  return glob;
}

bool Glob::takes(const Step& step, std::uint32_t character) {
  const bool inside = std::ranges::any_of(step.set, [&](const Range& range) {
    return range.low <= character && character <= range.high;
  });
  return inside == (step.kind == Step::Kind::set);
}

// Only the last '*' ever has to take more: what an earlier one would gain, the last one reaches,
// too.
bool Glob::matches(const Characters& name) const {
  std::size_t step = 0;
  std::size_t at = 0;
  std::optional<std::size_t> star;
  std::size_t star_end = 0;
  while (at < name.size()) {
    if (step < x_steps.size() && x_steps[step].kind == Step::Kind::any_number) {
      star = step++;
      star_end = at;
    } else if (step < x_steps.size() && takes(x_steps[step], name[at])) {
      ++step;
      ++at;
    } else if (star) {
      step = *star + 1;
      at = ++star_end;
    } else {
      return false;
    }
  }
  if (step < x_steps.size() && x_steps[step].kind == Step::Kind::any_number) ++step;
  return step == x_steps.size();
}

}  // namespace muniment
