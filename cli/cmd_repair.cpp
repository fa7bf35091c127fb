#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/damage.hpp"
#include "cli/interruption.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

Json to_json(const RepairReport& report) {
  Json object{{"ok", report.damage.empty()},
              {"packs_checked", report.packs_checked},
              {"repaired", report.repaired},
              {"damage", Json::array()}};
  for (const Damage& item : report.damage) object["damage"].push_back(to_json(item));
  return object;
}

void write_summary(Terminal& terminal, const RepairReport& report) {
  terminal.write_line(count_of(report.packs_checked, "pack") + " checked");
  for (const std::string& line : report.repaired) terminal.write_line("repaired " + line);
  if (report.damage.empty()) {
    terminal.write_line(report.repaired.empty() ? "nothing was damaged" : "all is whole again");
  } else {
    terminal.write_line("cannot be repaired from what is here:");
    write_damage(terminal, report.damage);
  }
  if (!report.lost_packs.empty()) {
    terminal.write_line("munimentd asks partners for what is missing of packs; bundles bring them");
  }
}

ExitCode repair(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked_if_given();
  const RepairReport report = or_say_state(
      [&] {
        const ProgressBar bar(session.terminal(), session.activity(), "repairing");
        return vault.repair(session.activity());
      },
      [] { return "what is mended stays so, the rest is as it was; 'muniment repair' goes on"; });
  if (session.options().json) {
    session.terminal().write_line(to_line(to_json(report)));
  } else {
    write_summary(session.terminal(), report);
  }
  return report.damage.empty() ? ExitCode::ok : ExitCode::damaged;
}

}  // namespace

void add_repair(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "repair", "Mend what can be mended; needs no key",
              "  muniment repair\n"
              "  muniment repair --key-file ~/vault.key    names the files that are lost\n\n"
              "The exit code is 0 when all is whole, else 13.");
  when_chosen(command, line, std::make_shared<NoArguments>(), repair);
}

}  // namespace muniment
