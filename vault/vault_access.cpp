// The facade's access logs: this device's, and the copies of others' that sync brought.
#include <fmt/format.h>

#include <algorithm>

#include "vault/base/text.hpp"
#include "vault/state.hpp"

namespace muniment {

AccessLogReport Vault::verify_access_log(const Activity& activity) {
  State& state = *x_state;
  if (!state.record) state.load_record();
  const LedgerName name = state.access_log_name();
  AccessLogReport report{state.log_label(name), name.origin(), false, {}};
  const auto log = state.access_log();
  if (!log) return report;
  report.exists = true;
  report.check = log->check(activity);
  return report;
}

std::vector<AccessLogReport> Vault::verify_access_log_copies(const Activity& activity) {
  State& state = *x_state;
  if (!state.record) state.load_record();
  std::vector<AccessLogReport> reports;
  for (const LedgerName& name : state.access_log_names()) {
    if (name.device == state.identity().device) continue;
    AccessLogReport& report =
        reports.emplace_back(AccessLogReport{state.log_label(name), name.origin(), true, {}});
    try {
      if (const auto log = state.access_log(name)) {
        report.check = log->check(activity);
      } else {
        report.check.damage.push_back({report.log, "the certificate of its device is not here"});
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      report.check.damage.push_back(
          {report.log, "damaged; munimentd takes it again from partners"});
    }
  }
  return reports;
}

std::string Vault::access_log_proof(std::uint64_t index) {
  State& state = *x_state;
  if (!state.record) state.load_record();
  const auto log = state.access_log();
  const std::uint64_t size = log ? log->size() : 0;
  if (index < size) return log->proof(index);
  throw Error(ErrorCode::not_found, "access log: there is no entry " + std::to_string(index),
              "it has " + std::to_string(size) + "; the first is number 0");
}

std::vector<EndedAccessLog> Vault::ended_access_logs() {
  State& state = *x_state;
  if (!state.record) state.load_record();
  std::vector<EndedAccessLog> result;
  for (const AccessFollows& ended :
       find_access_logs(state.environment.files, state.directory).ended) {
    EndedAccessLog& info = result.emplace_back();
    info.number = access_log_number(ended.log.collection);
    info.origin = ended.log.origin();
    const auto known = ended.checkpoint ? decode_checkpoint(ended.checkpoint->text) : std::nullopt;
    if (known) info.known = known->size;
    try {
      if (const auto log = state.access_log(ended.log)) info.here = log->size();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      info.damaged = true;
    }
  }
  return result;
}

std::vector<AccessLogChoice> Vault::access_logs() {
  State& state = *x_state;
  if (!state.record) state.load_record();
  std::vector<AccessLogChoice> result;
  for (const LedgerName& name : state.access_log_names()) {
    result.push_back({name.device.hex(), access_log_number(name.collection).hex()});
  }
  return result;
}

// The one that was begun last, where that can be told, if no number is given.
LedgerName Vault::State::find_access_log(const AccessLogChoice& choice) const {
  LedgerName present = access_log_name();
  if (choice.device.empty() && choice.number.empty()) return present;
  std::vector<LedgerName> found = access_log_names();
  std::erase_if(found, [&](const LedgerName& name) {
    const DeviceId& id = name.device;
    if (choice.device.empty()) return id != identity().device;
    const auto texts = {device_path(id), device_name(id), id.hex()};
    return std::ranges::find(texts, choice.device) == texts.end();
  });
  const std::string of = choice.device.empty() ? "" : " of " + escape(choice.device);
  if (found.empty()) {
    throw Error(ErrorCode::not_found, "access log" + of + ": it is not here",
                "'muniment log verify' lists those that are");
  }
  if (std::ranges::any_of(found,
                          [&](const auto& name) { return name.device != found[0].device; })) {
    throw Error(ErrorCode::not_found, "access log" + of + ": several devices are called so",
                "name one as MEMBER/DEVICE");
  }
  if (choice.number.empty()) {
    if (found[0].device == present.device) return present;
    if (found.size() == 1) return found[0];
  }
  std::erase_if(found, [&](const LedgerName& name) {
    return !access_log_number(name.collection).hex().starts_with(choice.number);
  });
  if (found.size() == 1) return found[0];
  throw Error(ErrorCode::not_found,
              fmt::format("access log {}{}: {}", escape(choice.number), of,
                          found.empty() ? "it is not here" : "there are several"),
              "'muniment log verify' lists those that are here, with the numbers for --log");
}

AccessReading Vault::read_access_log(const std::function<bool(const AccessInfo&)>& visitor,
                                     const Activity& activity, const AccessLogChoice& choice) {
  State& state = *x_state;
  const Opened& opened = state.unlocked();
  const LedgerName which = state.find_access_log(choice);
  AccessSubject reading{.act = access_act::audit};
  if (which != state.access_log_name()) {
    reading.detail = access_detail("of the " + state.log_label(which));
  }
  const auto permit = state.begin(std::move(reading), activity);
  const auto log = state.access_log(which);
  if (!log) {
    throw Error(ErrorCode::not_found, escape(state.log_label(which)) + ": it is not here",
                "'muniment log verify' lists those that are");
  }
  const auto member_name = [&](const MemberId& id) {
    const auto name = opened.names.members.find(id);
    return name == opened.names.members.end() ? id.hex() : name->second;
  };
  return muniment::read_access_log(
      *log, state.identity().device, opened.reading.reading,
      [&](const OpenedAccess& entry) {
        AccessInfo info{entry.index,
                        entry.record,
                        state.device_name(log->name().device),
                        member_name(entry.record.member),
                        {},
                        {}};
        if (entry.record.collection)
          info.collection = state.collection_name(*entry.record.collection);
        if (const auto& snapshot = entry.record.snapshot) {
          info.snapshot = info.collection + "/" + std::to_string(snapshot->number) + "@" +
                          state.device_name(snapshot->device);
        }
        return visitor(info);
      },
      activity);
}

}  // namespace muniment
