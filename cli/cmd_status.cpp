#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/progress.hpp"
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

Json to_json(const StatusReport::Daemon& daemon) {
  Json object{{"time", utc_time(daemon.time)},
              {"running", daemon.running},
              {"missing_packs", daemon.missing_packs},
              {"missing_bytes", daemon.missing_bytes},
              {"damaged_packs", daemon.damaged_packs},
              {"received_per_second", daemon.received_per_second},
              {"sent_per_second", daemon.sent_per_second},
              {"partners", Json::array()}};
  for (const StatusReport::Partner& partner : daemon.partners) {
    Json item{{"device", partner.device},
              {"connected", partner.connected},
              {"received", partner.received},
              {"sent", partner.sent},
              {"bad_packs", partner.bad_packs}};
    if (partner.contact) item["contact"] = utc_time(*partner.contact);
    object["partners"].push_back(std::move(item));
  }
  return object;
}

Json to_json(const StatusReport& report) {
  Json object{{"vault", report.vault.hex()}};
  put_bytes(object, "directory", report.directory.native());
  object["unlocked"] = report.unlocked;
  if (report.unlocked) object["device"] = report.device;
  object["collections"] = Json::array();
  for (const StatusReport::Collection& collection : report.collections) {
    object["collections"].push_back({{"collection", collection.name},
                                     {"snapshots", collection.snapshots},
                                     {"packs", collection.packs},
                                     {"stored_bytes", collection.stored_bytes},
                                     {"partners", collection.partners},
                                     {"copies", collection.copies}});
    if (collection.copies_since) {
      object["collections"].back()["copies_since"] = utc_time(*collection.copies_since);
    }
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
  for (const LogWitnesses& log : report.logs) object["witnesses"].push_back(to_json(log));
  if (report.daemon) object["daemon"] = to_json(*report.daemon);
  object["vouched"] = Json::array();
  for (const StatusReport::Witness& witness : report.witnesses) {
    Json item{{"member", witness.member}};
    if (witness.last) item["last"] = utc_time(*witness.last);
    object["vouched"].push_back(std::move(item));
  }
  if (report.witnessed) object["witnessed"] = utc_time(*report.witnessed);
  object["frozen"] = Json::array();
  for (const LedgerId& ledger : report.frozen) object["frozen"].push_back(ledger.hex());
  object["todo"] = report.todo;
  return object;
}

// "9 days": the whole days that have begun since.
std::string days_since(UnixSeconds time, UnixSeconds now) {
  constexpr UnixSeconds day = 86400;
  return count_of(static_cast<std::uint64_t>(std::max<UnixSeconds>(now - time, 0) / day + 1),
                  "day");
}

std::string age_of(UnixSeconds time, UnixSeconds now) {
  return human_duration(std::chrono::seconds(std::max<UnixSeconds>(now - time, 0))) + " ago";
}

// A partner may have fetched what it showed from somebody else: no more is said than it could.
std::string copies_of(const StatusReport::Collection& collection, UnixSeconds now) {
  if (collection.copies == 0 || !collection.copies_since) {
    return fmt::format("{}: none of {} has shown yet that it could produce all of it",
                       escape(collection.name), count_of(collection.partners, "partner device"));
  }
  return fmt::format("{}: {} of {} could produce all of it within the last {}",
                     escape(collection.name), collection.copies,
                     count_of(collection.partners, "partner device"),
                     days_since(*collection.copies_since, now));
}

void write_copies(Terminal& terminal, const StatusReport& report, UnixSeconds now) {
  bool alone = true;
  for (const StatusReport::Collection& collection : report.collections) {
    if (collection.partners == 0) continue;
    alone = false;
    terminal.write_line("copies      " + copies_of(collection, now));
  }
  if (alone) terminal.write_line("copies      this one");
}

void write_daemon(Terminal& terminal, const StatusReport::Daemon& daemon, UnixSeconds now) {
  const auto connected = static_cast<std::size_t>(
      std::ranges::count(daemon.partners, true, &StatusReport::Partner::connected));
  std::string line =
      fmt::format("munimentd   {} {}", daemon.running ? "seen" : "ended", age_of(daemon.time, now));
  if (daemon.running) {
    line +=
        fmt::format(", {} of {} connected; {} in and {} out a second", connected,
                    count_of(daemon.partners.size(), "partner device"),
                    human_bytes(daemon.received_per_second), human_bytes(daemon.sent_per_second));
  }
  if (daemon.missing_packs > 0) {
    line += fmt::format("; {} ({}) to fetch", count_of(daemon.missing_packs, "pack"),
                        human_bytes(daemon.missing_bytes));
  }
  terminal.write_line(line);
  for (const StatusReport::Partner& partner : daemon.partners) {
    std::string text = fmt::format("partner     {:<32} ", escape(partner.device));
    if (partner.connected) {
      text += "connected";
    } else {
      text +=
          partner.contact ? "last connected " + age_of(*partner.contact, now) : "never connected";
    }
    if (partner.bad_packs > 0) {
      text += fmt::format("; sent wrong shards of {}", count_of(partner.bad_packs, "pack"));
    }
    terminal.write_line(text);
  }
}

void write_vouched(Terminal& terminal, const StatusReport& report, UnixSeconds now) {
  if (report.witnesses.empty()) {
    terminal.write_line("witnesses   none");
    return;
  }
  const auto fresh = std::ranges::count_if(report.witnesses, [&](const auto& witness) {
    return witness.last && now - *witness.last < witnessed_warning_days * 86400;
  });
  terminal.write_line(fmt::format("vouched     {} of {} witnesses within the last {} days", fresh,
                                  report.witnesses.size(), witnessed_warning_days));
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

void write_screen(Terminal& terminal, const StatusReport& report, UnixSeconds now) {
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
  terminal.write_line(report.last_backup ? "key backup  " + utc_time(*report.last_backup) + ", " +
                                               age_of(*report.last_backup, now)
                                         : "key backup  none");
  write_copies(terminal, report, now);
  if (report.daemon) write_daemon(terminal, *report.daemon, now);
  write_witnesses(terminal, report.logs);
  write_vouched(terminal, report, now);
  for (const std::string& line : report.todo) terminal.write_line("to do       " + line);
  if (report.todo.empty()) terminal.write_line("to do       nothing");
}

ExitCode status(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked_if_given();
  const StatusReport report = vault.status();
  if (session.options().json) {
    session.terminal().write_line(to_line(to_json(report)));
  } else {
    write_screen(session.terminal(), report, session.environment().clock.now());
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
