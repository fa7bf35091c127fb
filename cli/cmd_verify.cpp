#include <fmt/format.h>

#include "cli/anchor_text.hpp"
#include "cli/command.hpp"
#include "cli/damage.hpp"
#include "cli/interruption.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "cli/witness_text.hpp"

namespace muniment {

namespace {

struct VerifyArguments {
  bool read_data = false;
  bool deep = false;
};

Json to_json(const VerifyReport& report, std::span<const LogWitnesses> logs) {
  Json object{{"ok", report.damage.empty()},     {"ledgers", report.ledgers},
              {"entries", report.entries},       {"snapshots", report.snapshots},
              {"packs", report.packs},           {"packs_unlisted", report.packs_unlisted},
              {"bytes_read", report.bytes_read}, {"files", report.files},
              {"damage", Json::array()},         {"refused", Json::array()},
              {"anchors", Json::array()}};
  for (const Damage& item : report.damage) object["damage"].push_back(to_json(item));
  for (const Damage& item : report.refused) object["refused"].push_back(to_json(item));
  for (const Anchored& item : report.anchored) object["anchors"].push_back(to_json(item));
  object["witnesses"] = Json::array();
  for (const LogWitnesses& log : logs) object["witnesses"].push_back(to_json(log));
  return object;
}

// "3 logs of this device witnessed by a quorum of 8/13"; a warning for each that is not.
void write_witnesses(Terminal& terminal, std::span<const LogWitnesses> logs) {
  std::size_t good = 0;
  for (const LogWitnesses& log : logs) {
    if (!log.own || log.standing.of == 0) continue;
    if (log.standing.is_quorum() && !log.condemned) {
      ++good;
    } else {
      terminal.warn("warning: " + witnesses_line(log));
    }
  }
  if (good > 0) {
    terminal.write_line(count_of(good, "log") + " of this device witnessed by a quorum");
  }
}

void write_summary(Terminal& terminal, const VerifyReport& report, VerifyDepth depth) {
  terminal.write_line(fmt::format("{} with {}: signatures and Merkle roots checked",
                                  count_of(report.ledgers, "ledger"),
                                  count_of(report.entries, "entry")));
  std::string packs = count_of(report.packs, "pack") + ": ";
  if (depth == VerifyDepth::presence) {
    packs += "looked whether they are there; their bytes were not read (--read-data does)";
  } else {
    packs +=
        fmt::format("every shard compared with its hash, {} read", human_bytes(report.bytes_read));
  }
  terminal.write_line(packs);
  if (depth == VerifyDepth::deep) {
    terminal.write_line(fmt::format("{} of {}: every one opened and hashed",
                                    count_of(report.files, "file"),
                                    count_of(report.snapshots, "snapshot")));
  }
  if (report.packs_unlisted > 0) {
    terminal.write_line(
        fmt::format("{} left by an interrupted ingest; the next ingest uses what is in there",
                    count_of(report.packs_unlisted, "pack")));
  }
  if (!report.refused.empty()) {
    terminal.write_line(
        fmt::format("{} by partners that give no rights; 'muniment grants --audit' says whose",
                    count_of(report.refused.size(), "entry")));
  }
  for (const Anchored& item : report.anchored) terminal.write_line(anchor_line(item));
  if (report.damage.empty()) {
    terminal.write_line("no damage found");
  } else {
    terminal.write_line(report.damage.size() == 1
                            ? "1 damaged object:"
                            : fmt::format("{} damaged objects:", report.damage.size()));
    write_damage(terminal, report.damage);
  }
}

ExitCode verify(Session& session, const VerifyArguments& arguments) {
  const VerifyDepth depth = arguments.deep        ? VerifyDepth::deep
                            : arguments.read_data ? VerifyDepth::read_data
                                                  : VerifyDepth::presence;
  Vault vault = arguments.deep ? session.open_unlocked() : session.open_unlocked_if_given();
  const VerifyReport report = or_say_state(
      [&] {
        const ProgressBar bar(session.terminal(), session.activity(), "verifying");
        return vault.verify(depth, session.activity());
      },
      [] { return "verifying changes nothing; what was looked at so far is not counted"; });
  const std::vector<LogWitnesses> logs = vault.witnesses();
  if (session.options().json) {
    session.terminal().write_line(to_line(to_json(report, logs)));
  } else {
    write_witnesses(session.terminal(), logs);
    write_summary(session.terminal(), report, depth);
  }
  return report.damage.empty() ? ExitCode::ok : ExitCode::damaged;
}

}  // namespace

void add_verify(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "verify", "Check that everything is there and whole",
              "  muniment verify                signatures, Merkle roots, every pack present\n"
              "  muniment verify --read-data    and every stored byte; no key needed\n"
              "  muniment verify --deep         and every file opened and hashed\n\n"
              "The exit code is 13 while any damage is there. With a key file or a passphrase\n"
              "file the files that are concerned are named.");
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::Option* read_data = command->add_flag("--read-data", arguments->read_data,
                                             "Compare every shard of every pack with its hash");
  command->add_flag("--deep", arguments->deep, "Open every file, too; needs the key")
      ->excludes(read_data);
  when_chosen(command, line, arguments, verify);
}

}  // namespace muniment
