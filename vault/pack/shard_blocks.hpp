// Shards on their way into a pack's file. They come in runs of a quarter of a MiB and from several
// peers; a disk wants more at a time, and whoever hands them over has others to prove meanwhile.
#pragma once

#include <bitset>
#include <future>
#include <map>

#include "vault/base/file.hpp"
#include "vault/base/page_bytes.hpp"
#include "vault/pack/format.hpp"

namespace muniment {

// Gathers shards into blocks of at most 2 MiB that go past the page cache, and has one of them
// written by another thread while the next is gathered. Holds three blocks at most. One thread.
class ShardBlocks {
 public:
  // `file` must outlive this, and is used by nobody else between put() and flush().
  ShardBlocks(File& file, std::size_t shard_bytes);
  // Waits for the block that is being written.
  ~ShardBlocks();
  ShardBlocks(const ShardBlocks&) = delete;
  ShardBlocks& operator=(const ShardBlocks&) = delete;

  // Takes whole shards, from the pack's `first` on. Error(io) may be about a block of before: what
  // was put since the last flush() is then in the file or not.
  void put(std::size_t first, ByteView shards);
  // Returns when all of it is in the file, though not yet durable. Throws as put() does.
  void flush();

 private:
  struct Block {
    PageBytes bytes;
    std::bitset<pack_format::shards> held;  // counted from the block's first shard
  };
  using Blocks = std::map<std::size_t, Block>;  // by how many blocks come before it

  [[nodiscard]] Block& block_at(std::size_t number);
  void write_out(Blocks::iterator block);
  // Until no block is being written.
  void wait();

  File& x_file;
  std::size_t x_shard_bytes;
  std::size_t x_block_shards;
  Blocks x_gathered;
  std::future<PageBytes> x_written;
  PageBytes x_spare;
};

}  // namespace muniment
