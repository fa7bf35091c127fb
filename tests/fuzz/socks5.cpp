// What a proxy answers: it is taken byte by byte as asked for, or refused.
#include "sync/transport/socks5.hpp"

#include "vault/base/error.hpp"

using namespace muniment;
using namespace muniment::sync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input = std::as_bytes(std::span(data, size));
  Socks5 request({"archive.onion", 8440});
  try {
    while (request.wanted() > 0 && request.wanted() <= input.size()) {
      (void)request.take_output();
      const std::size_t count = request.wanted();
      request.take(input.first(count));
      input = input.subspan(count);
    }
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
