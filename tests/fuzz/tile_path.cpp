// A path has one tile or bundle, and that has one path.
#include "vault/base/assert.hpp"
#include "vault/merkle/tile.hpp"

using namespace muniment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path = as_text(std::as_bytes(std::span(data, size)));
  const auto tile = decode_tile_path(path);
  VAULT_ASSERT(!tile || encode_path(*tile) == path);
  const auto bundle = decode_bundle_path(path);
  VAULT_ASSERT(!bundle || encode_path(*bundle) == path);
  VAULT_ASSERT(!tile || !bundle);
  return 0;
}
