// One connection with one peer, as a state machine: bytes and time go in, bytes come out. It has no
// socket, clock or thread of its own.
#pragma once

#include "sync/protocol/responder.hpp"
#include "sync/protocol/round.hpp"

namespace muniment::sync {

class Session {
 public:
  // `peer` is the device whose transport key the connection has shown. `node` must outlive the
  // session. HELLO is in the output at once.
  Session(Node& node, const DeviceId& peer, Instant now);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // What came from the peer, in pieces of any size.
  void receive(ByteView bytes, Instant now);
  // Deadlines, and what other sessions have changed meanwhile. To be called at next_deadline() and
  // after any session of the node did something.
  void tick(Instant now);
  [[nodiscard]] Instant next_deadline() const noexcept;

  // What is to be sent now: at most about limits::outbox_bytes_max. Empty if nothing is; to be
  // called again when it was sent.
  [[nodiscard]] Bytes take_output(Instant now);

  // Whether take_output may give something, or there is nothing more to wait for.
  [[nodiscard]] bool has_output() const noexcept {
    return !x_output.empty() || x_responder.waiting() > 0 || x_closed;
  }

  // Ends the session; the output then ends with BYE.
  void close(CloseCode code);
  // Why the session ended. Once the output was taken, the connection may be closed.
  [[nodiscard]] std::optional<CloseCode> closed() const noexcept { return x_closed; }
  // True if the peer is at fault.
  [[nodiscard]] bool peer_failed() const noexcept { return x_peer_failed; }

  [[nodiscard]] const DeviceId& peer() const noexcept { return x_peer; }
  [[nodiscard]] bool open() const noexcept { return x_hello.has_value() && !x_closed; }
  // Nothing is asked for, and both sides know the same.
  [[nodiscard]] bool settled() const;

  // Asks whether the peer holds these shards, of packs that we hold; the listener gets the answer.
  // `nonce` is random, another for each call. False if it cannot be asked now. 1 to
  // limits::challenges_max shards.
  bool challenge(const Nonce& nonce, std::vector<ShardName> shards, Instant now);
  // From when on the peer is asked for shards again, if it was busy.
  [[nodiscard]] Instant busy_until() const noexcept { return x_busy_until; }

  // Bytes of memory that the peer can make us hold: what was not yet sent, and a frame that did not
  // yet end.
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return x_output.size() + x_splitter.held_bytes();
  }

 private:
  // What was asked, for when the answer comes.
  struct AskedCollections {};
  struct AskedHeads {
    CollectionId collection;
  };
  struct AskedFork {
    LedgerRef ledger;
  };
  using AskedLedger = std::unique_ptr<LedgerPull>;
  struct AskedPing {};
  using AskedPack = PackPull::Ask;
  using Asked = std::variant<AskedCollections, AskedHeads, AskedFork, AskedLedger, AskedPing,
                             AskedPack, Challenge>;
  struct Outstanding {
    Asked asked;
    std::size_t cost = 0;
    bool begun = false;  // of a ledger: LEDGER came
  };
  // Ends the session from within.
  struct Stop {
    CloseCode code;
  };

  void handle(const Frame& frame, Instant now);
  void handle_announcement(const Message& message, Instant now);
  void handle_hello(const Hello& hello);
  void handle_request(std::uint32_t number, Message message);
  void handle_answer(std::uint32_t number, Message message, Instant now);
  void handle_refused(Outstanding outstanding, const Refused& refused, Instant now);
  void count_idle_frame(Instant now);

  // One for each kind of what was asked; throw Stop if the answer is of another kind.
  void answered(const AskedCollections& asked, const Message& message);
  void answered(const AskedHeads& asked, const Message& message);
  void answered(const AskedFork& asked, const Message& message);
  void answered(const AskedPing& asked, const Message& message);
  void answered(const AskedPack& asked, const Message& message, Instant now);
  void answered(const Challenge& asked, const Message& message);
  // Empty if it cannot be read, or is not what it was.
  [[nodiscard]] std::optional<Bytes> own_shard(const ShardName& name);
  // True if more of the answer is to come.
  [[nodiscard]] bool ledger_answered(Outstanding& outstanding, Message message, Instant now);
  void end_pull(const LedgerPull& pull);
  void report_growth(const LedgerPull& pull);

  void work(Instant now);
  void answer_waiting(Instant now);
  void announce(Instant now);
  void ask_round(Instant now);
  void ask_packs(Instant now);
  void ask_copies(Instant now);
  [[nodiscard]] bool can_ask(std::size_t cost) const;
  void ask(const Message& message, Asked asked, Instant now);
  void ask_in_round(const Message& message, Instant now);
  [[nodiscard]] Sha256Digest own_digest();
  void check_deadlines(Instant now);
  void storage_failed(const Error& error, Instant now);
  // Runs `step`; a Stop closes the session, an Error of our storage pauses fetching.
  template <class Step>
  void guarded(Instant now, Step step);
  void release_asked();

  Node& x_node;
  DeviceId x_peer;
  Instant x_begun;
  FrameSplitter x_splitter;
  Responder x_responder;
  Round x_round;
  Bytes x_output;
  std::optional<Hello> x_hello;  // the peer's
  std::optional<CloseCode> x_closed;
  bool x_peer_failed = false;

  // Ours.
  std::uint32_t x_next_request = 1;
  std::map<std::uint32_t, Outstanding> x_outstanding;
  std::size_t x_outstanding_cost = 0;
  std::size_t x_pulls = 0;
  std::uint64_t x_revision = 0;  // of the node, when x_digest was made
  Sha256Digest x_digest;
  std::optional<Sha256Digest> x_announced;
  Instant x_announced_at{};
  bool x_round_wanted = false;
  Instant x_round_ended{};

  // The peer's.
  std::uint32_t x_last_request = 0;
  std::optional<Sha256Digest> x_peer_digest;

  Instant x_busy_until{};  // it gives no shards before
  // What a rate holds back may go then.
  Instant x_asks_held_until = Instant::max();
  Instant x_answers_held_until = Instant::max();

  // When what happened last.
  Instant x_ticked_at;
  Instant x_frame_at;
  Instant x_answer_at;
  std::optional<Instant> x_frame_begun;
  bool x_ping_out = false;
  Instant x_idle_since{};
  std::uint32_t x_idle_frames = 0;
};

}  // namespace muniment::sync
