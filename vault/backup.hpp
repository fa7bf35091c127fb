// A backup of what cannot be made again: the keyring, and every ledger, in which the grants and the
// names of packs stand. Not the packs: any replica has those. Layout: FORMAT.md.
#pragma once

#include "vault/audit/entry.hpp"
#include "vault/consortium/approval.hpp"
#include "vault/keyring/keyring.hpp"
#include "vault/ledger/copy.hpp"

namespace muniment {

inline constexpr std::size_t backup_bytes_max = std::size_t{1} << 30U;

struct Backup {
  Keyring keyring;
  SaltedBox sealed;  // BackupContent
};

struct BackupContent {
  std::vector<CharterRef> charters;   // that were in force (adopted.hpp)
  Bytes authority;                    // the file of authority.hpp, sealed; empty if there is none
  std::vector<AccessFollows> access;  // the access log then, and those before; newest first
  std::vector<SignedNote> witnessed;  // what this device cosigned (witness_memory.hpp)
  std::vector<LedgerCopy> ledgers;
};

[[nodiscard]] std::string encode(const BackupContent& content);
[[nodiscard]] std::optional<BackupContent> decode_backup_content(std::string_view text);

// Opens with whatever opens the reading keys of `keyring`, which it carries.
[[nodiscard]] Bytes encode_backup(const Keyring& keyring,
                                  const OpenCompartment<ReadingKeys>& reading,
                                  const BackupContent& content, Random& random);

// Empty if any byte is not as it was written; needs no secret. Error(unsupported) for another
// version.
[[nodiscard]] std::optional<Backup> decode_backup(ByteView bytes);

// Error(damaged) if it is not what was sealed with these keys.
[[nodiscard]] BackupContent open_backup(const Backup& backup,
                                        const OpenCompartment<ReadingKeys>& reading);

// The file `backed-up`: when the last backup was made, and of which state of the keyring. A
// convenience for `status`; nobody's proof.
//
//   muniment/backed-up/v1
//   time <seconds since 1970>
//   generation <of the keyring>
//   authority <SHA-256 of the file of authority.hpp; only if there was one>
struct LastBackup {
  UnixSeconds time = 0;
  std::uint64_t generation = 0;
  std::optional<Sha256Digest> authority{};
};

void save_last_backup(FileSystem& files, const std::filesystem::path& directory,
                      const LastBackup& backup);
// Empty if there never was one, or the file does not say so properly.
[[nodiscard]] std::optional<LastBackup> find_last_backup(FileSystem& files,
                                                         const std::filesystem::path& directory);

}  // namespace muniment
