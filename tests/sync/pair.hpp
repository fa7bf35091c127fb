// Replicas that know each other, and two of them connected without a network.
#pragma once

#include "sync/protocol/session.hpp"
#include "tests/sync/replica.hpp"

namespace muniment::sync::test {

// A replica with what runs on it.
struct Party {
  Party(World& world, std::size_t actor)
      : replica(world, actor), node(replica, replica, replica, log) {}

  [[nodiscard]] const DeviceId& device() const { return replica.device(); }
  // Writes, and tells the node.
  void write(const CollectionId& collection, const std::vector<std::string>& entries) {
    replica.write(collection, entries);
    node.changed({collection, device()});
  }
  PackName write_pack(const CollectionId& collection, std::uint8_t size_class = 20) {
    const PackName name = replica.write_pack(collection, size_class);
    node.changed({collection, device()});
    return name;
  }

  Replica replica;
  Log log;
  Node node;
};

// Two or more members; all know all, and may have the collection `files`.
class Circle {
 public:
  explicit Circle(std::size_t count = 2, std::uint64_t seed = 1, std::size_t witnesses = 2)
      : world(seed, count, witnesses) {
    files = world.random.fixed<CollectionId>();
    for (std::size_t i = 0; i < count; ++i) {
      parties.push_back(std::make_unique<Party>(world, i));
      parties[i]->replica.write(CollectionId{}, {cert_entry(world.actors[i])});
    }
    std::vector<std::string> grants;
    for (const Actor& actor : world.actors) grants.push_back(grant_entry(actor.device, files));
    parties[0]->replica.write(CollectionId{}, grants);
    for (const auto& from : parties) {
      for (const auto& to : parties) {
        if (from == to) continue;
        to->replica.copy_ledger(from->replica, {CollectionId{}, from->device()});
      }
    }
  }

  [[nodiscard]] Party& operator[](std::size_t i) { return *parties[i]; }

  World world;
  CollectionId files;
  std::vector<std::unique_ptr<Party>> parties;
  Instant now{1'000'000};
};

// A connection of parties a and b of a circle.
class Connection {
 public:
  Connection(Circle& circle, std::size_t a, std::size_t b)
      : x_circle(circle),
        first(circle[a].node, circle[b].device(), circle.now),
        second(circle[b].node, circle[a].device(), circle.now) {}

  // Passes bytes on until both are silent, then lets `seconds` go by, second for second.
  void run(std::size_t seconds = 3) {
    exchange();
    for (std::size_t i = 0; i < seconds; ++i) {
      x_circle.now += std::chrono::seconds(1);
      first.tick(x_circle.now);
      second.tick(x_circle.now);
      exchange();
    }
  }
  void exchange() {
    bool moved = true;
    while (moved) {
      moved = pass(first, second);
      moved = pass(second, first) || moved;
      if (moved) ++round_trips;
    }
  }

  std::uint64_t bytes = 0;  // both ways
  std::size_t round_trips = 0;

 private:
  bool pass(Session& from, Session& to) {
    const Bytes output = from.take_output(x_circle.now);
    bytes += output.size();
    to.receive(output, x_circle.now);
    return !output.empty();
  }

  Circle& x_circle;

 public:
  Session first;
  Session second;
};

// Speaks to a session by hand, as party `actor` of the circle would, or would never.
class Stranger {
 public:
  Stranger(Circle& circle, std::size_t actor)
      : x_circle(circle),
        x_self(circle[actor].device()),
        session(circle[0].node, x_self, circle.now) {}

  [[nodiscard]] Hello hello() const {
    return {x_circle.world.consortium, x_self, 0, limits::requests_max,
            limits::window_bytes_max,  {}};
  }
  void say_hello() { say(hello(), 0); }
  void say(const Message& message, std::uint32_t number) {
    Bytes bytes;
    encode_frame(message, number, bytes);
    send(bytes);
  }
  // The next request in order.
  void ask(const Message& message) { say(message, x_next++); }
  void send(ByteView bytes) { session.receive(bytes, x_circle.now); }

  struct Heard {
    std::uint32_t number = 0;
    Bytes frame;
    Message message;  // without the bytes of shards
  };
  // All that the session says now.
  std::vector<Heard> hear() {
    std::vector<Heard> result;
    while (true) {
      const Bytes output = session.take_output(x_circle.now);
      if (output.empty()) return result;
      ByteView input(output);
      while (!input.empty()) {
        const ByteView before = input;
        const auto frame = x_splitter.next(input);
        if (!std::holds_alternative<Frame>(frame)) break;
        const auto message = decode(std::get<Frame>(frame));
        VAULT_ASSERT(message);
        const std::size_t used = before.size() - input.size();
        result.push_back(
            {std::get<Frame>(frame).header.request, to_bytes(before.first(used)), *message});
      }
    }
  }
  // The answers to the request with this number; the rest is passed over.
  std::vector<Heard> answers(std::uint32_t number) {
    std::vector<Heard> heard = hear();
    std::erase_if(heard, [&](const Heard& each) {
      return each.number != number || type_of(each.message) == MessageType::get_collections ||
             type_of(each.message) == MessageType::ping;
    });
    return heard;
  }

 private:
  Circle& x_circle;
  DeviceId x_self;
  FrameSplitter x_splitter;
  std::uint32_t x_next = 1;

 public:
  Session session;
};

}  // namespace muniment::sync::test
