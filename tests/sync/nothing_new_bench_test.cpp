// What it costs fourteen replicas that have the same to know it, over TLS on loopback, with heads
// that all others cosigned. Measured by hand: `test_sync_transport -ns -tc='sync bench: *'`.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "sync/transport/transport.hpp"
#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using test::Circle;
using test::Party;

constexpr std::size_t members = 14;
constexpr std::size_t sessions = members * (members - 1) / 2;
constexpr std::size_t collections = 3;  // besides the built-in one
constexpr std::size_t ledgers = members * (collections + 1);
// HELLO and SUMMARY with their headers: what each side says if nothing is new.
constexpr std::uint64_t said_by_each = 12 + 64 + 12 + 32;
// Only against hanging.
constexpr std::chrono::seconds patience{60};

double cpu_seconds() {
  rusage used{};
  REQUIRE(getrusage(RUSAGE_SELF, &used) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct OnTheWire {
  std::uint64_t bytes = 0;     // of TCP, TLS included
  std::uint64_t segments = 0;  // each with 52 bytes of headers
};

// Of all connections of this process, both of whose ends are here: so what is received is all.
OnTheWire on_the_wire() {
  OnTheWire result;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int descriptor = std::stoi(entry.path().filename());
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) continue;
    result.bytes += info.tcpi_bytes_received;
    result.segments += info.tcpi_segs_in;
  }
  return result;
}

class Complaints final : public TransportListener {
 public:
  void connected(const DeviceId&, const std::string&) override {}
  void disconnected(const DeviceId&, const std::string&, const End&) override {}
  void not_connected(const std::optional<DeviceId>&, const std::string&,
                     const std::string& cause) override {
    failed(cause);
  }
  void transport_failed(const std::string& cause) override { failed(cause); }
  std::atomic<std::size_t> count{0};

 private:
  void failed(const std::string& cause) {
    ++count;
    MESSAGE(cause);
  }
};

TransportKey key_of(std::size_t i) {
  muniment::test::FixedRandom random(i);
  return TransportKey::generate(random);
}

// Replicas that all have the same ledgers, each cosigned by all members but its own.
class Consortium {
 public:
  Consortium() : circle(members, 1, members) {
    std::vector<CollectionId> all{CollectionId{}, circle.files};
    while (all.size() <= collections) {
      const auto more = circle.world.random.fixed<CollectionId>();
      std::vector<std::string> grants;
      for (const test::Actor& actor : circle.world.actors) {
        grants.push_back(test::grant_entry(actor.device, more));
      }
      circle[0].replica.write(CollectionId{}, grants);
      all.push_back(more);
    }
    for (std::size_t i = 0; i < members; ++i) {
      known.emplace(verify_key(key_of(i)), circle[i].device());
      for (const CollectionId& collection : all) {
        if (!collection.is_zero()) circle[i].replica.write(collection, {"note"});
        publish(i, {collection, circle[i].device()});
      }
    }
    for (std::size_t i = 0; i < members; ++i) nodes.push_back(nullptr), restart(i);
  }

  // The process of this member ended, and another begins: it has verified nothing yet.
  void restart(std::size_t i) {
    test::Replica& replica = circle[i].replica;
    nodes[i] = std::make_unique<Node>(replica, replica, replica, circle[i].log);
  }
  [[nodiscard]] std::unique_ptr<Transport> start(std::size_t i) {
    return std::make_unique<Transport>(
        *nodes[i], key_of(i),
        [this](const VerifyKey<TransportPurpose>& key) -> std::optional<DeviceId> {
          const auto found = known.find(key);
          return found == known.end() ? std::nullopt : std::optional(found->second);
        },
        complaints);
  }

  Circle circle;
  std::map<VerifyKey<TransportPurpose>, DeviceId> known;
  std::vector<std::unique_ptr<Node>> nodes;
  Complaints complaints;

