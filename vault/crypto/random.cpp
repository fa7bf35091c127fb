#include "vault/crypto/random.hpp"

#include "vault/crypto/sodium.hpp"

namespace muniment {

void SystemRandom::fill(MutableByteView target) {
  detail::init_sodium();
  if (!target.empty()) randombytes_buf(target.data(), target.size());
}

}  // namespace muniment
