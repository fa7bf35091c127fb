#include "vault/restored.hpp"

#include "vault/base/error.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/restored/v1";
constexpr std::string_view name = "restored";
constexpr std::size_t bytes_max = 65536;

}  // namespace

void save_unheard(FileSystem& files, const std::filesystem::path& vault,
                  const std::set<MemberId>& members) {
  if (members.empty()) {
    files.remove(vault / name);
    files.sync_directory(vault);
    return;
  }
  RecordWriter record(type);
  for (const MemberId& member : members) record.key("member").hex(member.view());
  write_file_atomically(files, vault / name, as_bytes(record.finish()));
}

std::set<MemberId> find_unheard(FileSystem& files, const std::filesystem::path& vault) {
  const auto bytes = read_file(files, vault / name, bytes_max);
  if (!bytes) return {};
  RecordReader record(as_text(*bytes), type);
  std::set<MemberId> members;
  while (record.key_if("member")) members.insert(record.hex<MemberId>());
  if (record.done() && !members.empty()) return members;
  throw Error(ErrorCode::damaged, "the file 'restored' of the vault is damaged",
              "say with 'muniment key resume' that no partner has seen more than this vault has");
}

}  // namespace muniment
