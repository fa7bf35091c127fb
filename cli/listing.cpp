#include "cli/listing.hpp"

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment {

PathForm raw_if(bool wanted) {
  if (wanted && Terminal::shows_data()) {
    throw Error(ErrorCode::usage, "-0: raw paths are not written to a terminal",
                "pipe them into another program, for example into 'xargs -0'");
  }
  return wanted ? PathForm::raw : PathForm::escaped;
}

void write_path(Terminal& terminal, std::string_view path, PathForm form) {
  if (form == PathForm::raw) {
    terminal.write(path);
    terminal.write(std::string_view("\0", 1));
  } else {
    terminal.write_line(escape(path));
  }
}

}  // namespace muniment
