#include "vault/marker.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/keyring/example.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/keyring/keyring_file.hpp"
#include "vault/last_check.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

void put(FileSystem& files, const FileSystem::Path& path, std::string_view text) {
  write_file_atomically(files, path, as_bytes(text));
}

std::optional<Error> failure(FileSystem& files) {
  return error_of([&] { (void)find_marker(files, "/"); });
}

void put_keyring(FileSystem& files) {
  CreatedKeyring created = example_keyring();
  save_keyring(files, "/", created.keyring);
}

std::string marker_of(std::uint64_t seed) {
  return encode_marker(example_identity(seed));
}

}  // namespace

TEST_CASE("marker: comes back as it was") {
  const std::string text = encode_marker(example_identity());
  CHECK(matches_golden("vault/marker", as_bytes(text)));
  CHECK(decode_marker(text) == example_identity());
}

TEST_CASE("marker: truncated, it is refused; changed, it is refused or another's") {
  const std::string text = encode_marker(example_identity());
  for_each_truncation(as_bytes(text),
                      [](ByteView prefix) { CHECK_FALSE(decode_marker(as_text(prefix))); });
  for_each_bit_flip(as_bytes(text), [](ByteView damaged, std::size_t) {
    const auto decoded = decode_marker(as_text(damaged));
    if (!decoded) return;
    CHECK(*decoded != example_identity());
    CHECK(encode_marker(*decoded) == as_text(damaged));
  });
  CHECK_FALSE(decode_marker(text + "\n"));
  CHECK_FALSE(decode_marker(text + "more 1\n"));
}

TEST_CASE("marker: without one and without a keyring there is no vault") {
  MemoryFileSystem files;
  const auto error = failure(files);
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::no_vault);
}

TEST_CASE("marker: another format version is refused by its name") {
  MemoryFileSystem files;
  put(files, "/muniment", "muniment/vault/v27\nanything\n");
  const auto error = failure(files);
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::unsupported);
  CHECK(std::string(error->what()).find("muniment/vault/v27") != std::string::npos);
}

TEST_CASE("marker: what is no version either is damage") {
  MemoryFileSystem files;
  for (const char* text : {"muniment/vault/vx\n", "muniment/vaulu/v2\n", "x", ""}) {
    put(files, "/muniment", text);
    const auto error = failure(files);
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::damaged);
  }
}

TEST_CASE("marker: the keyring says whose vault it is when the marker does not") {
  MemoryFileSystem files;
  put_keyring(files);
  FoundMarker found = find_marker(files, "/");
  CHECK(found.identity == example_identity());
  CHECK(found.damage == "missing");
  for (const char* text : {"", "muniment/vault/v1\n", "muniment/vault/v2\n"}) {
    put(files, "/muniment", text);
    found = find_marker(files, "/");
    CHECK(found.identity == example_identity());
    CHECK(found.damage == "damaged");
  }
  put(files, "/muniment", encode_marker(example_identity()));
  CHECK(find_marker(files, "/").damage.empty());
}

TEST_CASE("marker: every single turned bit is outvoted by the keyring") {
  MemoryFileSystem files;
  put_keyring(files);
  const std::string text = encode_marker(example_identity());
  for_each_bit_flip(as_bytes(text), [&](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    put(files, "/muniment", as_text(damaged));
    const FoundMarker found = find_marker(files, "/");
    CHECK(found.identity == example_identity());
    CHECK(found.damage == "damaged");
  });
}

TEST_CASE("marker: a keyring of another vault does not outvote it") {
  MemoryFileSystem files;
  put_keyring(files);
  put(files, "/muniment", marker_of(8));
  const FoundMarker found = find_marker(files, "/");
  CHECK(found.identity == example_identity(8));
  CHECK(found.damage.empty());
}

TEST_CASE("marker: with both copies of the keyring damaged it stands alone") {
  MemoryFileSystem files;
  put(files, "/keyring", "x");
  put(files, "/keyring.2", "x");
  put(files, "/muniment", marker_of(8));
  CHECK(find_marker(files, "/").identity == example_identity(8));
  put(files, "/muniment", "x");
  const auto error = failure(files);
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
}

TEST_CASE("marker: what the system does not let us read is neither absent nor damaged") {
  MemoryFileSystem files;
  files.make_directory("/keyring.2");
  const auto nothing_else = failure(files);
  REQUIRE(nothing_else);
  CHECK(nothing_else->code() == ErrorCode::io);
  put(files, "/keyring", "x");
  put(files, "/muniment", "x");
  const auto damage_besides = failure(files);
  REQUIRE(damage_besides);
  CHECK(damage_besides->code() == ErrorCode::io);
  put(files, "/muniment", marker_of(8));
  CHECK(find_marker(files, "/").identity == example_identity(8));
}

TEST_CASE("last check: comes back as it was, and nothing else does") {
  MemoryFileSystem files;
  CHECK_FALSE(find_last_check(files, "/"));
  save_last_check(files, "/", {1'700'000'000, VerifyDepth::deep, 3});
  const auto found = find_last_check(files, "/");
  REQUIRE(found);
  CHECK(found->time == 1'700'000'000);
  CHECK(found->depth == VerifyDepth::deep);
  CHECK(found->damage == 3);
  const auto bytes = read_file(files, "/verified", 1000);
  REQUIRE(bytes);
  CHECK(as_text(*bytes) == "muniment/verified/v1\ntime 1700000000\ndepth deep\ndamage 3\n");
  for_each_truncation(*bytes, [&](ByteView prefix) {
    put(files, "/verified", as_text(prefix));
    CHECK_FALSE(find_last_check(files, "/"));
  });
  put(files, "/verified", "muniment/verified/v1\ntime 1\ndepth deeper\ndamage 3\n");
  CHECK_FALSE(find_last_check(files, "/"));
}
