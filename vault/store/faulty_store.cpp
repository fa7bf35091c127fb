#include "vault/store/faulty_store.hpp"

#include "vault/base/error.hpp"

namespace muniment {

namespace {

Error injected_fault() {
  return Error(ErrorCode::io, "store: injected fault");
}

}  // namespace

void FaultyStore::fail_after(std::uint64_t calls) {
  x_calls = 0;
  x_calls_max = calls;
}

void FaultyStore::recover() {
  fail_after(~std::uint64_t{0});
}

void FaultyStore::damage(std::string_view key, ByteView bytes) {
  x_damaged.replace(key, bytes);
}

std::optional<std::uint64_t> FaultyStore::stat(std::string_view key) const {
  count_call();
  const auto damaged = x_damaged.stat(key);
  return damaged ? damaged : x_inner.stat(key);
}

std::optional<std::size_t> FaultyStore::get_range(std::string_view key, std::uint64_t offset,
                                                  MutableByteView target) const {
  count_call();
  const auto damaged = x_damaged.get_range(key, offset, target);
  return damaged ? damaged : x_inner.get_range(key, offset, target);
}

std::vector<std::string> FaultyStore::list(std::string_view prefix) const {
  count_call();
  return x_inner.list(prefix);
}

bool FaultyStore::put_if_absent(std::string_view key, ByteView bytes) {
  count_change();
  return x_inner.put_if_absent(key, bytes);
}

void FaultyStore::flush() {
  count_change();
  x_inner.flush();
}

void FaultyStore::make_durable(std::span<const std::string> keys) {
  count_change();
  x_inner.make_durable(keys);
}

void FaultyStore::discard() noexcept {
  x_inner.discard();
}

void FaultyStore::replace(std::string_view key, ByteView bytes) {
  count_change();
  x_inner.replace(key, bytes);
  x_damaged.remove(key);
}

bool FaultyStore::remove(std::string_view key) {
  count_change();
  x_damaged.remove(key);
  return x_inner.remove(key);
}

bool FaultyStore::exhausted() const {
  return x_calls++ >= x_calls_max;
}

void FaultyStore::count_call() const {
  if (exhausted()) throw injected_fault();
}

void FaultyStore::count_change() {
  if (!exhausted()) return;
  x_inner.discard();
  throw injected_fault();
}

}  // namespace muniment
