// A store that fails when it is told to: what an S3 that is out of reach, or a disk that rots, does
// to whoever builds on a PackStore. Faults below the store are FileSystem's business.
#pragma once

#include <atomic>

#include "vault/store/memory_store.hpp"

namespace muniment {

// Passes everything on to another store, which must outlive it. Set faults while
// nothing else runs.
class FaultyStore final : public PackStore {
 public:
  explicit FaultyStore(PackStore& inner) : x_inner(inner) {}

  // The next `calls` calls go through; every later one throws Error(io).
  void fail_after(std::uint64_t calls);
  // Calls go through again.
  void recover();
  // Whoever reads the object `key` gets `bytes`, until it is replaced or removed.
  void damage(std::string_view key, ByteView bytes);

  [[nodiscard]] std::optional<std::uint64_t> stat(std::string_view key) const override;
  [[nodiscard]] std::optional<std::size_t> get_range(std::string_view key, std::uint64_t offset,
                                                     MutableByteView target) const override;
  [[nodiscard]] std::vector<std::string> list(std::string_view prefix) const override;

  bool put_if_absent(std::string_view key, ByteView bytes) override;
  void flush() override;
  void make_durable(std::span<const std::string> keys) override;
  void discard() noexcept override;
  void replace(std::string_view key, ByteView bytes) override;
  bool remove(std::string_view key) override;

 private:
  [[nodiscard]] bool exhausted() const;
  void count_call() const;
  void count_change();

  PackStore& x_inner;
  MemoryStore x_damaged;
  mutable std::atomic<std::uint64_t> x_calls = 0;
  std::uint64_t x_calls_max = ~std::uint64_t{0};
};

}  // namespace muniment
