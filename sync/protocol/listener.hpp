// What a replica's operator may want to hear of. Names peers, ledgers, packs and amounts; never
// contents.
#pragma once

#include <string>

#include "sync/protocol/message.hpp"

namespace muniment::sync {

class Listener {
 public:
  virtual ~Listener() = default;

  virtual void ledger_grew(const LedgerRef& ledger, std::uint64_t size) = 0;
  virtual void fork_found(const LedgerRef& ledger, const DeviceId& from) = 0;
  // A peer holds more of our own ledger than we do: we were put back to an old state.
  virtual void own_ledger_is_old(const LedgerRef& ledger, std::uint64_t known_size) = 0;
  // A peer holds another history of our own ledger.
  virtual void own_ledger_differs(const LedgerRef& ledger) = 0;
  virtual void pack_arrived(const PackName& pack) = 0;
  // One of our own is not what it was, and is asked for again.
  virtual void own_pack_damaged(const PackName& pack) = 0;
  virtual void bad_shards(const DeviceId& from, const PackName& pack) = 0;
  virtual void possession_answered(const DeviceId& by, const ShardName& shard, bool proven) = 0;
  // Of ours; nothing is fetched for a while.
  virtual void storage_failed(const std::string& cause) = 0;
};

}  // namespace muniment::sync
