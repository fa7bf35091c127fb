#include "vault/base/direct_write.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>

#include "tests/support/temporary_directory.hpp"
#include "vault/base/descriptor.hpp"
#include "vault/base/page_bytes.hpp"

using namespace muniment;

namespace {

constexpr std::size_t page = PageBytes::page_bytes;

struct Scratch {
  test::TemporaryDirectory directory;
  Descriptor file{::open((directory.path() / "file").c_str(), O_RDWR | O_CREAT | O_EXCL, 0600)};

  [[nodiscard]] Bytes read(std::size_t size) const {
    Bytes bytes(size + 1);
    const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    REQUIRE(count >= 0);
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }
};

PageBytes pattern(std::size_t size) {
  PageBytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes.data()[i] = static_cast<std::byte>(i % 253);
  return bytes;
}

}  // namespace

TEST_CASE("direct write: what is whole pages and what is not is written alike") {
  const PageBytes bytes = pattern(6 * page);
  const ByteView all(bytes);
  struct Block {
    std::uint64_t offset;
    ByteView bytes;
  };
  for (const Block& block :
       {Block{0, all}, Block{page, all.first(2 * page)}, Block{0, all.subspan(1, page)},
        Block{7, all.first(page)}, Block{2 * page, all.first(page + 1)}, Block{0, all.first(0)}}) {
    const Scratch scratch;
    REQUIRE(write_all_at(scratch.file.get(), block.offset, block.bytes, page) == 0);
    const Bytes found = scratch.read(block.offset + block.bytes.size());
    const std::size_t end = block.bytes.empty() ? 0 : block.offset + block.bytes.size();
    REQUIRE(found.size() == end);
    CHECK(equal(ByteView(found).last(block.bytes.size()), block.bytes));
    CHECK((::fcntl(scratch.file.get(), F_GETFL) & O_DIRECT) == 0);
  }
}

TEST_CASE("direct write: an error is the system's own") {
  const PageBytes bytes = pattern(page);
  const Descriptor full(::open("/dev/full", O_WRONLY));
  REQUIRE(full);
  CHECK(write_all_at(full.get(), 0, bytes, page) == ENOSPC);
  CHECK(write_all_at(-1, 0, bytes, page) == EBADF);
  // /dev/null takes O_DIRECT nowhere, and every byte.
  const Descriptor null(::open("/dev/null", O_WRONLY));
  CHECK(write_all_at(null.get(), 0, bytes, page) == 0);
}
