// Records of the access log: which are meant, and how they are written.
#pragma once

#include "cli/json.hpp"

namespace muniment {

// What of the log is asked for; what is empty leaves nothing out.
struct AccessFilter {
  std::string actor;  // a member, or the name that a user chose
  std::string act;
  std::string object;  // a shell pattern for COLLECTION/NUMBER@DEVICE:PATH, or its beginning
  std::optional<UnixSeconds> since;
  std::optional<UnixSeconds> until;  // not included

  [[nodiscard]] bool takes(const AccessInfo& info) const;
};

// "2026-03-01" or "2026-03-01T12:00:00Z". Error(usage) naming `option`.
[[nodiscard]] UnixSeconds parse_time(const std::string& text, const std::string& option);

// "police-files/3@desk:leak/a.pdf", escaped; a collection alone, or empty.
[[nodiscard]] std::string object_text(const AccessInfo& info);

[[nodiscard]] Json to_json(const AccessInfo& info);

// RFC 4180, in the order of the header; text that a spreadsheet would take for a formula begins
// with an apostrophe.
[[nodiscard]] std::string csv_header();
[[nodiscard]] std::string csv_line(const AccessInfo& info);

// For people: an intent with its outcome, which is empty while it is not known.
[[nodiscard]] std::string table_line(const AccessInfo& info, const AccessRecord* done);

}  // namespace muniment
