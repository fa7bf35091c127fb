#include "vault/cosigned.hpp"

#include <algorithm>
#include <iterator>

#include "vault/ledger/fork.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/cosigned/v1";
// 4,096 witnesses that each signed another checkpoint.
constexpr std::size_t bytes_max = std::size_t{4} << 20U;

std::filesystem::path path_of(const std::filesystem::path& vault, const LedgerId& log) {
  return vault / "cosigned" / log.hex();
}

bool is_by(const NoteSignature& line, const NoteKey<WitnessPurpose>& key) {
  return line.name == key.name && line.id == key.id();
}

}  // namespace

std::string encode(const CosignedLog& log) {
  RecordWriter record(type);
  for (const auto& [size, note] : log.notes) record.key("note").base64(as_bytes(encode(note)));
  for (const auto& [device, size] : log.last) record.key("last").hex(device.view()).u64(size);
  return record.finish();
}

std::optional<CosignedLog> decode_cosigned_log(std::string_view text) {
  RecordReader record(text, type);
  CosignedLog log;
  while (record.key_if("note")) {
    const Bytes bytes = record.base64();
    auto note = decode_signed_note(as_text(bytes));
    const auto checkpoint = note ? decode_checkpoint(note->text) : std::nullopt;
    if (!checkpoint || (!log.notes.empty() && log.notes.rbegin()->first >= checkpoint->size)) {
      return std::nullopt;
    }
    log.notes.emplace(checkpoint->size, std::move(*note));
  }
  while (record.key_if("last")) {
    const auto device = record.hex<DeviceId>();
    if (!log.last.empty() && log.last.rbegin()->first >= device) record.fail();
    log.last.emplace(device, record.u64());
  }
  if (!record.done()) return std::nullopt;
  return log;
}

CosignedLog find_cosigned(FileSystem& files, const std::filesystem::path& vault,
                          const LedgerId& log) {
  const auto bytes = read_file_within(files, path_of(vault, log), bytes_max);
  auto found = bytes ? decode_cosigned_log(as_text(*bytes)) : std::nullopt;
  return std::move(found).value_or(CosignedLog{});
}

void save_cosigned(FileSystem& files, const std::filesystem::path& vault, const LedgerId& id,
                   const CosignedLog& log) {
  files.make_directory(vault / "cosigned");
  write_file_atomically(files, path_of(vault, id), as_bytes(encode(log)));
}

bool add_cosignature(CosignedLog& log, const SignedNote& note, const NoteKey<LogPurpose>& key,
                     const DeviceId& witness, const NoteKey<WitnessPurpose>& witness_key) {
  const auto opened = open_cosigned(note, key, {&witness_key, 1});
  if (!opened || opened->checkpoint.origin != key.name || opened->cosignatures.empty()) {
    return false;
  }
  const std::uint64_t size = opened->checkpoint.size;
  const auto has_signed = [&](const auto& known) {
    return std::ranges::any_of(known.second.signatures,
                               [&](const NoteSignature& line) { return is_by(line, witness_key); });
  };
  const auto before = std::ranges::find_if(log.notes, has_signed);
  if (before != log.notes.end()) {
    if (before->first > size) return true;
    std::erase_if(before->second.signatures,
                  [&](const NoteSignature& line) { return is_by(line, witness_key); });
    if (before->second.signatures.size() < 2) log.notes.erase(before);
  }
  log.last[witness] = size;
  SignedNote& target = log.notes[size];
  if (target.text != note.text) target = log_signature_alone(note, key);
  std::ranges::copy_if(note.signatures, std::back_inserter(target.signatures),
                       [&](const NoteSignature& line) { return is_by(line, witness_key); });
  return true;
}

}  // namespace muniment
