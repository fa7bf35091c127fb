#include "vault/approved.hpp"

#include <algorithm>

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/approved/v1";
constexpr std::string_view name = "approved";
constexpr std::size_t bytes_max = std::size_t{1} << 20U;

}  // namespace

std::vector<CharterRef> find_approved(FileSystem& files, const std::filesystem::path& vault,
                                      const ConsortiumId& consortium) {
  const auto bytes = read_file_within(files, vault / name, bytes_max);
  if (!bytes) return {};
  RecordReader record(as_text(*bytes), type);
  const auto found = record.key("consortium").hex<ConsortiumId>();
  std::vector<CharterRef> charters;
  while (const auto charter = read_charter_ref_if(record)) charters.push_back(*charter);
  if (!record.done() || found != consortium) return {};
  return charters;
}

void add_approved(FileSystem& files, const std::filesystem::path& vault,
                  const ConsortiumId& consortium, const CharterRef& fresh, std::uint32_t in_force) {
  std::vector<CharterRef> charters = find_approved(files, vault, consortium);
  if (std::ranges::find(charters, fresh) != charters.end()) return;
  std::erase_if(charters, [&](const CharterRef& known) { return known.number <= in_force; });
  charters.push_back(fresh);
  RecordWriter record(type);
  record.key("consortium").hex(consortium.view());
  for (const CharterRef& charter : charters) write_charter_ref(record, charter);
  write_file_atomically(files, vault / name, as_bytes(record.finish()));
}

}  // namespace muniment
