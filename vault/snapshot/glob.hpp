// A pattern for one name, as restic and Go's filepath.Match have them: '*' is any number of
// characters, '?' one, '[a-z]' and '[^a-z]' one of a set, and '\' takes the next one literally. A
// character is a code point; a byte that is not UTF-8 is a character of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace muniment {

enum class LetterCase { exact, ignored };

// Different bytes give different characters, unless the case is ignored.
using Characters = std::vector<std::uint32_t>;
[[nodiscard]] Characters characters_of(std::string_view name, LetterCase letter_case);

class Glob {
 public:
  // Empty if the text is malformed: a set that is empty or not closed, or a backslash at the end.
  [[nodiscard]] static std::optional<Glob> parse(std::string_view text, LetterCase letter_case);

  // `name` must have been made with the same LetterCase. Takes time in proportion to the product of
  // both lengths at worst.
  [[nodiscard]] bool matches(const Characters& name) const;

 private:
  struct Range {
    std::uint32_t low;
    std::uint32_t high;
  };
  struct Step {
    enum class Kind { set, other_than_set, any_number } kind;
    std::vector<Range> set;
  };

  [[nodiscard]] static std::optional<Step> parse_set(const Characters& text, std::size_t& at);
  [[nodiscard]] static bool takes(const Step& step, std::uint32_t character);

  std::vector<Step> x_steps;
};

}  // namespace muniment
