#include "cli/command.hpp"
#include "cli/interruption.hpp"
#include "cli/json.hpp"

namespace muniment {

namespace {

ExitCode rebuild(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked();
  or_say_state(
      [&] {
        const ProgressBar bar(session.terminal(), session.activity(), "rebuilding");
        vault.rebuild_catalog(session.activity());
      },
      [] { return "what the catalog lacks is added by the next command that unlocks the vault"; });
  if (session.options().json) session.terminal().write_line(to_line({{"ok", true}}));
  session.terminal().say("the catalog is made anew from the ledgers and packs");
  return ExitCode::ok;
}

}  // namespace

void add_catalog(CommandLine& line) {
  CLI::App* group = declare(line.app, "catalog", "The local database that makes things findable",
                            "  muniment catalog rebuild");
  group->require_subcommand(1);
  CLI::App* command = declare(*group, "rebuild", "Make it anew from the ledgers and packs",
                              "  muniment catalog rebuild");
  when_chosen(command, line, std::make_shared<NoArguments>(), rebuild);
}

}  // namespace muniment
