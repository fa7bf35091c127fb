// A member of the consortium whose device is in wrong hands says whatever it likes: the session
// ends or goes on, holds no more than its bounds, and the replica takes nothing that was not proved
// (it aborts if it is given that).
#include "tests/sync/pair.hpp"

using namespace muniment;
using namespace muniment::sync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const circle = [] {
    auto* made = new sync::test::Circle(2);
    (void)(*made)[0].write_pack(made->files);
    (void)(*made)[1].write_pack(made->files);
    return made;
  }();
  sync::test::Stranger stranger(*circle, 1);
  stranger.say_hello();
  ByteView input = std::as_bytes(std::span(data, size));
  while (!input.empty() && !stranger.session.closed()) {
    // The first byte of each piece says how long it is, and how much time goes by.
    const auto first = std::to_integer<std::size_t>(input.front());
    input = input.subspan(1);
    const std::size_t length = std::min(input.size(), std::size_t{1} << (first & 15U));
    stranger.send(input.first(length));
    input = input.subspan(length);
    circle->now += std::chrono::milliseconds(first >> 4U) * 1000;
    stranger.session.tick(circle->now);
    const Bytes output = stranger.session.take_output(circle->now);
    VAULT_ASSERT(output.size() <= limits::outbox_bytes_max);
    VAULT_ASSERT(stranger.session.held_bytes() <=
                 limits::outbox_bytes_max + 2 * (frame_header_bytes + limits::piece_bytes_max));
  }
  return 0;
}
