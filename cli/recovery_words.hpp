// Recovery words as people have them: a sheet, trustees' shares, from files or typed.
#pragma once

#include "cli/session.hpp"

namespace muniment {

// The words of a text, parted by single spaces: of a sheet as 'init' writes it, in the order of its
// numbers; else all of them.
[[nodiscard]] SecretBytes words_of(const SecretBytes& text);

// The seed that the sheet, or as many shares as are needed, give. From `files`, or where there are
// none typed on the terminal, until it is enough. Error(wrong_key) names the share at fault, or how
// many more are needed.
[[nodiscard]] RecoverySeed read_recovery_seed(Session& session,
                                              const std::vector<std::string>& files);

}  // namespace muniment
