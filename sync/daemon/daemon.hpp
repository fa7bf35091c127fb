// A vault that answers its peers and dials them, until it is told to stop, or has nothing more to
// do.
#pragma once

#include "sync/daemon/config.hpp"
#include "sync/daemon/diary.hpp"
#include "sync/daemon/errand.hpp"
#include "sync/daemon/reporter.hpp"
#include "sync/vault_replica.hpp"

namespace muniment::sync {

// How long to wait before a peer is dialled again after so many failures in a row: 5 s, each time
// twice as long, up to an hour if the peer broke a rule and to 5 minutes if it was not there.
[[nodiscard]] std::chrono::seconds dial_pause(std::uint32_t failures, bool peer_failed) noexcept;

class Daemon final : private Listener, private TransportListener {
 public:
  // Opens the vault with the key file's service compartment and listens. Errors are those of
  // Vault::open and Keyring::open_service; Error(busy) if another daemon runs on this vault;
  // Error(io) if it cannot listen, or the access log cannot be written.
  Daemon(const DaemonConfig& config, const Environment& environment, Log& log);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() override;

  // Looks what other programs wrote to the vault, dials who is not connected and due, opens and
  // closes the window for packs, and says how it is. Returns at once: after how long it is to be
  // called again.
  [[nodiscard]] std::chrono::milliseconds step();
  // Whether an errand (config.once) is done; without one it goes on for ever. From any thread.
  [[nodiscard]] Errand::Verdict verdict() const noexcept { return x_verdict; }
  // How it went, in words. After stop().
  [[nodiscard]] std::string summary() const;
  // Ends every session and returns when nothing runs any more.
  void stop();

  // Where it listens, in the order of the configuration.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const noexcept { return x_ports; }

 private:
  // A device that is dialled. On the node's strand.
  struct Peer {
    std::string name;
    std::vector<Address> addresses;
    Route route = Route::usual;
    std::size_t next_address = 0;
    std::uint32_t dials = 0;
    bool dialling = false;
    bool met = false;      // there was a session
    bool reached = false;  // in which both sides knew the same
    int sessions = 0;      // two for a moment, when one replaces the other
    std::chrono::steady_clock::time_point since{};
    std::uint32_t failures = 0;  // in a row
    std::chrono::steady_clock::time_point not_before{};
  };

  // Of packs that a peer was asked for: how many it could produce a shard of, and could not.
  struct Answers {
    std::uint64_t shown = 0;
    std::uint64_t lacked = 0;
  };

  void remember(const DaemonConfig& config);
  void refresh();
  void dial_due();
  // Whether the errand is over for this peer.
  [[nodiscard]] bool is_done_with(const Peer& peer) const;
  void watch_errand();
  [[nodiscard]] Errand::View errand_view();
  void say_progress(const Errand::View& view);
  void watch_window();
  void log_news();
  void report_if_due();
  void report(bool running, const Reporter::Sessions& open);
  [[nodiscard]] UnixSeconds now() const { return x_clock.now(); }
  [[nodiscard]] std::string name_of(const DeviceId& device) const;
  void note_failure(Peer& peer, bool peer_failed);

  void ledger_grew(const LedgerRef& ledger, std::uint64_t size) override;
  void fork_found(const LedgerRef& ledger, const DeviceId& from) override;
  void own_ledger_is_old(const LedgerRef& ledger, std::uint64_t known_size) override;
  void own_ledger_differs(const LedgerRef& ledger) override;
  void pack_arrived(const PackName& pack) override;
  void own_pack_damaged(const PackName& pack) override;
  void bad_shards(const DeviceId& from, const PackName& pack) override;
  void possession_answered(const DeviceId& by, const ShardName& shard, bool proven) override;
  void storage_failed(const std::string& cause) override;

  void connected(const DeviceId& peer, const std::string& address) override;
  void disconnected(const DeviceId& peer, const std::string& address, const End& end) override;
  void not_connected(const std::optional<DeviceId>& peer, const std::string& address,
                     const std::string& cause) override;
  void transport_failed(const std::string& cause) override;

  const Clock& x_clock;
  std::vector<Window> x_windows;
  std::chrono::seconds x_rescan;
  Log& x_log;
  Vault x_vault;
  std::unique_ptr<FileLock> x_lock;
  Replication x_replication;
  Diary x_diary;
  VaultReplica x_replica;
  Node x_node;
  std::map<DeviceId, Peer> x_peers;
  std::vector<std::uint16_t> x_ports;
  std::uint64_t x_packs = 0;              // that arrived since it was last said
  std::map<DeviceId, Answers> x_answers;  // the same
  Reporter x_reporter;
  bool x_open = true;  // packs may travel
  std::chrono::steady_clock::time_point x_news_at{};
  std::chrono::steady_clock::time_point x_refresh_at{};
  std::chrono::steady_clock::time_point x_save_copies_at{};
  std::optional<Errand> x_errand;
  std::atomic<Errand::Verdict> x_verdict{Errand::Verdict::going};
  Traffic x_ended_traffic;     // of sessions that ended
  std::uint64_t x_gained = 0;  // packs that came, and ledgers that grew
  std::uint64_t x_said_bytes = 0;
  std::chrono::steady_clock::time_point x_said_at{};
  std::unique_ptr<Transport> x_transport;
};

}  // namespace muniment::sync
