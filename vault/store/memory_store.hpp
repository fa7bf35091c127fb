// Objects in memory: for tests, and for work that must leave no trace.
#pragma once

#include <map>
#include <shared_mutex>

#include "vault/store/pack_store.hpp"

namespace muniment {

class MemoryStore final : public PackStore {
 public:
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
  using Objects = std::map<std::string, Bytes, std::less<>>;

  mutable std::shared_mutex x_mutex;
  Objects x_objects;
  Objects x_staged;
};

}  // namespace muniment
