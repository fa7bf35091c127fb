// What Ctrl-C leaves behind, said to the one who pressed it.
#pragma once

#include <string>
#include <utility>

#include "vault/base/error.hpp"

namespace muniment {

// The result of `work`. If it is stopped, the Error(interrupted) says what `state` returns.
template <class Work, class State>
auto or_say_state(Work&& work, State&& state) {
  try {
    return std::forward<Work>(work)();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    throw Error(ErrorCode::interrupted,
                std::string("interrupted: ") + std::forward<State>(state)());
  }
}

}  // namespace muniment
