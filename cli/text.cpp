#include "cli/text.hpp"

#include <fmt/format.h>

#include <ctime>

namespace muniment {

namespace {

// Without the Z; empty if there is no such year.
std::string civil_time(UnixSeconds seconds) {
  const std::time_t time = seconds;
  std::tm civil{};
  if (::gmtime_r(&time, &civil) == nullptr) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.tm_year + 1900L, civil.tm_mon + 1,
                     civil.tm_mday, civil.tm_hour, civil.tm_min, civil.tm_sec);
}

}  // namespace

std::string utc_time(UnixSeconds seconds) {
  return utc_time(ModificationTime{seconds, 0});
}

std::string utc_time(const ModificationTime& time) {
  std::string text = civil_time(time.seconds);
  if (text.empty()) return fmt::format("@{}", time.seconds);
  if (time.nanoseconds != 0) {
    text += fmt::format(".{:09}", time.nanoseconds);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

std::string_view kind_name(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::file:
      return "file";
    case EntryKind::directory:
      return "directory";
    case EntryKind::symlink:
      return "symlink";
  }
  return "unknown";
}

std::string count_of(std::uint64_t count, std::string_view singular) {
  if (count == 1) return fmt::format("1 {}", singular);
  const bool ends_in_ry = singular.ends_with("ry");
  return fmt::format("{} {}{}", count, singular.substr(0, singular.size() - (ends_in_ry ? 1 : 0)),
                     ends_in_ry ? "ies" : "s");
}

SnapshotPath SnapshotPath::parse(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto name = SnapshotName::parse(text.substr(0, colon));
  if (!name) {
    throw Error(
        ErrorCode::usage, escape(text.substr(0, colon)) + ": not a snapshot's name",
        "write COLLECTION/NUMBER, COLLECTION/NUMBER@DEVICE or COLLECTION/latest, then :PATH");
  }
  SnapshotPath result{*name, std::string(colon < text.size() ? text.substr(colon + 1) : "")};
  result.path.erase(result.path.find_last_not_of('/') + 1);
  return result;
}

UnixSeconds parse_date(const std::string& text) {
  std::tm civil{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &civil);
  if (end == nullptr || *end != '\0' || text.size() != 10) {
    throw Error(ErrorCode::usage, escape(text) + ": not a date", "write it as in 2027-03-01");
  }
  return ::timegm(&civil);
}

}  // namespace muniment
