// A device that speaks the protocol by hand, over TLS and with its true key, and keeps no rule.
#pragma once

#include <netinet/tcp.h>

#include <deque>

#include "tests/sync/attacked.hpp"
#include "tests/sync/raw_peer.hpp"

namespace muniment::sync::test {

// What follows this header is the caller's business.
[[nodiscard]] inline Bytes frame(MessageType type, std::uint32_t number, std::size_t body_bytes) {
  Bytes bytes;
  encode(
      FrameHeader{static_cast<std::uint32_t>(body_bytes), number, static_cast<std::uint8_t>(type)},
      bytes);
  return bytes;
}

[[nodiscard]] inline Bytes frame(MessageType type, std::uint32_t number, ByteView body) {
  Bytes bytes = frame(type, number, body.size());
  append(bytes, body);
  return bytes;
}

// As PROTOCOL.md §8 names it.
[[nodiscard]] inline std::string name_of(const Bye& bye) {
  static constexpr std::array names{
      "done",         "stopping",    "malformed",     "unknown_type",
      "too_large",    "flood",       "timeout",       "wrong_consortium",
      "wrong_device", "bad_proof",   "bad_signature", "unasked",
      "out_of_order", "quarantined", "replaced",      "failed"};
  return bye.code >= 1 && bye.code <= names.size() ? names[bye.code - 1U] : "no such code";
}

class HostilePeer {
 public:
  struct Heard {
    std::uint32_t number = 0;
    Message message;  // without the bytes of shards
  };

  // Connected, and known by its key.
  HostilePeer(const Target& target, const HostileDevice& device, int receive_buffer = 0)
      : x_target(target),
        x_device(device),
        x_identity(device.transport),
        x_peer(target.port, receive_buffer) {
    REQUIRE(x_peer.shake_hands(x_identity.context()));
  }

  [[nodiscard]] const Target& target() const noexcept { return x_target; }
  [[nodiscard]] const HostileDevice& device() const noexcept { return x_device; }
  [[nodiscard]] Hello hello() const {
    return {x_target.consortium,      x_device.id, 0, limits::requests_max,
            limits::window_bytes_max, {}};
  }

