#include "vault/witness_memory.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

constexpr std::string_view folder = "witness";

std::optional<SignedNote> read_note(FileSystem& files, const std::filesystem::path& path) {
  const auto bytes = read_file_within(files, path, limits::note_bytes_max);
  return bytes ? decode_signed_note(as_text(*bytes)) : std::nullopt;
}

std::optional<std::filesystem::path> path_of(const std::filesystem::path& vault,
                                             const SignedNote& note) {
  const auto checkpoint = decode_checkpoint(note.text);
  const auto name = checkpoint ? LedgerName::from_origin(checkpoint->origin) : std::nullopt;
  if (!name) return std::nullopt;
  return vault / folder / name->id().hex();
}

void write_note(FileSystem& files, const std::filesystem::path& path, const SignedNote& note) {
  if (files.list(path.parent_path()).empty()) {
    files.make_directory(path.parent_path());
    files.sync_directory(path.parent_path().parent_path());
  }
  write_file_atomically(files, path, as_bytes(encode(note)));
}

}  // namespace

std::optional<Witnessed> WitnessMemory::find(const NoteKey<LogPurpose>& log) const {
  const auto name = LedgerName::from_origin(log.name);
  VAULT_ASSERT(name);
  const std::filesystem::path path = x_vault / folder / name->id().hex();
  if (!x_files.file_size(path)) return std::nullopt;
  auto note = read_note(x_files, path);
  const auto opened = note ? open_cosigned(*note, log, {&x_self, 1}) : std::nullopt;
  if (opened && opened->checkpoint.origin == log.name && !opened->cosignatures.empty()) {
    return Witnessed{{opened->checkpoint.size, opened->checkpoint.root}, std::move(*note)};
  }
  throw Error(
      ErrorCode::damaged,
      "witness/" + name->id().hex() +
          ": damaged, so it is not known what this device cosigned of this log, and nothing "
          "more of it is",
      "'muniment key import-backup' puts it back");
}

void WitnessMemory::save(const SignedNote& note) const {
  const auto path = path_of(x_vault, note);
  VAULT_ASSERT(path);
  write_note(x_files, *path, note);
}

std::vector<SignedNote> list_witnessed(FileSystem& files, const std::filesystem::path& vault) {
  std::vector<SignedNote> result;
  for (const std::string& name : files.list(vault / folder)) {
    auto note = read_note(files, vault / folder / name);
    if (note && path_of(vault, *note) == vault / folder / name) result.push_back(std::move(*note));
  }
  return result;
}

void restore_witnessed(FileSystem& files, const std::filesystem::path& vault,
                       std::span<const SignedNote> notes) {
  for (const SignedNote& note : notes) {
    const auto path = path_of(vault, note);
    if (!path) continue;
    const auto here = read_note(files, *path);
    const auto known = here ? decode_checkpoint(here->text) : std::nullopt;
    if (known && known->size >= decode_checkpoint(note.text)->size) continue;
    write_note(files, *path, note);
  }
}

}  // namespace muniment
