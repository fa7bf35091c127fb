#include "vault/backup.hpp"

#include "vault/base/cursor.hpp"
#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

constexpr std::array<unsigned char, 8> magic{0x89, 'M', 'N', 'B', '\r', '\n', 0x1a, '\n'};
constexpr std::uint16_t version = 1;
constexpr std::size_t head_bytes = 20;  // up to the keyring
constexpr std::size_t checksum_bytes = 32;
constexpr std::size_t tag_bytes = 16;
// Of the sealed part, so that its length says little of how much was done.
constexpr std::size_t class_bytes = 65536;

constexpr std::string_view content_type = "muniment/backup/v1";
constexpr std::string_view last_type = "muniment/backed-up/v1";
constexpr std::size_t last_bytes_max = 1024;

using BackupKey = SecretKey<struct BackupPurpose>;

BackupKey backup_key(const OpenCompartment<ReadingKeys>& reading) {
  return derive<struct BackupPurpose>(reading.key, "muniment/backup/v1");
}

Bytes context_of(const Keyring& keyring) {
  Bytes bytes = to_bytes(std::string_view("muniment/backup/v1\0", 19));
  append(bytes, keyring.identity().vault.view());
  return bytes;
}

ByteView magic_bytes() {
  return std::as_bytes(std::span(magic));
}

}  // namespace

std::string encode(const BackupContent& content) {
  RecordWriter record(content_type);
  for (const CharterRef& charter : content.charters) write_charter_ref(record, charter);
  if (!content.authority.empty()) record.key("authority").base64(content.authority);
  for (const AccessFollows& log : content.access) write_follows(record, log);
  for (const SignedNote& note : content.witnessed) {
    record.key("witnessed").base64(as_bytes(encode(note)));
  }
  for (const LedgerCopy& ledger : content.ledgers) write_ledger_copy(record, ledger);
  return record.finish();
}

std::optional<BackupContent> decode_backup_content(std::string_view text) {
  RecordReader record(text, content_type);
  BackupContent content{read_charter_refs(record), {}, {}, {}, {}};
  if (record.key_if("authority")) {
    content.authority = record.base64();
    if (content.authority.empty()) record.fail();
  }
  while (auto log = read_follows_if(record)) content.access.push_back(std::move(*log));
  while (record.key_if("witnessed")) {
    const Bytes bytes = record.base64();
    auto note = decode_signed_note(as_text(bytes));
    if (!note) return std::nullopt;
    content.witnessed.push_back(std::move(*note));
  }
  content.ledgers = read_ledger_copies(record);
  if (!record.done()) return std::nullopt;
  return content;
}

Bytes encode_backup(const Keyring& keyring, const OpenCompartment<ReadingKeys>& reading,
                    const BackupContent& content, Random& random) {
  const std::string text = encode(content);
  Bytes padded;
  ByteWriter padded_writer(padded);
  padded_writer.u64(text.size());
  padded_writer.raw(as_bytes(text));
  padded_writer.zeros((class_bytes - padded.size() % class_bytes) % class_bytes);
  const SaltedBox box = seal_salted(backup_key(reading), context_of(keyring), padded, random);

  Bytes bytes;
  ByteWriter writer(bytes);
  const Bytes keyring_bytes = keyring.encode();
  writer.raw(magic_bytes());
  writer.u16(version);
  writer.zeros(6);
  writer.u32(static_cast<std::uint32_t>(keyring_bytes.size()));
  writer.raw(keyring_bytes);
  writer.raw(box.salt.view());
  writer.raw(box.sealed);
  writer.raw(sha256(bytes).view());
  return bytes;
}

std::optional<Backup> decode_backup(ByteView bytes) {
  if (bytes.size() < head_bytes + checksum_bytes) return std::nullopt;
  const ByteView content = bytes.first(bytes.size() - checksum_bytes);
  if (!equal(sha256(content).view(), bytes.last(checksum_bytes))) return std::nullopt;
  ByteReader reader(content);
  if (!equal(reader.raw(magic.size()), magic_bytes())) return std::nullopt;
  if (const std::uint16_t found = reader.u16(); found != version) {
    throw Error(ErrorCode::unsupported,
                "backup: version " + std::to_string(found) + ", this program reads version 1",
                "use the muniment that made it");
  }
  reader.expect_zeros(6);
  const std::uint32_t keyring_bytes = reader.u32();
  std::optional<Keyring> keyring = Keyring::decode(reader.raw(keyring_bytes));
  const auto salt = reader.fixed<SaltedBox::Salt>();
  const ByteView sealed = reader.raw(reader.remaining());
  const bool sound = sealed.size() > tag_bytes && (sealed.size() - tag_bytes) % class_bytes == 0;
  if (!reader.done() || !keyring || !sound) return std::nullopt;
  return Backup{std::move(*keyring), {salt, Bytes(sealed.begin(), sealed.end())}};
}

BackupContent open_backup(const Backup& backup, const OpenCompartment<ReadingKeys>& reading) {
  const auto content = open_salted(backup_key(reading), context_of(backup.keyring), backup.sealed);
  if (content) {
    ByteReader reader(content->view());
    const std::uint64_t size = reader.u64();
    const ByteView text = size <= reader.remaining() ? reader.raw(size) : ByteView();
    reader.expect_zeros(reader.remaining());
    std::optional<BackupContent> decoded = decode_backup_content(as_text(text));
    if (reader.done() && decoded) return std::move(*decoded);
  }
  throw Error(ErrorCode::damaged, "backup: what is sealed in it was altered", "use another backup");
}

void save_last_backup(FileSystem& files, const std::filesystem::path& directory,
                      const LastBackup& backup) {
  RecordWriter record(last_type);
  record.key("time").time(backup.time);
  record.key("generation").u64(backup.generation);
  if (backup.authority) record.key("authority").hex(backup.authority->view());
  write_file_atomically(files, directory / "backed-up", as_bytes(record.finish()));
}

std::optional<LastBackup> find_last_backup(FileSystem& files,
                                           const std::filesystem::path& directory) {
  const auto bytes = read_file(files, directory / "backed-up", last_bytes_max);
  if (!bytes) return std::nullopt;
  RecordReader record(as_text(*bytes), last_type);
  LastBackup backup;
  backup.time = record.key("time").time();
  backup.generation = record.key("generation").u64();
  if (record.key_if("authority")) backup.authority = record.hex<Sha256Digest>();
  if (!record.done()) return std::nullopt;
  return backup;
}

}  // namespace muniment