 private:
  void publish(std::size_t writer, const LedgerRef& ledger) {
    for (std::size_t i = 0; i < members; ++i) {
      if (i != writer) circle[writer].replica.take_cosignature(ledger, i);
    }
    for (std::size_t i = 0; i < members; ++i) {
      if (i != writer) circle[i].replica.copy_ledger(circle[writer].replica, ledger);
    }
  }
};

std::map<DeviceId, Traffic> traffic_of(Transport& transport) {
  std::promise<std::map<DeviceId, Traffic>> promise;
  auto future = promise.get_future();
  transport.run_on_node([&] { promise.set_value(transport.traffic()); });
  return future.get();
}

// Whether each has said and heard from all others at least what there is to say.
bool all_know(std::vector<std::unique_ptr<Transport>>& transports) {
  return std::ranges::all_of(transports, [](const auto& transport) {
    const auto traffic = traffic_of(*transport);
    return traffic.size() == members - 1 && std::ranges::all_of(traffic, [](const auto& each) {
             return each.second.received >= said_by_each && each.second.sent >= said_by_each;
           });
  });
}

class Measured {
 public:
  explicit Measured(std::string what) : x_what(std::move(what)) {}

  // Waits until all know, and says what it took since this was made.
  void report(std::vector<std::unique_ptr<Transport>>& transports, std::size_t dialled) const {
    while (!all_know(transports)) {
      REQUIRE(std::chrono::steady_clock::now() < x_begin + patience);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - x_begin;
    const double cpu = cpu_seconds() - x_cpu;
    const OnTheWire wire = on_the_wire();
    MESSAGE(
        fmt::format("{}: {:.2f} s, {:.2f} core-s, {:.3f} for each member; {} sessions made; of "
                    "all {}: {} bytes of TCP, {} with the headers of {} segments",
                    x_what, took.count(), cpu, cpu / static_cast<double>(members), dialled,
                    sessions, wire.bytes, wire.bytes + 52 * wire.segments, wire.segments));
    for (const auto& transport : transports) {
      for (const auto& [peer, traffic] : traffic_of(*transport)) {
        CHECK(traffic == Traffic{said_by_each, said_by_each});
      }
    }
  }

 private:
  std::string x_what;
  std::chrono::steady_clock::time_point x_begin = std::chrono::steady_clock::now();
  double x_cpu = cpu_seconds();
};

}  // namespace

TEST_CASE("sync bench: nothing new among fourteen over TLS" * doctest::skip()) {
  Consortium consortium;
  std::vector<std::unique_ptr<Transport>> transports(members);
  std::vector<Address> addresses(members);
  const auto begin = [&](std::size_t i) {
    transports[i] = consortium.start(i);
    addresses[i] = {"127.0.0.1", transports[i]->listen({"127.0.0.1", 0})};
  };
  const auto dial = [&](std::size_t from, std::size_t to) {
    transports[from]->dial(consortium.circle[to].device(), addresses[to]);
  };
  const auto dial_all = [&] {
    for (std::size_t i = 0; i < members; ++i) begin(i);
    for (std::size_t i = 0; i < members; ++i) {
      for (std::size_t j = i + 1; j < members; ++j) dial(i, j);
    }
  };
  MESSAGE(fmt::format("{} ledgers, {} cosignatures", ledgers, ledgers * (members - 1)));
  {
    const Measured cold("all start, and have verified nothing");
    dial_all();
    cold.report(transports, sessions);
  }
  for (auto& transport : transports) transport->stop();
  {
    const Measured warm("all connect again");
    dial_all();
    warm.report(transports, sessions);
  }
  transports[0]->stop();
  consortium.restart(0);
  {
    const Measured one("one starts, and has verified nothing");
    begin(0);
    for (std::size_t i = 1; i < members; ++i) dial(0, i);
    one.report(transports, members - 1);
  }
  for (auto& transport : transports) transport->stop();
  CHECK(consortium.complaints.count == 0);
}

}  // namespace muniment::sync
