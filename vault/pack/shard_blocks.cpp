#include "vault/pack/shard_blocks.hpp"

#include <algorithm>
#include <cstring>

#include "vault/base/assert.hpp"

namespace muniment {

namespace {

constexpr std::size_t block_bytes_max = std::size_t{2} << 20U;
// Runs of several peers may come in another order than they were asked for.
constexpr std::size_t gathered_max = 2;

}  // namespace

ShardBlocks::ShardBlocks(File& file, std::size_t shard_bytes)
    : x_file(file),
      x_shard_bytes(shard_bytes),
      x_block_shards(std::min(block_bytes_max / shard_bytes, pack_format::shards)) {}

ShardBlocks::~ShardBlocks() {
  if (x_written.valid()) x_written.wait();
}

void ShardBlocks::put(std::size_t first, ByteView shards) {
  VAULT_ASSERT(shards.size() % x_shard_bytes == 0);
  while (!shards.empty()) {
    const std::size_t number = first / x_block_shards;
    const std::size_t begin = first % x_block_shards;
    const std::size_t count = std::min(shards.size() / x_shard_bytes, x_block_shards - begin);
    Block& block = block_at(number);
    // std::ranges::copy takes std::byte one at a time.
    std::memcpy(block.bytes.data() + begin * x_shard_bytes, shards.data(), count * x_shard_bytes);
    for (std::size_t i = begin; i < begin + count; ++i) block.held.set(i);
    if (block.held.count() == x_block_shards) write_out(x_gathered.find(number));
    first += count;
    shards = shards.subspan(count * x_shard_bytes);
  }
}

void ShardBlocks::flush() {
  while (!x_gathered.empty()) write_out(x_gathered.begin());
  wait();
}

ShardBlocks::Block& ShardBlocks::block_at(std::size_t number) {
  const auto found = x_gathered.find(number);
  if (found != x_gathered.end()) return found->second;
  if (x_gathered.size() == gathered_max) write_out(x_gathered.begin());
  Block& block = x_gathered[number];
  block.bytes = std::move(x_spare);
  block.bytes.resize(x_block_shards * x_shard_bytes);
  return block;
}

void ShardBlocks::write_out(Blocks::iterator block) {
  wait();
  const std::uint64_t offset = std::uint64_t{block->first} * x_block_shards * x_shard_bytes;
  auto write = [&file = x_file, offset, shard_bytes = x_shard_bytes, shards = x_block_shards,
                gathered = std::move(block->second)]() mutable {
    for (std::size_t i = 0; i < shards;) {
      std::size_t end = i;
      while (end < shards && gathered.held[end]) ++end;
      const ByteView run =
          ByteView(gathered.bytes).subspan(i * shard_bytes, (end - i) * shard_bytes);
      if (!run.empty()) file.write_at(offset + i * shard_bytes, run);
      i = end + 1;
    }
    return std::move(gathered.bytes);
  };
  x_gathered.erase(block);
  // Where the system has no thread left it is written by wait().
  x_written = std::async(std::launch::async | std::launch::deferred, std::move(write));
}

void ShardBlocks::wait() {
  if (x_written.valid()) x_spare = x_written.get();
}

}  // namespace muniment
