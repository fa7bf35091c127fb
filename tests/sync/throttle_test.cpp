// Rates and times for packs, in virtual time.
#include "sync/protocol/throttle.hpp"

#include <doctest/doctest.h>

#include "tests/sync/pair.hpp"

namespace muniment::sync {

namespace {

using std::chrono::seconds;
using test::Circle;
using test::Connection;

constexpr std::uint64_t kib = limits::kib;
constexpr std::uint64_t piece = limits::piece_bytes_max;

// What a rate allows in so many seconds: what was kept, and one piece more than there is.
std::uint64_t allowed(std::uint64_t rate, std::uint64_t time) {
  return rate * (time + 1) + piece;
}

}  // namespace

TEST_CASE("throttle: what is taken uses up the rate, and a second's worth is kept") {
  TokenBucket bucket(1000);
  Instant now{5'000'000};
  CHECK(bucket.ready_at() <= now);
  bucket.take(1000, now);
  CHECK(bucket.ready_at() == now);
  bucket.take(500, now);
  CHECK(bucket.ready_at() == now + Instant(500));
  // However long it is left alone.
  now += std::chrono::hours(5);
  bucket.take(1001, now);
  CHECK(bucket.ready_at() == now + Instant(1));
  bucket.give_back(1001);
  CHECK(bucket.ready_at() < now);
  TokenBucket free;
  free.take(std::uint64_t{1} << 40U, now);
  CHECK(free.ready_at() <= now);
}

TEST_CASE("throttle: a peer has its own rate beside that of all") {
  muniment::test::FixedRandom random(1);
  const std::array peers{random.fixed<DeviceId>(), random.fixed<DeviceId>(),
                         random.fixed<DeviceId>()};
  const Instant now{5'000'000};
  Throttle throttle({.all = {0, 3000}, .each = {0, 1000}, .peers = {{peers[2], {0, 0}}}});
  throttle.take(Way::out, peers[0], 2000, now);
  CHECK(throttle.ready_at(Way::out, peers[0]) == now + seconds(1));
  CHECK(throttle.ready_at(Way::in, peers[0]) <= now);
  CHECK(throttle.ready_at(Way::out, peers[1]) <= now);
  throttle.take(Way::out, peers[2], 4000, now);
  for (const DeviceId& peer : peers) CHECK(throttle.ready_at(Way::out, peer) == now + seconds(1));
  throttle.set_open(false);
  CHECK(throttle.ready_at(Way::out, peers[0]) == Instant::max());
}

TEST_CASE("throttle: no more is asked for than the rate allows, and all of it comes") {
  constexpr std::uint64_t rate = 128 * kib;
  Circle circle;
  const PackName pack = circle[0].write_pack(circle.files, 21);
  circle[1].node.limit({.all = {rate, 0}, .each = {}});
  Connection connection(circle, 0, 1);
  for (std::uint64_t time = 1; time < 12; ++time) {
    connection.run(1);
    CHECK(circle[1].replica.written_bytes <= allowed(rate, time));
    CHECK(circle[1].replica.written_bytes + piece >= rate * time);
  }
  connection.run(10);
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
  CHECK(connection.first.open());
}

TEST_CASE("throttle: no more is given than the rate allows, and what would wait long is put off") {
  for (const std::uint64_t rate : {128 * kib, 32 * kib}) {
    CAPTURE(rate);
    Circle circle;
    const PackName pack = circle[0].write_pack(circle.files);
    circle[0].node.limit({.all = {}, .each = {0, rate}});
    Connection connection(circle, 0, 1);
    connection.run(1);
    // At the lower rate the second piece would wait for seven seconds.
    CHECK((connection.second.busy_until() > circle.now) == (rate == 32 * kib));
    for (std::uint64_t time = 2; !circle[1].replica.whole_packs().contains(pack.pack); ++time) {
      connection.run(1);
      CHECK(circle[1].replica.written_bytes <= allowed(rate, time));
      REQUIRE(time < 2 * 1024 * kib / rate);
    }
    CHECK(connection.first.open());
    CHECK(circle[1].replica.written_bytes == 1024 * kib);
  }
}

TEST_CASE("throttle: outside of its hours a replica neither asks for packs nor gives them") {
  for (const std::size_t closed : {0, 1}) {
    CAPTURE(closed);
    Circle circle;
    const PackName pack = circle[0].write_pack(circle.files);
    circle[closed].node.throttle().set_open(false);
    Connection connection(circle, 0, 1);
    connection.run(90);
    // Ledgers travel.
    CHECK(circle[1].replica.find({circle.files, circle[0].device()}));
    CHECK(circle[1].replica.written_bytes == 0);
    circle[closed].node.throttle().set_open(true);
    connection.run(300);
    CHECK(circle[1].replica.whole_packs().contains(pack.pack));
    CHECK(connection.first.open());
  }
}

TEST_CASE("throttle: what one peer puts off another gives") {
  Circle circle(3);
  const PackName pack = circle[0].write_pack(circle.files);
  Connection(circle, 0, 2).run();
  circle[0].node.throttle().set_open(false);
  Connection a(circle, 0, 1);
  Connection b(circle, 2, 1);
  a.run(1);
  CHECK(circle[1].replica.written_bytes == 0);
  b.run(1);
  CHECK(circle[1].replica.whole_packs().contains(pack.pack));
}

}  // namespace muniment::sync
