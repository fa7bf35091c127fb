#include "vault/adopted.hpp"

#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/charters/v1";
constexpr std::string_view name = "charters";
// More than charters ever come to; one takes 80.
constexpr std::size_t bytes_max = std::size_t{1} << 20U;

std::string encode(const ConsortiumId& consortium, std::span<const CharterRef> charters) {
  RecordWriter record(type);
  record.key("consortium").hex(consortium.view());
  for (const CharterRef& charter : charters) write_charter_ref(record, charter);
  const std::string text = record.finish();
  return text + "sha256 " + sha256(as_bytes(text)).hex() + "\n";
}

// Empty unless it is a whole list.
std::optional<std::pair<ConsortiumId, std::vector<CharterRef>>> decode(std::string_view text) {
  RecordReader record(text, type);
  const auto consortium = record.key("consortium").hex<ConsortiumId>();
  std::vector<CharterRef> charters = read_charter_refs(record);
  static_cast<void>(record.key("sha256").word());
  if (!record.done() || encode(consortium, charters) != text) return std::nullopt;
  return std::pair(consortium, std::move(charters));
}

}  // namespace

AdoptedCharters find_adopted(FileSystem& files, const std::filesystem::path& vault,
                             const ConsortiumId& consortium) {
  const std::filesystem::path path = vault / name;
  const auto size = files.file_size(path);
  if (!size) return {};
  if (*size > bytes_max) return {{}, true};
  const auto bytes = read_file(files, path, bytes_max);
  auto found = bytes ? decode(as_text(*bytes)) : std::nullopt;
  if (!found) return {{}, true};
  if (found->first != consortium) return {};
  return {std::move(found->second), false};
}

void save_adopted(FileSystem& files, const std::filesystem::path& vault,
                  const ConsortiumId& consortium, std::span<const CharterRef> charters) {
  write_file_atomically(files, vault / name, as_bytes(encode(consortium, charters)));
}

}  // namespace muniment
