// Frames and messages as none may be, and more of them than may be.
#include "tests/sync/hostile_rules.hpp"
#include "vault/base/cursor.hpp"

namespace muniment::sync::test {

namespace {

// After HELLO says these bytes; how it ends.
std::string end_after(const Target& target, const HostileDevice& device, ByteView bytes) {
  HostilePeer peer(target, device);
  peer.say_hello();
  peer.send(bytes);
  return peer.ending();
}

// A header alone, of a body that is one byte too long.
std::string end_after_long(const Target& target, const HostileDevice& device, MessageType type,
                           std::uint32_t number, std::size_t bound) {
  return end_after(target, device, frame(type, number, bound + 1));
}

Bytes body_of(const std::function<void(ByteWriter&)>& write) {
  Bytes bytes;
  ByteWriter writer(bytes);
  write(writer);
  return bytes;
}

void write_ascending(ByteWriter& out, std::size_t number, std::size_t id_bytes) {
  for (std::size_t i = 2; i < id_bytes; ++i) out.u8(0);
  out.u8(static_cast<std::uint8_t>(number >> 8U));
  out.u8(static_cast<std::uint8_t>(number));
}

// HEADS of the built-in collection with so many of each; devices from `first` on.
Bytes heads_body(std::size_t heads, std::size_t forks, bool ascends = true) {
  return body_of([&](ByteWriter& out) {
    out.zeros(16);
    out.u16(static_cast<std::uint16_t>(heads));
    for (std::size_t i = 0; i < heads; ++i) {
      write_ascending(out, ascends ? i : 0, 16);
      out.u64(1);
      out.zeros(64);
    }
    out.u16(static_cast<std::uint16_t>(forks));
    for (std::size_t i = 0; i < forks; ++i) write_ascending(out, i, 32);
  });
}

Bytes ledger_body(std::size_t proof_hashes, std::size_t note_bytes) {
  return body_of([&](ByteWriter& out) {
    out.zeros(32);
    out.u8(static_cast<std::uint8_t>(proof_hashes));
    out.zeros(proof_hashes * 32);
    out.raw(Bytes(note_bytes, std::byte{'x'}));
  });
}

Bytes many(std::size_t count, std::uint32_t first, const Message& message) {
  Bytes bytes;
  for (std::size_t i = 0; i < count; ++i) {
    encode_frame(message, first + static_cast<std::uint32_t>(i), bytes);
  }
  return bytes;
}

std::string end_after_hello(const Target& target, const HostileDevice& device,
                            const std::function<void(Hello&)>& change) {
  HostilePeer peer(target, device);
  Hello hello = peer.hello();
  change(hello);
  peer.say(hello, 0);
  return peer.ending();
}

std::string refusal(const Message& answer) {
  const auto* refused = std::get_if<Refused>(&answer);
  if (refused == nullptr) return "answered";
  return refused->reason == RefusedReason::busy ? "refused: busy" : "refused: not available";
}

std::string ask_once(const Target& target, const HostileDevice& device, const Message& message) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const auto answer = peer.answer(peer.ask(message));
  return answer ? refusal(*answer) : "closed";
}

std::string too_many_challenges(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const Challenge challenge{{}, {{target.pack, 0}}};
  for (std::uint32_t i = 0; i < limits::challenge_messages_per_hour_max; ++i) {
    const auto answer = peer.answer(peer.ask(challenge));
    if (!answer || !std::holds_alternative<Proofs>(*answer)) return "refused too early";
  }
  const auto answer = peer.answer(peer.ask(challenge));
  return answer ? refusal(*answer) : "closed";
}

std::string answer_of_another_kind(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  peer.say_news();
  peer.say(Proofs{{{}}}, peer.await<GetCollections>());
  return peer.ending();
}

const Rule rules[] = {
    // ---- HELLO ----
    {"", "a request before HELLO", "out_of_order",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.ask(GetCollections{});
       return peer.ending();
     }},
    {"", "a second HELLO", "out_of_order",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       peer.say_hello();
       return peer.ending();
     }},
    {"", "HELLO of another consortium", "wrong_consortium",
     [](auto& target, auto& device) {
       return end_after_hello(target, device, [](Hello& hello) { hello.consortium = {}; });
     }},
    {"", "HELLO of another device", "wrong_device",
     [](auto& target, auto& device) {
       return end_after_hello(target, device, [&](Hello& hello) { hello.device = target.device; });
     }},
    {"requests_max", "HELLO: more requests than there may be", "malformed",
     [](auto& target, auto& device) {
       return end_after_hello(target, device, [](Hello& hello) { ++hello.requests; });
     }},
    {"window_bytes_max", "HELLO: a larger window than there may be", "malformed",
     [](auto& target, auto& device) {
       return end_after_hello(target, device, [](Hello& hello) { ++hello.bytes; });
     }},
    {"", "HELLO: more of later versions than there is room", "too_large",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.send(frame(MessageType::hello, 0, 257));
       return peer.ending();
     }},

    // ---- frames ----
    {"", "a critical type that nobody knows", "unknown_type",
     [](auto& target, auto& device) {
       return end_after(target, device, frame(MessageType{0x7f}, 1, 0));
     }},
    {"", "a byte of a header that should be zero", "malformed",
     [](auto& target, auto& device) {
       Bytes bytes = frame(MessageType::ping, 1, 0);
       bytes.back() = std::byte{1};
       return end_after(target, device, bytes);
     }},
    {"piece_bytes_max", "the header of more SHARDS than a piece has", "too_large",
     [](auto& target, auto& device) {
       return end_after_long(target, device, MessageType::shards, 1, limits::piece_bytes_max);
     }},
    {"batch_bytes_max", "the header of more ENTRIES than a batch has", "too_large",
     [](auto& target, auto& device) {
       return end_after_long(target, device, MessageType::entries, 1, limits::batch_bytes_max);
     }},
    {"collections_max", "COLLECTIONS: one too many", "too_large",
     [](auto& target, auto& device) {
       return end_after_long(target, device, MessageType::collections, 1,
                             2 + 48 * limits::collections_max);
     }},
    {"challenges_max", "CHALLENGE: one too many", "too_large",
     [](auto& target, auto& device) {
       return end_after_long(target, device, MessageType::challenge, 1,
                             33 + 49 * limits::challenges_max);
     }},
    {"ignorable_bytes_max", "one byte too many that may be ignored", "too_large",
     [](auto& target, auto& device) {
       return end_after_long(target, device, MessageType{0x80}, 0, limits::ignorable_bytes_max);
     }},
    {"", "something that may be ignored, and wants an answer", "malformed",
     [](auto& target, auto& device) {
       return end_after(target, device, frame(MessageType{0x80}, 1, 0));
     }},
    {"", "a body that is too short", "malformed",
     [](auto& target, auto& device) {
       return end_after(target, device, frame(MessageType::get_heads, 1, Bytes(15)));
     }},

    // ---- lists ----
    {"heads_per_collection_max", "HEADS: one too many", "malformed",
     [](auto& target, auto& device) {
       const Bytes body = heads_body(limits::heads_per_collection_max + 1, 0);
       return end_after(target, device, frame(MessageType::heads, 1, body));
     }},
    {"forks_max", "HEADS: one fork too many", "malformed",
     [](auto& target, auto& device) {
       const Bytes body = heads_body(0, limits::forks_max + 1);
       return end_after(target, device, frame(MessageType::heads, 1, body));
     }},
    {"", "HEADS: the same device twice", "malformed",
     [](auto& target, auto& device) {
       return end_after(target, device, frame(MessageType::heads, 1, heads_body(2, 0, false)));
     }},
    {"proof_hashes_max", "LEDGER: a longer proof than there is", "malformed",
     [](auto& target, auto& device) {
       const Bytes body = ledger_body(limits::proof_hashes_max + 1, 100);
       return end_after(target, device, frame(MessageType::ledger, 1, body));
     }},
    {"note_bytes_max", "LEDGER: a longer note than there may be", "malformed",
     [](auto& target, auto& device) {
       const Bytes body = ledger_body(0, limits::note_bytes_max + 1);
       return end_after(target, device, frame(MessageType::ledger, 1, body));
     }},

    // ---- who asked for what ----
    {"", "a request's number out of turn", "out_of_order",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       peer.say(GetCollections{}, 2);
       return peer.ending();
     }},
    {"", "an answer that nobody asked for", "unasked",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       peer.say(Collections{}, 77);
       return peer.ending();
     }},
    {"", "an answer of another kind than was asked for", "unasked", answer_of_another_kind},

    // ---- too much ----
    {"requests_max", "more requests at once than may wait", "flood",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       peer.send_together(many(8 * limits::requests_max, 1, GetTile{target.pack}));
       return peer.ending();
     }},
    {"window_bytes_max", "requests for more bytes than may be under way", "flood",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       const GetLedger ask{{target.letters, target.device}, {}};
       peer.send(many(limits::window_bytes_max / limits::mib + 1, 1, ask));
       return peer.ending();
     }},
    {"piece_bytes_max", "GET_SHARDS: one more than a piece has", "flood",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       const auto count = static_cast<std::uint8_t>(run_shards_max(target.size_class) + 1);
       peer.ask(GetShards{target.pack, 0, count});
       return peer.ending();
     }},
    {"idle_frames_per_minute_max", "one more a minute than may be that means nothing", "flood",
     [](auto& target, auto& device) {
       HostilePeer peer(target, device);
       peer.say_hello();
       Bytes bytes;
       for (std::uint32_t i = 0; i <= limits::idle_frames_per_minute_max; ++i) {
         append(bytes, frame(MessageType{0x80}, 0, 0));
       }
       peer.send(bytes);
       return peer.ending();
     }},
    {"challenge_messages_per_hour_max", "one CHALLENGE too many in an hour", "refused: busy",
     too_many_challenges},

    // ---- rights ----
    {"", "GET_HEADS of a collection that is not granted", "refused: not available",
     [](auto& target, auto& device) { return ask_once(target, device, GetHeads{target.diary}); }},
    {"", "GET_HEADS of a collection that there is not", "refused: not available",
     [](auto& target, auto& device) {
       return ask_once(target, device,
                       GetHeads{CollectionId::from_hex(std::string(32, '7')).value()});
     }},
    {"", "GET_SHARDS of a pack under a collection that does not list it", "refused: not available",
     [](auto& target, auto& device) {
       return ask_once(target, device, GetShards{{CollectionId{}, target.pack.pack}, 0, 1});
     }},
};

}  // namespace

std::span<const Rule> rules_of_messages() {
  return rules;
}

}  // namespace muniment::sync::test