  void say_hello() { say(hello(), 0); }
  void say(const Message& message, std::uint32_t number) {
    Bytes bytes;
    encode_frame(message, number, bytes);
    send(bytes);
  }
  // The next request in order; its number.
  std::uint32_t ask(const Message& message) {
    say(message, x_next);
    return x_next++;
  }
  // Whoever has ended it need not hear it.
  void send(ByteView bytes) { (void)x_peer.try_send(bytes); }
  // In segments as large as there are, so that the daemon reads many frames at once.
  void send_together(ByteView bytes) {
    const auto cork = [&](int on) {
      ::setsockopt(x_peer.descriptor(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    };
    cork(1);
    send(bytes);
    cork(0);
  }

  // What comes next; empty if nothing more does.
  std::optional<Heard> hear() {
    while (true) {
      auto heard = hear_any();
      if (!heard || !is_pack_ask(heard->message)) return heard;
      if (packs == Packs::answers) return heard;
      if (packs == Packs::refuses) say(Refused{}, heard->number);
    }
  }
  // The number of the next message of this kind; all others are passed over. 0 if it never comes.
  template <class Kind>
  std::uint32_t await() {
    while (const auto heard = hear()) {
      if (std::holds_alternative<Kind>(heard->message)) return heard->number;
    }
    return 0;
  }
  // The answer to a request of ours.
  std::optional<Message> answer(std::uint32_t number) {
    while (const auto heard = hear()) {
      if (heard->number == number && !is_request(heard->message)) return heard->message;
    }
    return std::nullopt;
  }

  // How it ends: the reason in BYE, or "closed" if nothing is said.
  std::string ending() {
    while (const auto heard = hear()) {
      if (const auto* bye = std::get_if<Bye>(&heard->message)) return name_of(*bye);
    }
    return "closed";
  }
  // "goes on" if it still gets answers, else how it ended.
  std::string state() {
    const std::uint32_t number = ask(Ping{});
    while (const auto heard = hear()) {
      if (std::holds_alternative<Pong>(heard->message) && heard->number == number) return "goes on";
      if (const auto* bye = std::get_if<Bye>(&heard->message)) return name_of(*bye);
    }
    return "closed";
  }
  // All that is heard before the answer to a PING.
  std::vector<Heard> hear_until_pong() {
    const std::uint32_t number = ask(Ping{});
    std::vector<Heard> all;
    while (auto heard = hear()) {
      if (std::holds_alternative<Pong>(heard->message) && heard->number == number) break;
      all.push_back(std::move(*heard));
    }
    return all;
  }

  // Tells of these heads; the number under which the first of their ledgers is then asked for.
  std::uint32_t offer(const Heads& heads) {
    say_news();
    say(Collections{{{heads.collection, digest_of(heads)}}}, await<GetCollections>());
    say(heads, await<GetHeads>());
    return heads.heads.empty() ? 0 : await<GetLedger>();
  }
  // A SUMMARY unlike any before.
  void say_news() {
    Summary summary;
    summary.digest.mutable_view()[0] = static_cast<std::byte>(++x_news);
    say(summary, 0);
  }

  RawPeer& raw() noexcept { return x_peer; }

  // What becomes of asks for packs: they are refused, passed over, or heard like all else.
  enum class Packs { refuses, ignores, answers };
  Packs packs = Packs::refuses;

 private:
  // Both sides number theirs alike.
  static bool is_request(const Message& message) {
    return std::visit(
        []<class Kind>(const Kind&) {
          return std::is_same_v<Kind, Ping> || std::is_same_v<Kind, GetCollections> ||
                 std::is_same_v<Kind, GetHeads> || std::is_same_v<Kind, GetLedger> ||
                 std::is_same_v<Kind, GetFork> || std::is_same_v<Kind, GetTile> ||
                 std::is_same_v<Kind, GetShards> || std::is_same_v<Kind, Challenge>;
        },
        message);
  }
  static bool is_pack_ask(const Message& message) {
    return std::holds_alternative<GetTile>(message) || std::holds_alternative<GetShards>(message);
  }

  std::optional<Heard> hear_any() {
    while (x_heard.empty()) {
      const Bytes bytes = x_peer.hear_some();
      if (bytes.empty()) return std::nullopt;
      ByteView input(bytes);
      while (!input.empty()) {
        const auto next = x_splitter.next(input);
        const auto* whole = std::get_if<Frame>(&next);
        if (whole == nullptr) break;
        auto message = decode(*whole);
        REQUIRE(message);
        if (std::holds_alternative<Shards>(*message)) message = Shards{};
        x_heard.push_back({whole->header.request, std::move(*message)});
      }
    }
    Heard heard = std::move(x_heard.front());
    x_heard.pop_front();
    return heard;
  }

  const Target& x_target;
  const HostileDevice& x_device;
  TlsIdentity x_identity;
  RawPeer x_peer;
  FrameSplitter x_splitter;
  std::deque<Heard> x_heard;
  std::uint32_t x_next = 1;
  unsigned x_news = 0;
};

// A ledger that the device signs, as long as it likes.
class OwnLedger {
 public:
  OwnLedger(const Target& target, const HostileDevice& device, std::vector<std::string> entries_)
      : ref{target.letters, device.id},
        entries(std::move(entries_)),
        x_origin(LedgerName{target.consortium, target.letters, device.id}.origin()),
        x_log(device.log) {
    for (const std::string& entry : entries) leaves.push_back(leaf_hash(as_bytes(entry)));
  }

  [[nodiscard]] TreeHead head() const { return {leaves.size(), merkle_root(leaves)}; }
  [[nodiscard]] SignedNote note() const { return note(head()); }
  // Of any tree, whether there is one or not.
  [[nodiscard]] SignedNote note(const TreeHead& tree) const {
    return sign_checkpoint({x_origin, tree.size, tree.root}, x_origin, x_log);
  }
  [[nodiscard]] Heads heads() const { return {ref.collection, {{ref.device, head(), {}}}, {}}; }

  LedgerRef ref;
  std::vector<std::string> entries;
  std::vector<Sha256Digest> leaves;

 private:
  std::string x_origin;
  const SigningKey<LogPurpose>& x_log;
};

}  // namespace muniment::sync::test
