#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/interruption.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct RestoreArguments {
  std::string target;
  std::string destination;
  RestoreOptions options;
};

Json to_json(const RestoreReport& report) {
  return {{"files", report.files},  {"directories", report.directories},
          {"links", report.links},  {"bytes", report.bytes},
          {"kept", report.kept},    {"damaged", report.damaged},
          {"failed", report.failed}};
}

void tell(Terminal& terminal, const RestoreReport& report) {
  for (const std::string& path : report.kept) {
    terminal.warn(path + ": exists already and stays; --overwrite replaces it");
  }
  for (const std::string& failure : report.failed) terminal.warn(failure + "; not restored");
  for (const std::string& path : report.damaged) terminal.warn(path + ": damaged; left out");
  terminal.say(fmt::format("restored {}, {}, {}: {}", count_of(report.files, "file"),
                           count_of(report.directories, "folder"), count_of(report.links, "link"),
                           human_bytes(report.bytes)));
  terminal.say(
      "owners, ACLs and extended attributes were never kept; hard links are separate files");
}

ExitCode restore(Session& session, const RestoreArguments& arguments) {
  const SnapshotPath target = SnapshotPath::parse(arguments.target);
  Vault vault = session.open_unlocked();
  const SnapshotInfo snapshot = vault.resolve(target.snapshot, session.activity());
  const auto reader = vault.reader(snapshot, ReaderUse::bulk, session.activity());
  Activity& activity = session.activity();
  const RestoreReport report = or_say_state(
      [&] {
        const ProgressBar bar(session.terminal(), activity, "restoring");
        if (target.path.empty()) {
          activity.items_total = snapshot.files;
          activity.bytes_total = snapshot.bytes;
        }
        return muniment::restore(*reader, target.path, arguments.destination, arguments.options,
                                 activity);
      },
      [&] {
        return fmt::format("{} restored, each of them whole; the same restore adds the others",
                           count_of(activity.items_done, "file"));
      });
  if (session.options().json) session.terminal().write_line(to_line(to_json(report)));
  tell(session.terminal(), report);
  const bool partly = !report.kept.empty() || !report.failed.empty();
  return more_serious(partly ? ExitCode::partly : ExitCode::ok,
                      report.damaged.empty() ? ExitCode::ok : ExitCode::damaged);
}

}  // namespace

void add_restore(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "restore", "Write a snapshot, or a part of it, to a folder",
              "  muniment restore letters/latest ~/out\n"
              "  muniment restore letters/3:leak/photos ~/photos --overwrite\n\n"
              "Files that exist stay, and the exit code is 3. Files that are damaged are left\n"
              "out and named, and the exit code is 13.");
  auto arguments = std::make_shared<RestoreArguments>();
  command
      ->add_option("snapshot", arguments->target, "COLLECTION/NUMBER[@DEVICE] or COLLECTION/latest")
      ->required()
      ->type_name("SNAPSHOT[:PATH]");
  command->add_option("destination", arguments->destination, "Made if it is absent")
      ->required()
      ->type_name("DESTINATION");
  command->add_flag("--overwrite", arguments->options.overwrite, "Replace files that exist");
  command->add_flag("--sync", arguments->options.sync,
                    "Flush everything to the disk before ending");
  when_chosen(command, line, arguments, restore);
}

}  // namespace muniment
