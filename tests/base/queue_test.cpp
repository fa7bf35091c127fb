#include "vault/base/queue.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using namespace muniment;

TEST_CASE("queue: items come out in the order in which they went in") {
  BoundedQueue<int> queue(3);
  for (const int i : {1, 2, 3}) REQUIRE(queue.push(i));
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == 3);
}

TEST_CASE("queue: a closed queue takes nothing more but hands out what it has") {
  BoundedQueue<int> queue(2);
  REQUIRE(queue.push(1));
  queue.close();
  CHECK_FALSE(queue.push(2));
  CHECK(queue.pop() == 1);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("queue: a cancelled queue drops what it has") {
  BoundedQueue<std::shared_ptr<int>> queue(2);
  const auto item = std::make_shared<int>(1);
  REQUIRE(queue.push(item));
  queue.cancel();
  CHECK(item.use_count() == 1);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("queue: closing wakes a consumer that waits for an item") {
  BoundedQueue<int> queue(1);
  bool ended = false;
  std::thread consumer([&] { ended = !queue.pop(); });
  queue.close();
  consumer.join();
  CHECK(ended);
}

TEST_CASE("queue: cancelling wakes a producer that waits for room") {
  BoundedQueue<int> queue(1);
  REQUIRE(queue.push(1));
  bool refused = false;
  std::thread producer([&] { refused = !queue.push(2); });
  queue.cancel();
  producer.join();
  CHECK(refused);
}

TEST_CASE("queue: many producers and consumers lose and double nothing") {
  constexpr int producers = 4;
  constexpr int each = 1000;
  BoundedQueue<int> queue(3);
  std::atomic<std::int64_t> sum{0};
  std::atomic<int> count{0};
  std::vector<std::thread> senders;
  std::vector<std::thread> receivers;
  for (int p = 0; p < producers; ++p) {
    senders.emplace_back([&queue, p] {
      for (int i = 0; i < each; ++i) queue.push(p * each + i);
    });
    receivers.emplace_back([&] {
      while (const auto item = queue.pop()) {
        sum += *item;
        ++count;
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  queue.close();
  for (std::thread& receiver : receivers) receiver.join();
  constexpr std::int64_t total = std::int64_t{producers} * each;
  CHECK(count == total);
  CHECK(sum == total * (total - 1) / 2);
}
