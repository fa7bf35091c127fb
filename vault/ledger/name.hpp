// Which ledger is meant: one writer, one collection.
#pragma once

#include <string>
#include <string_view>

#include "vault/base/ids.hpp"
#include "vault/note/checkpoint.hpp"

namespace muniment {

// The built-in collection that every member replicates: charters, certificates, revocations.
inline constexpr CollectionId consortium_collection{};

struct LedgerName {
  ConsortiumId consortium;
  CollectionId collection;
  DeviceId device;

  // `muniment/<consortium>/<collection>/<device>` in hexadecimal: the first line of every
  // checkpoint of this ledger, and the name of its key there.
  [[nodiscard]] std::string origin() const;
  // Empty unless `origin` is exactly what origin() gives for some name.
  [[nodiscard]] static std::optional<LedgerName> from_origin(std::string_view origin);

  // SHA-256 of the origin; its hexadecimal form is the ledger's directory.
  [[nodiscard]] LedgerId id() const;

  // What verifies this ledger's checkpoints.
  [[nodiscard]] NoteKey<LogPurpose> note_key(const VerifyKey<LogPurpose>& key) const;

  friend auto operator<=>(const LedgerName&, const LedgerName&) = default;
};

}  // namespace muniment
