// Two bytes of size, then what claims to be a frame; read without and with a dictionary.
#include "vault/codec/zstd.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/cursor.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ZstdDecompressor decompressor;
  static const auto dictionary = ZstdDictionary::prepare(as_bytes("person,born,prefecture"), 1);
  ByteReader reader(std::as_bytes(std::span(data, size)));
  Bytes plaintext(reader.u16());
  const ByteView frame = reader.raw(reader.remaining());
  if (decompressor.decompress(frame, plaintext)) {
    Bytes again(plaintext.size());
    const Bytes compressed = ZstdCompressor(1).compress(plaintext);
    VAULT_ASSERT(decompressor.decompress(compressed, again));
    VAULT_ASSERT(again == plaintext);
  }
  (void)decompressor.decompress(frame, plaintext, &*dictionary);
  return 0;
}
