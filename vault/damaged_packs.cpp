#include "vault/damaged_packs.hpp"

#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/damaged/v1";
constexpr std::string_view name = "damaged";
// A million packs.
constexpr std::uint64_t bytes_max = std::uint64_t{72} << 20U;

}  // namespace

std::string encode_damaged_packs(const std::set<PackId>& packs) {
  RecordWriter record(type);
  for (const PackId& pack : packs) record.key("pack").hex(pack.view());
  return record.finish();
}

std::optional<std::set<PackId>> decode_damaged_packs(std::string_view text) {
  RecordReader record(text, type);
  std::set<PackId> packs;
  while (record.key_if("pack")) {
    const auto pack = record.hex<PackId>();
    if (!packs.empty() && pack <= *packs.rbegin()) record.fail();
    packs.insert(pack);
  }
  if (!record.done()) return std::nullopt;
  return packs;
}

std::set<PackId> find_damaged_packs(FileSystem& files, const std::filesystem::path& vault) {
  const auto bytes = read_file_within(files, vault / name, bytes_max);
  auto packs = bytes ? decode_damaged_packs(as_text(*bytes)) : std::nullopt;
  return std::move(packs).value_or(std::set<PackId>{});
}

void save_damaged_packs(FileSystem& files, const std::filesystem::path& vault,
                        const std::set<PackId>& packs) {
  if (!packs.empty()) {
    write_file_atomically(files, vault / name, as_bytes(encode_damaged_packs(packs)));
  } else if (files.remove(vault / name)) {
    files.sync_directory(vault);
  }
}

}  // namespace muniment
