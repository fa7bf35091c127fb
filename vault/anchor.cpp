#include "vault/anchor.hpp"

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/ledger/load.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view anchor_type = "muniment/anchor/v1";
constexpr std::uint64_t anchor_bytes_max = 4 * limits::mib;

CheckedTimestamp read_timestamp(RecordReader& record, const Sha256Digest& digest) {
  CheckedTimestamp result;
  result.reply = record.base64();
  result.certificates = record.base64();
  const auto said = decode_timestamp_reply(result.reply);
  const std::size_t size = result.certificates.size();
  if (!said || said->digest != digest || size > certificates_bytes_max) record.fail();
  if (!root_certificate(result.certificates)) record.fail();
  return result;
}

}  // namespace

std::optional<RootCertificate> root_certificate(ByteView pem) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----\n";
  constexpr std::string_view end = "\n-----END CERTIFICATE-----\n";
  const std::string_view text = as_text(pem);
  const std::size_t at = text.find(begin);
  const std::size_t until = at == text.npos ? text.npos : text.find(end, at + begin.size());
  if (until == text.npos) return std::nullopt;
  std::string base64(text.substr(at + begin.size(), until - at - begin.size()));
  std::erase(base64, '\n');
  auto der = from_base64(base64);
  if (!der || der->empty()) return std::nullopt;
  return RootCertificate{pem.subspan(at, until + end.size() - at), std::move(*der)};
}

std::string encode(const Anchor& anchor) {
  VAULT_ASSERT(anchor.timestamps.size() <= anchor_timestamps_max);
  RecordWriter record(anchor_type);
  record.key("checkpoint").base64(as_bytes(encode(anchor.checkpoint)));
  for (const CheckedTimestamp& timestamp : anchor.timestamps) {
    record.key("rfc3161").base64(timestamp.reply).base64(timestamp.certificates);
  }
  if (!anchor.ots.empty()) record.key("opentimestamps").base64(anchor.ots);
  return record.finish();
}

std::optional<Anchor> decode_anchor(std::string_view text) {
  RecordReader record(text, anchor_type);
  const Bytes note = record.key("checkpoint").base64();
  auto checkpoint = decode_signed_note(as_text(note));
  if (!checkpoint || !decode_checkpoint(checkpoint->text)) return std::nullopt;
  Anchor anchor{std::move(*checkpoint), {}, {}};
  const Sha256Digest digest = note_identity(anchor.checkpoint);
  while (record.key_if("rfc3161")) {
    anchor.timestamps.push_back(read_timestamp(record, digest));
    if (anchor.timestamps.size() > anchor_timestamps_max) record.fail();
  }
  if (record.key_if("opentimestamps")) {
    anchor.ots = record.base64();
    const auto ots = decode_ots(anchor.ots);
    if (!ots || ots->digest != digest) record.fail();
  }
  if (!record.done()) return std::nullopt;
  return anchor;
}

std::filesystem::path anchor_directory(const std::filesystem::path& ledgers,
                                       const LedgerId& ledger) {
  return ledgers / ledger.hex() / "anchors";
}

std::optional<Anchor> find_anchor(FileSystem& files, const std::filesystem::path& ledgers,
                                  const LedgerId& ledger, const Sha256Digest& digest) {
  const std::filesystem::path path = anchor_directory(ledgers, ledger) / digest.hex();
  if (!files.file_size(path)) return std::nullopt;
  const auto bytes = read_file_within(files, path, anchor_bytes_max);
  auto anchor = bytes ? decode_anchor(as_text(*bytes)) : std::nullopt;
  if (anchor && note_identity(anchor->checkpoint) == digest) return anchor;
  throw Error(ErrorCode::damaged, ledger_label(ledger) + ": anchors/" + digest.hex() + ": damaged",
              "remove the file, and import the replies again");
}

void save_anchor(FileSystem& files, const std::filesystem::path& ledgers, const LedgerId& ledger,
                 const Anchor& anchor) {
  const std::filesystem::path directory = anchor_directory(ledgers, ledger);
  files.make_directory(directory);
  files.sync_directory(directory.parent_path());
  write_file_atomically(files, directory / note_identity(anchor.checkpoint).hex(),
                        as_bytes(encode(anchor)));
}

std::vector<Sha256Digest> list_anchors(FileSystem& files, const std::filesystem::path& ledgers,
                                       const LedgerId& ledger) {
  std::vector<Sha256Digest> result;
  for (const std::string& name : files.list(anchor_directory(ledgers, ledger))) {
    if (const auto digest = Sha256Digest::from_hex(name)) result.push_back(*digest);
  }
  return result;
}

}  // namespace muniment
