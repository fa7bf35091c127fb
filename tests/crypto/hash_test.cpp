#include "vault/crypto/hash.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "vault/crypto/sha512.hpp"

namespace muniment {

TEST_CASE("sha-256: the examples of FIPS 180-4") {
  CHECK(sha256(ByteView()).hex() ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256(as_bytes("abc")).hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex() ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(Bytes(1'000'000, std::byte{'a'})).hex() ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha-256: two parts hash as their concatenation, wherever the cut is") {
  const std::string_view text =
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopqABCDEFGHIJKLM";
  const Sha256Digest whole = sha256(as_bytes(text));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(sha256(as_bytes(text.substr(0, cut)), as_bytes(text.substr(cut))) == whole);
  }
}

TEST_CASE("sha-256: a stream is the hash of its pieces, and a finished one starts again") {
  Sha256 stream;
  for (int round = 0; round < 2; ++round) {
    stream.update(as_bytes("a"));
    stream.update({});
    stream.update(as_bytes("bc"));
    CHECK(stream.finish() == sha256(as_bytes("abc")));
  }
  CHECK(stream.finish() == sha256(ByteView()));
}

TEST_CASE("sha-256: a stream moves with what it has seen, past hashes made meanwhile") {
  Sha256 first;
  first.update(as_bytes("ab"));
  Sha256 second = std::move(first);
  CHECK(sha256(as_bytes("other")) != sha256(as_bytes("abc")));
  second.update(as_bytes("c"));
  CHECK(second.finish() == sha256(as_bytes("abc")));
}

TEST_CASE("sha-256: threads that hash at once do not disturb each other") {
  constexpr int rounds = 2000;
  std::array<int, 4> right{};
  std::vector<std::thread> threads;
  threads.reserve(right.size());
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&right, t] {
      for (int round = 0; round < rounds; ++round) {
        if (sha256(as_bytes("a"), as_bytes("bc")).hex().starts_with("ba7816bf8f01cfea")) ++right[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::ranges::count(right, rounds) == 4);
}

TEST_CASE("sha-512: the examples of FIPS 180-4") {
  CHECK(sha512(as_bytes("abc")).hex() ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(sha512({}).hex() ==
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

TEST_CASE("blake2b: the example of RFC 7693, and the 32-byte form") {
  CHECK(to_hex(blake2b_512(as_bytes("a"), as_bytes("bc")).view()) ==
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  CHECK(blake2b_256(as_bytes("abc")).hex() ==
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  CHECK(blake2b_256({}).hex() ==
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

}  // namespace muniment
