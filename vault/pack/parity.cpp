#include "vault/pack/parity.hpp"

#include <isa-l/erasure_code.h>

#include <vector>

#include "vault/base/assert.hpp"

namespace muniment {

namespace {

using pack_format::data_shards;
using pack_format::parity_shards;
using pack_format::shards;

// ISA-L takes everything by pointer to mutable bytes, also what it only reads.
using Symbols = std::vector<unsigned char>;

// What ISA-L makes of one coefficient for its vector code.
constexpr std::size_t table_bytes_per_coefficient = 32;

// One page: the eight strips of parity and the one of data stay in the first-level cache while all
// data shards pass by. Every shard is a multiple of it.
constexpr std::size_t strip_bytes = 4096;

std::size_t shard_size(ByteView body) {
  VAULT_ASSERT(body.size() % (shards * strip_bytes) == 0);
  return body.size() / shards;
}

unsigned char coefficient(std::size_t parity_shard, std::size_t data_shard) {
  return gf_inv(static_cast<unsigned char>(parity_shard ^ data_shard));
}

Symbols tables_for(Symbols coefficients, std::size_t inputs, std::size_t outputs) {
  Symbols tables(coefficients.size() * table_bytes_per_coefficient);
  ec_init_tables(static_cast<int>(inputs), static_cast<int>(outputs), coefficients.data(),
                 tables.data());
  return tables;
}

Symbols make_encoding_tables() {
  Symbols coefficients;
  for (std::size_t parity = data_shards; parity < shards; ++parity) {
    for (std::size_t data = 0; data < data_shards; ++data) {
      coefficients.push_back(coefficient(parity, data));
    }
  }
  return tables_for(std::move(coefficients), data_shards, parity_shards);
}

// Adds to `parity`, eight shards, what the data shards of `body` give.
void add_parity(MutableByteView body, MutableByteView parity) {
  static Symbols tables = make_encoding_tables();
  const std::size_t size = shard_size(body);
  for (std::size_t strip = 0; strip < size; strip += strip_bytes) {
    std::array<unsigned char*, parity_shards> targets{};
    for (std::size_t i = 0; i < parity_shards; ++i) {
      targets[i] = c_bytes(parity.subspan(i * size + strip));
    }
    for (std::size_t i = 0; i < data_shards; ++i) {
      ec_encode_data_update(static_cast<int>(strip_bytes), static_cast<int>(data_shards),
                            static_cast<int>(parity_shards), static_cast<int>(i), tables.data(),
                            c_bytes(body.subspan(i * size + strip)), targets.data());
    }
  }
}

// Solves for the data shards `lost`, given in `sums` what each of the equally many parity shards
// `rows` lacks without them.
void solve(MutableByteView body, std::span<const std::size_t> lost,
           std::span<const std::size_t> rows, MutableByteView sums) {
  const std::size_t size = shard_size(body);
  const int count = static_cast<int>(lost.size());
  Symbols matrix;
  for (const std::size_t row : rows) {
    for (const std::size_t shard : lost) matrix.push_back(coefficient(row, shard));
  }
  Symbols inverse(matrix.size());
  // Every square part of a Cauchy matrix can be inverted.
  VAULT_ASSERT(gf_invert_matrix(matrix.data(), inverse.data(), count) == 0);
  Symbols tables = tables_for(std::move(inverse), lost.size(), lost.size());
  std::array<unsigned char*, parity_shards> sources{};
  std::array<unsigned char*, parity_shards> targets{};
  for (std::size_t i = 0; i < lost.size(); ++i) {
    sources[i] = c_bytes(sums.subspan((rows[i] - data_shards) * size));
    targets[i] = c_bytes(body.subspan(lost[i] * size));
  }
  ec_encode_data(static_cast<int>(size), count, count, tables.data(), sources.data(),
                 targets.data());
}

}  // namespace

void encode_parity(MutableByteView body) {
  const MutableByteView parity = body.subspan(data_shards * shard_size(body));
  std::ranges::fill(parity, std::byte{0});
  add_parity(body, parity);
}

void rebuild_shards(MutableByteView body, std::span<const std::size_t> lost) {
  if (lost.empty()) return;
  VAULT_ASSERT(lost.size() <= parity_shards && std::ranges::is_sorted(lost));
  const std::size_t size = shard_size(body);
  const auto lost_parity = std::ranges::lower_bound(lost, data_shards);
  const auto lost_data = lost.first(static_cast<std::size_t>(lost_parity - lost.begin()));
  std::vector<std::size_t> rows;
  for (std::size_t i = data_shards; rows.size() < lost_data.size(); ++i) {
    if (std::ranges::find(lost, i) == lost.end()) rows.push_back(i);
  }
  for (const std::size_t shard : lost_data) {
    std::ranges::fill(body.subspan(shard * size, size), std::byte{0});
  }
  // What is added to itself is zero: the parity that is there, plus that of the data that is there,
  // is the share of the data that is lost.
  const ByteView parity = body.subspan(data_shards * size);
  Bytes sums(parity.begin(), parity.end());
  add_parity(body, sums);
  if (!lost_data.empty()) solve(body, lost_data, rows, sums);
  if (lost_parity == lost.end()) return;
  std::ranges::fill(sums, std::byte{0});
  add_parity(body, sums);
  for (auto shard = lost_parity; shard != lost.end(); ++shard) {
    std::ranges::copy(ByteView(sums).subspan((*shard - data_shards) * size, size),
                      body.subspan(*shard * size).begin());
  }
}

}  // namespace muniment
