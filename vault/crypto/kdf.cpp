#include "vault/crypto/kdf.hpp"

#include <fmt/format.h>
#include <time.h>

#include "vault/base/error.hpp"
#include "vault/crypto/sodium.hpp"

namespace muniment {

namespace {

// What a laptop can spare when it opens the keyring that a server made.
constexpr std::uint64_t measured_memory_bytes_max = 1ULL << 30U;

// Never null, not even for nothing, since libsodium refuses that.
const char* c_chars(ByteView bytes) {
  return bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
}

// Time that this thread was given: another busy program must not make the cost look higher.
double thread_milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

}  // namespace

SecretBytes hkdf_sha512(ByteView secret, ByteView salt, ByteView info, std::size_t out_size) {
  VAULT_ASSERT(!secret.empty());
  VAULT_ASSERT(out_size <= crypto_kdf_hkdf_sha512_BYTES_MAX);
  SecretBytes prk(crypto_kdf_hkdf_sha512_KEYBYTES);
  crypto_kdf_hkdf_sha512_extract(c_bytes(prk.mutable_view()), c_bytes(salt), salt.size(),
                                 c_bytes(secret), secret.size());
  SecretBytes out(out_size);
  crypto_kdf_hkdf_sha512_expand(c_bytes(out.mutable_view()), out.size(), c_chars(info), info.size(),
                                c_bytes(prk.view()));
  return out;
}

SecretBytes hkdf_sha256(ByteView secret, ByteView salt, ByteView info, std::size_t out_size) {
  return hkdf_sha256_expand(hkdf_sha256_extract(salt, secret).view(), info, out_size);
}

SecretBytes hkdf_sha256_extract(ByteView salt, ByteView secret) {
  VAULT_ASSERT(!secret.empty());
  SecretBytes prk(crypto_kdf_hkdf_sha256_KEYBYTES);
  crypto_kdf_hkdf_sha256_extract(c_bytes(prk.mutable_view()), c_bytes(salt), salt.size(),
                                 c_bytes(secret), secret.size());
  return prk;
}

SecretBytes hkdf_sha256_expand(ByteView prk, ByteView info, std::size_t out_size) {
  VAULT_ASSERT(prk.size() == crypto_kdf_hkdf_sha256_KEYBYTES);
  VAULT_ASSERT(out_size <= crypto_kdf_hkdf_sha256_BYTES_MAX);
  SecretBytes out(out_size);
  crypto_kdf_hkdf_sha256_expand(c_bytes(out.mutable_view()), out.size(), c_chars(info), info.size(),
                                c_bytes(prk));
  return out;
}

SecretBytes hmac_sha256(ByteView key, ByteView message) {
  SecretBytes mac(crypto_auth_hmacsha256_BYTES);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, c_bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, c_bytes(message), message.size());
  crypto_auth_hmacsha256_final(&state, c_bytes(mac.mutable_view()));
  sodium_memzero(&state, sizeof state);
  return mac;
}

SecretBytes argon2id(ByteView passphrase, ByteView salt, const Argon2idCost& cost) {
  VAULT_ASSERT(salt.size() == argon2id_salt_bytes);
  if (cost.passes < 1 || cost.passes > argon2id_passes_max ||
      cost.memory_bytes < argon2id_memory_bytes_min ||
      cost.memory_bytes > argon2id_memory_bytes_max) {
    throw Error(ErrorCode::limit,
                fmt::format("argon2id: a cost of {} passes over {} bytes is refused", cost.passes,
                            cost.memory_bytes));
  }
  SecretBytes key(32);
  if (crypto_pwhash_argon2id(c_bytes(key.mutable_view()), key.size(), c_chars(passphrase),
                             passphrase.size(), c_bytes(salt), cost.passes, cost.memory_bytes,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    throw Error(
        ErrorCode::io,
        fmt::format("argon2id: {} bytes of memory are needed and not to be had", cost.memory_bytes),
        "close other programs, then try again");
  }
  return key;
}

Argon2idCost measure_argon2id(unsigned milliseconds, std::uint64_t memory_bytes_min) {
  const std::array<std::byte, argon2id_salt_bytes> salt{};
  Argon2idCost cost{.passes = 1, .memory_bytes = memory_bytes_min};
  const auto measured = [&](std::uint32_t passes) {
    const double before = thread_milliseconds();
    (void)argon2id(as_bytes("measured"), salt, {passes, cost.memory_bytes});
    return thread_milliseconds() - before;
  };
  // The first pass also gets the memory from the system. Of what is measured twice the less counts:
  // a machine that was busy meanwhile would make the cost too low for ever.
  const double first = std::min(measured(1), measured(1));
  const double next = std::max(measured(2) - first, first / 4);
  const double one_pass = std::max(std::min(first, next), 1e-3);
  double passes = 1 + (milliseconds - first) / one_pass;

  // Memory first, as that is what an attacker's hardware lacks; but leave three passes to be had,
  // the fewest that RFC 9106 §4 recommends below 2 GiB.
  while (passes >= 6 && cost.memory_bytes * 2 <= measured_memory_bytes_max) {
    cost.memory_bytes *= 2;
    passes /= 2;
  }
  cost.passes = static_cast<std::uint32_t>(std::clamp<double>(passes, 1, argon2id_passes_max));
  return cost;
}

}  // namespace muniment
