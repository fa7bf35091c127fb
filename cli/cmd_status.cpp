#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "cli/witness_text.hpp"

namespace muniment {

namespace {

// As the option of verify.
std::string_view depth_name(VerifyDepth depth) {
  switch (depth) {
    case VerifyDepth::presence:
      return "presence";
    case VerifyDepth::read_data:
      return "read-data";
    case VerifyDepth::deep:
      break;
  }
  return "deep";
}

Json to_json(const StatusReport& report, std::span<const LogWitnesses> logs) {
  Json object{{"vault", report.vault.hex()}};
  put_bytes(object, "directory", report.directory.native());
  object["unlocked"] = report.unlocked;
  if (report.unlocked) object["device"] = report.device;
  object["collections"] = Json::array();
  for (const StatusReport::Collection& collection : report.collections) {
    object["collections"].push_back({{"collection", collection.name},
                                     {"snapshots", collection.snapshots},
                                     {"packs", collection.packs},
                                     {"stored_bytes", collection.stored_bytes}});
  }
  object["packs_unlisted"] = report.packs_unlisted;
  object["bytes_unlisted"] = report.bytes_unlisted;
  if (report.last_verified) {
    object["last_verified"] = {{"time", utc_time(*report.last_verified)},
                               {"depth", depth_name(report.last_verified_depth)},
                               {"damage", report.last_verified_damage}};
  }
  if (report.last_backup) object["last_backup"] = utc_time(*report.last_backup);
  if (report.travels_until) {
    object["travel"] = {{"until", utc_time(*report.travels_until)},
                        {"left_behind", report.left_behind}};
  }
  object["witnesses"] = Json::array();
  for (const LogWitnesses& log : logs) object["witnesses"].push_back(to_json(log));
  object["todo"] = report.todo;
  return object;
}

// This device's own logs, and how it stands with the others'.
void write_witnesses(Terminal& terminal, std::span<const LogWitnesses> logs) {
  std::size_t others = 0;
  std::size_t below = 0;
  for (const LogWitnesses& log : logs) {
    if (log.standing.of == 0) continue;
    if (log.own) {
      terminal.write_line("witnesses   " + witnesses_line(log));
    } else {
      ++others;
      below += log.standing.is_quorum() ? 0 : 1;
    }
  }
  if (others > 0) {
    terminal.write_line(fmt::format("witnesses   {} of others: {} below the quorum",
                                    count_of(others, "ledger"), below));
  }
}

void write_screen(Terminal& terminal, const StatusReport& report,
                  std::span<const LogWitnesses> logs, UnixSeconds now) {
  terminal.write_line(
      fmt::format("vault       {} in {}", report.vault.hex(), escape(report.directory.native())));
  terminal.write_line(
      report.unlocked ? "device      " + escape(report.device)
                      : "locked      names are not shown; give --key-file or --passphrase-file");
  for (const StatusReport::Collection& collection : report.collections) {
    terminal.write_line(
        fmt::format("collection  {:<32} {:>14} {:>12} {:>10}", escape(collection.name),
                    count_of(collection.snapshots, "snapshot"), count_of(collection.packs, "pack"),
                    human_bytes(collection.stored_bytes)));
  }
  if (report.travels_until) {
    terminal.write_line(fmt::format("travels     until {} without {}",
                                    utc_time(*report.travels_until).substr(0, 10),
                                    count_of(report.left_behind, "collection")));
  }
  if (report.packs_unlisted > 0) {
    terminal.write_line(
        fmt::format("unfinished  {} of an interrupted ingest; the next one uses what is in there",
                    count_of(report.packs_unlisted, "pack")));
  }
  terminal.write_line(
      report.last_verified
          ? fmt::format("verified    {} ({}): {}", utc_time(*report.last_verified),
                        depth_name(report.last_verified_depth),
                        report.last_verified_damage == 0
                            ? "no damage"
                            : count_of(report.last_verified_damage, "damaged object"))
          : "verified    never");
  terminal.write_line(report.last_backup
                          ? "key backup  " + utc_time(*report.last_backup) + ", " +
                                human_duration(std::chrono::seconds(
                                    std::max<UnixSeconds>(now - *report.last_backup, 0))) +
                                " ago"
                          : "key backup  none");
  const bool has_witnesses =
      std::ranges::any_of(logs, [](const LogWitnesses& log) { return log.standing.of > 0; });
  terminal.write_line(has_witnesses ? "copies      this one"
                                    : "copies      this one; witnesses: none");
  write_witnesses(terminal, logs);
  for (const std::string& line : report.todo) terminal.write_line("to do       " + line);
  if (report.todo.empty()) terminal.write_line("to do       nothing");
}

ExitCode status(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked_if_given();
  const StatusReport report = vault.status();
  const std::vector<LogWitnesses> logs = vault.witnesses();
  if (session.options().json) {
    session.terminal().write_line(to_line(to_json(report, logs)));
  } else {
    write_screen(session.terminal(), report, logs, session.environment().clock.now());
  }
  return ExitCode::ok;
}

}  // namespace

void add_status(CommandLine& line) {
  CLI::App* command = declare(line.app, "status", "Show on one screen how the vault is",
                              "  muniment status\n"
                              "  muniment --vault /srv/vault status --json");
  when_chosen(command, line, std::make_shared<NoArguments>(), status);
}

}  // namespace muniment
