#include "vault/crypto/pbkdf2.hpp"

#include <doctest/doctest.h>

namespace muniment {

namespace {

std::string derived(std::string_view password, std::string_view salt, std::uint32_t iterations,
                    std::size_t out_size) {
  return to_hex(
      pbkdf2_hmac_sha256(as_bytes(password), as_bytes(salt), iterations, out_size).view());
}

}  // namespace

TEST_CASE("pbkdf2: the examples of RFC 7914 §11") {
  CHECK(derived("passwd", "salt", 1, 64) ==
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
  CHECK(derived("Password", "NaCl", 80000, 64) ==
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
        "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
}

TEST_CASE("pbkdf2: an empty password and salt are a password and a salt") {
  // Python's hashlib.
  CHECK(to_hex(pbkdf2_hmac_sha256({}, {}, 2, 20).view()) ==
        "97398411d6aea43a77acef92226ab8278d4db066");
}

}  // namespace muniment
