#include "vault/base/error.hpp"

#include <cerrno>
#include <system_error>

namespace muniment {

namespace {

std::string hint_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free some space and try again";
    case EACCES:
    case EPERM:
      return "check the owner and permissions, and who runs this";
    case EROFS:
      return "the file system is mounted read-only";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    case EIO:
      return "the disk may be failing: check the system log, and copy the vault elsewhere";
    default:
      return {};
  }
}

}  // namespace

Error io_error(std::string_view object, std::string_view action, int error_number) {
  std::string message(object);
  message.append(": ").append(action).append(": ");
  message += std::generic_category().message(error_number);
  return {ErrorCode::io, message, hint_for(error_number)};
}

}  // namespace muniment
