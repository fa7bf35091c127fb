// The folder cosigned/: what witnesses signed of this device's own logs, which is still known there
// when the log has grown, in a file named by the log's ledger id. It can be lost: witnesses say it
// again when they are asked. Layout: FORMAT.md.
#pragma once

#include <filesystem>
#include <map>

#include "vault/base/file.hpp"
#include "vault/ledger/name.hpp"
#include "vault/note/cosignature.hpp"

namespace muniment {

struct CosignedLog {
  // Checkpoints by size, each with the log's signature and those of the witnesses for whom it is
  // the largest.
  std::map<std::uint64_t, SignedNote> notes;
  // From which size on a witness wants to see how the log grew: what it cosigned last, as far as it
  // said so.
  std::map<DeviceId, std::uint64_t> last;
};

[[nodiscard]] std::string encode(const CosignedLog& log);
[[nodiscard]] std::optional<CosignedLog> decode_cosigned_log(std::string_view text);

// One that is damaged or missing is empty.
[[nodiscard]] CosignedLog find_cosigned(FileSystem& files, const std::filesystem::path& vault,
                                        const LedgerId& log);
// The caller holds the vault's lock.
void save_cosigned(FileSystem& files, const std::filesystem::path& vault, const LedgerId& id,
                   const CosignedLog& log);

// Takes in what `witness` signed, if `note` is the log's checkpoint and has its signature and
// nothing forged. False otherwise; that the checkpoint is one of this log is for the caller to say.
// A checkpoint smaller than one that the witness signed here changes nothing.
[[nodiscard]] bool add_cosignature(CosignedLog& log, const SignedNote& note,
                                   const NoteKey<LogPurpose>& key, const DeviceId& witness,
                                   const NoteKey<WitnessPurpose>& witness_key);

}  // namespace muniment
