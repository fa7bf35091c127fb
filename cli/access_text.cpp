#include "cli/access_text.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <ctime>

#include "cli/text.hpp"

namespace muniment {

namespace {

constexpr std::string_view csv_names =
    "index,time,device,member,user,act,stage,collection,snapshot,path,detail,purpose,intent,"
    "outcome,"
    "files,bytes";

std::string actor_text(const AccessInfo& info) {
  std::string text = escape(info.member);
  if (!info.record.user.empty()) text += fmt::format(" ({})", escape(info.record.user));
  return text;
}

std::string outcome_text(const AccessRecord& record) {
  std::string text(record.outcome ? to_text(*record.outcome) : "");
  if (record.counts) {
    text += fmt::format(", {}, {}", count_of(record.counts->files, "file"),
                        human_bytes(record.counts->bytes));
  }
  return text;
}

std::string csv_field(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos) {
    text.insert(text.begin(), '\'');
  }
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

bool AccessFilter::takes(const AccessInfo& info) const {
  const AccessRecord& record = info.record;
  if (!actor.empty() && actor != info.member && actor != record.user &&
      actor != record.member.hex()) {
    return false;
  }
  if (!act.empty() && act != record.act) return false;
  if (since && record.time < *since) return false;
  if (until && record.time >= *until) return false;
  if (object.empty()) return true;
  const std::string text = object_text(info);
  return text.starts_with(object) || ::fnmatch(object.c_str(), text.c_str(), 0) == 0;
}

UnixSeconds parse_time(const std::string& text, const std::string& option) {
  for (const char* form : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"}) {
    std::tm civil{};
    const char* end = ::strptime(text.c_str(), form, &civil);
    if (end != nullptr && *end == '\0') return ::timegm(&civil);
  }
  throw Error(ErrorCode::usage, option + " " + escape(text) + ": not a time",
              "write 2026-03-01 or 2026-03-01T12:00:00Z");
}

std::string object_text(const AccessInfo& info) {
  if (info.snapshot.empty()) return escape(info.collection);
  std::string text = escape(info.snapshot);
  if (!info.record.path.empty()) text += ":" + escape(info.record.path);
  return text;
}

Json to_json(const AccessInfo& info) {
  const AccessRecord& record = info.record;
  Json object{{"index", info.index},   {"time", utc_time(record.time)},
              {"device", info.device}, {"member", info.member},
              {"act", record.act},     {"stage", to_text(record.stage)}};
  if (!record.user.empty()) object["user"] = record.user;
  if (!info.collection.empty()) object["collection"] = info.collection;
  if (!info.snapshot.empty()) object["snapshot"] = info.snapshot;
  if (!record.path.empty()) put_bytes(object, "path", record.path);
  if (!record.detail.empty()) object["detail"] = record.detail;
  if (!record.purpose.empty()) object["purpose"] = record.purpose;
  if (record.intent) object["intent"] = *record.intent;
  if (record.outcome) object["outcome"] = to_text(*record.outcome);
  if (record.counts) {
    object["files"] = record.counts->files;
    object["bytes"] = record.counts->bytes;
  }
  return object;
}

std::string csv_header() {
  return std::string(csv_names);
}

std::string csv_line(const AccessInfo& info) {
  const AccessRecord& record = info.record;
  const auto number = [](const auto& value) { return value ? std::to_string(*value) : ""; };
  const auto& counts = record.counts;
  const std::vector<std::string> fields{std::to_string(info.index),
                                        utc_time(record.time),
                                        csv_field(info.device),
                                        csv_field(info.member),
                                        csv_field(record.user),
                                        record.act,
                                        std::string(to_text(record.stage)),
                                        csv_field(info.collection),
                                        csv_field(info.snapshot),
                                        csv_field(escape(record.path)),
                                        csv_field(record.detail),
                                        csv_field(record.purpose),
                                        number(record.intent),
                                        std::string(record.outcome ? to_text(*record.outcome) : ""),
                                        counts ? std::to_string(counts->files) : "",
                                        counts ? std::to_string(counts->bytes) : ""};
  return fmt::format("{}", fmt::join(fields, ","));
}

std::string table_line(const AccessInfo& info, const AccessRecord* done) {
  const AccessRecord& record = info.record;
  std::string text = fmt::format("{:>6} {} {:<20} {:<11}", info.index, utc_time(record.time),
                                 actor_text(info), record.act);
  for (const std::string& part : {object_text(info), record.detail}) {
    if (!part.empty()) text += " " + part;
  }
  if (!record.purpose.empty()) text += fmt::format(" \"{}\"", escape(record.purpose));
  const std::string outcome =
      outcome_text(record.stage == AccessStage::intent && done != nullptr ? *done : record);
  return text + ": " + (outcome.empty() ? "no outcome" : outcome);
}

}  // namespace muniment
