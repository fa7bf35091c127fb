#include "vault/last_check.hpp"

#include <algorithm>
#include <array>

#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/verified/v1";
constexpr std::size_t bytes_max = 1024;
constexpr std::array<std::string_view, 3> depths{"presence", "read-data", "deep"};

}  // namespace

void save_last_check(FileSystem& files, const std::filesystem::path& directory,
                     const LastCheck& check) {
  RecordWriter record(type);
  record.key("time").time(check.time);
  record.key("depth").word(depths.at(static_cast<std::size_t>(check.depth)));
  record.key("damage").u64(check.damage);
  write_file_atomically(files, directory / "verified", as_bytes(record.finish()));
}

std::optional<LastCheck> find_last_check(FileSystem& files,
                                         const std::filesystem::path& directory) {
  const auto bytes = read_file(files, directory / "verified", bytes_max);
  if (!bytes) return std::nullopt;
  RecordReader record(as_text(*bytes), type);
  LastCheck check;
  record.key("time");
  check.time = record.time();
  record.key("depth");
  const auto depth = std::ranges::find(depths, record.word());
  record.key("damage");
  check.damage = record.u64();
  if (!record.done() || depth == depths.end()) return std::nullopt;
  check.depth = static_cast<VerifyDepth>(depth - depths.begin());
  return check;
}

}  // namespace muniment
