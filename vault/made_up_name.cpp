#include "vault/made_up_name.hpp"

#include <fmt/format.h>

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"
#include "vault/consortium/names.hpp"
#include "vault/keyring/slip39_words.hpp"

namespace muniment {

namespace {

std::string made_up_name(Random& random) {
  const auto draw = random.fixed<FixedBytes<struct NameDrawTag, 8>>().prefix();
  return fmt::format("{}-{}", slip39_word(draw % slip39_word_count),
                     slip39_word(draw / slip39_word_count % slip39_word_count));
}

}  // namespace

std::string name_or_made_up(const std::string& name, std::string_view what, Random& random) {
  if (name.empty()) return made_up_name(random);
  if (is_valid_name(name)) return name;
  throw Error(ErrorCode::usage, fmt::format("{} name '{}': not a valid name", what, escape(name)),
              "use 1 to 255 bytes of UTF-8 without control characters");
}

}  // namespace muniment
