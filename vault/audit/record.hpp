// What an entry of the access log says, once an auditor has opened it. Text: FORMAT.md §3.
#pragma once

#include <string>

#include "vault/base/bytes.hpp"
#include "vault/base/clock.hpp"
#include "vault/base/ids.hpp"

namespace muniment {

// What was done. Others are kept and shown as they stand, so that a newer program's log can be
// read.
namespace access_act {
inline constexpr std::string_view unlock = "unlock";
inline constexpr std::string_view agent_start = "agent-start";
inline constexpr std::string_view agent_stop = "agent-stop";
inline constexpr std::string_view list = "list";
inline constexpr std::string_view read = "read";
inline constexpr std::string_view search = "search";
inline constexpr std::string_view compare = "compare";
inline constexpr std::string_view export_files = "export";
inline constexpr std::string_view prove = "prove";
inline constexpr std::string_view ingest = "ingest";
inline constexpr std::string_view verify = "verify";
inline constexpr std::string_view repair = "repair";
inline constexpr std::string_view catalog = "catalog";
inline constexpr std::string_view collection = "collection";
inline constexpr std::string_view grant = "grant";
inline constexpr std::string_view revoke = "revoke";
inline constexpr std::string_view charter = "charter";
inline constexpr std::string_view device = "device";
inline constexpr std::string_view key = "key";
inline constexpr std::string_view recovery = "recovery";
inline constexpr std::string_view backup = "backup";
inline constexpr std::string_view exchange = "exchange";  // texts from and for partners
inline constexpr std::string_view cosign = "cosign";      // what witnesses sign, or do not
inline constexpr std::string_view daemon_start = "daemon-start";
inline constexpr std::string_view daemon_stop = "daemon-stop";
inline constexpr std::string_view heartbeat = "heartbeat";  // the daemon is still there
inline constexpr std::string_view sync = "sync";            // sessions with a peer that ended
inline constexpr std::string_view clock = "clock";          // it was set while the daemon ran
inline constexpr std::string_view audit = "audit";          // reading the access log itself
inline constexpr std::string_view log = "log";              // what happened to the log
}  // namespace access_act

enum class AccessStage {
  intent,  // is going to happen; synced before any key is used
  done,    // has happened, with its outcome
  event,   // both in one: it takes no key, or cannot be told apart
};

enum class AccessOutcome {
  ok,
  partly,
  interrupted,
  denied,
  failed,
};

[[nodiscard]] std::string_view to_text(AccessStage stage) noexcept;
[[nodiscard]] std::string_view to_text(AccessOutcome outcome) noexcept;

struct AccessSnapshot {
  std::uint64_t number = 0;
  DeviceId device;

  friend bool operator==(const AccessSnapshot&, const AccessSnapshot&) = default;
};

struct AccessCounts {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;

  friend bool operator==(const AccessCounts&, const AccessCounts&) = default;
};

// Which device it was, the ledger says.
struct AccessRecord {
  UnixSeconds time = 0;
  std::string act;  // [a-z-]+
  AccessStage stage = AccessStage::event;
  MemberId member;
  std::string user;  // the name that the local user chose; empty if none
  std::optional<CollectionId> collection;
  std::optional<AccessSnapshot> snapshot;
  std::string path;     // bytes; empty: all of the snapshot
  std::string detail;   // printable text of one line, may be empty: a pattern, a member, a cause
  std::string purpose;  // what for, in the user's words; may be empty
  std::optional<std::uint64_t> intent;   // of `done`: the entry in which it was announced
  std::optional<AccessOutcome> outcome;  // of `done` and `event`
  std::optional<AccessCounts> counts;

  friend bool operator==(const AccessRecord&, const AccessRecord&) = default;
};

// Longer ones are refused by the decoder and are our bug in the encoder.
inline constexpr std::size_t access_purpose_bytes_max = 200;
inline constexpr std::size_t access_user_bytes_max = 255;
inline constexpr std::size_t access_detail_bytes_max = 4096;

// True if `text` can stand as a purpose or a user's name: one line of UTF-8 without control
// characters, of 1 to `bytes_max` bytes.
[[nodiscard]] bool is_access_text(std::string_view text, std::size_t bytes_max) noexcept;

// `bytes` as a detail: escaped, and cut with an ellipsis where it is too long.
[[nodiscard]] std::string access_detail(std::string_view bytes);

[[nodiscard]] std::string encode(const AccessRecord& record);
[[nodiscard]] std::optional<AccessRecord> decode_access_record(std::string_view text);

// As it is sealed: with a padding, so that its length says little.
[[nodiscard]] Bytes encode_padded(const AccessRecord& record);
[[nodiscard]] std::optional<AccessRecord> decode_padded_record(ByteView padded);

}  // namespace muniment
