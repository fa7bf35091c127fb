// Keys that tests sign with, the same in every run.
#pragma once

#include "vault/crypto/sign.hpp"

namespace muniment::test {

template <class Purpose>
SigningKey<Purpose> fixed_key(std::uint8_t number) {
  return *SigningKey<Purpose>::from_bytes(Bytes(32, std::byte{number}));
}

}  // namespace muniment::test
