#include "vault/crypto/secret.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <type_traits>

#include "tests/support/fixed.hpp"
#include "vault/crypto/aead.hpp"

namespace muniment {

using test::FixedRandom;

namespace {

using OneKey = SecretKey<struct OnePurpose>;
using OtherKey = SecretKey<struct OtherPurpose>;

// True unless `action` returns in a process of its own.
template <class Action>
bool ends_the_process(Action&& action) {
  std::cout.flush();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(STDERR_FILENO);
    // Else the test framework takes the signal and goes on as a second run.
    for (const int signal : {SIGABRT, SIGBUS, SIGSEGV}) std::signal(signal, SIG_DFL);
    action();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

void read(const std::byte* memory) {
  [[maybe_unused]] const volatile std::byte value = *memory;
}

}  // namespace

static_assert(!std::is_copy_constructible_v<SecretBytes> &&
              !std::is_copy_assignable_v<SecretBytes>);
static_assert(!std::is_copy_constructible_v<OneKey> && !std::is_copy_assignable_v<OneKey>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(!std::is_convertible_v<OneKey, OtherKey> &&
              !std::is_constructible_v<OtherKey, OneKey>);
static_assert(!std::equality_comparable<SecretBytes> && !std::equality_comparable<OneKey>);

TEST_CASE("secret: new bytes are zeros, and none are none") {
  const SecretBytes secret(100);
  CHECK(secret.size() == 100);
  CHECK(equal(secret.view(), Bytes(100)));
  CHECK(SecretBytes().view().empty());
  CHECK(SecretBytes(0).view().empty());
}

TEST_CASE("secret: a copy is made only when asked for, and stands alone") {
  Bytes source = to_bytes("thirty-two bytes of a secret key");
  const auto key = OneKey::from_bytes(source);
  REQUIRE(key);
  const OneKey copy = key->clone();
  std::ranges::fill(source, std::byte{0});
  CHECK(as_text(key->view()) == "thirty-two bytes of a secret key");
  CHECK(as_text(copy.view()) == "thirty-two bytes of a secret key");
  CHECK(copy.view().data() != key->view().data());
}

TEST_CASE("secret: a move hands the memory over and leaves nothing behind") {
  SecretBytes from = SecretBytes::copy_of(as_bytes("secret"));
  const std::byte* const memory = from.view().data();
  const SecretBytes to = std::move(from);
  CHECK(to.view().data() == memory);
  CHECK(as_text(to.view()) == "secret");
  CHECK(from.size() == 0);  // NOLINT(bugprone-use-after-move): what is tested
  CHECK(from.view().empty());
}

TEST_CASE("secret: a key has 32 bytes") {
  for (const std::size_t size : {0U, 31U, 33U, 64U}) {
    CHECK_FALSE(OneKey::from_bytes(Bytes(size)));
    CHECK_FALSE(OneKey::from_bytes(SecretBytes(size)));
  }
  FixedRandom random;
  const OneKey generated = OneKey::generate(random);
  CHECK(equal(generated.view(), FixedRandom().bytes(32)));
}

TEST_CASE("secret: using a moved-from key ends the program") {
  FixedRandom random;
  CHECK(ends_the_process([&] {
    OneKey key = OneKey::generate(random);
    const OneKey taken = std::move(key);
    (void)seal(Suite::aegis256, key, 0, {});  // NOLINT(bugprone-use-after-move): what is tested
  }));
  CHECK_FALSE(ends_the_process([&] {
    const OneKey key = OneKey::generate(random);
    (void)seal(Suite::aegis256, key, 0, {});
  }));
}

TEST_CASE("secret: reading past the end, or after it is dropped, ends the program") {
  CHECK(ends_the_process([] {
    const SecretBytes secret(32);
    read(secret.view().data() + 32);
  }));
  CHECK(ends_the_process([] {
    const std::byte* const memory = SecretBytes(32).view().data();
    read(memory);
  }));
  CHECK_FALSE(ends_the_process([] {
    const SecretBytes secret(32);
    read(secret.view().data() + 31);
  }));
}

TEST_CASE("secret: wiping leaves zeros, and only where it was asked to") {
  Bytes bytes(8, std::byte{0x55});
  wipe(MutableByteView(bytes).subspan(2, 4));
  CHECK(to_hex(bytes) == "5555000000005555");
  wipe({});
}

TEST_CASE("secret: constant-time equality is equality") {
  CHECK(equal_constant_time(as_bytes("same"), as_bytes("same")));
  CHECK_FALSE(equal_constant_time(as_bytes("same"), as_bytes("samE")));
  CHECK_FALSE(equal_constant_time(as_bytes("same"), as_bytes("sam")));
  CHECK(equal_constant_time({}, {}));
}

TEST_CASE("random: the system's differs each time, and none is none") {
  SystemRandom random;
  std::array<std::byte, 32> first{};
  std::array<std::byte, 32> second{};
  random.fill(first);
  random.fill(second);
  CHECK_FALSE(equal(first, second));
  random.fill({});
}

}  // namespace muniment
