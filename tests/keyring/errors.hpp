// What an operation fails with, as a value.
#pragma once

#include <optional>

#include "vault/base/error.hpp"

namespace muniment::test {

template <class Call>
std::optional<Error> error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

// Empty if nothing fails.
template <class Call>
std::optional<ErrorCode> error_code(Call&& call) {
  const std::optional<Error> error = error_of(call);
  return error ? std::optional(error->code()) : std::nullopt;
}

}  // namespace muniment::test
