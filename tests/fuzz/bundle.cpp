// One byte of width less one, then what claims to be that many entries.
#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"
#include "vault/merkle/tile.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader(std::as_bytes(std::span(data, size)));
  const unsigned width = reader.u8() + 1U;
  const ByteView bundle = reader.raw(reader.remaining());
  const auto entries = decode_bundle(bundle, width);
  VAULT_ASSERT(!entries || (entries->size() == width && equal(encode_bundle(*entries), bundle)));
  const auto hashes = decode_tile(bundle, width);
  VAULT_ASSERT(!hashes || (hashes->size() == width && equal(encode_tile(*hashes), bundle)));
  return 0;
}
