#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/interruption.hpp"
#include "cli/json.hpp"
#include "cli/patterns.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct RestoreArguments {
  std::string target;
  std::string destination;
  PatternArguments include;
  PatternArguments exclude;
  bool overwrite = false;
  bool sync = false;
  bool dry_run = false;
};

Json to_json(const RestoreReport& report, bool dry_run) {
  Json object{{"files", report.files},  {"directories", report.directories},
              {"links", report.links},  {"bytes", report.bytes},
              {"kept", report.kept},    {"damaged", report.damaged},
              {"failed", report.failed}};
  object["dry_run"] = dry_run;
  if (dry_run) object["replaced"] = report.replaced;
  return object;
}

std::string counts(const RestoreReport& report) {
  return fmt::format("{}, {}, {}: {}", count_of(report.files, "file"),
                     count_of(report.directories, "folder"), count_of(report.links, "link"),
                     human_bytes(report.bytes));
}

void tell_plan(Terminal& terminal, const RestoreReport& report) {
  for (const std::string& path : report.kept) terminal.warn(path + ": exists and would stay");
  for (const std::string& path : report.replaced) {
    terminal.warn(path + ": exists and would be replaced");
  }
  for (const std::string& failure : report.failed)
    terminal.warn(failure + "; would not be restored");
  terminal.say("would restore " + counts(report) + "; nothing was written");
}

void tell(Terminal& terminal, const RestoreReport& report) {
  for (const std::string& path : report.kept) {
    terminal.warn(path + ": exists already and stays; --overwrite replaces it");
  }
  for (const std::string& failure : report.failed) terminal.warn(failure + "; not restored");
  for (const std::string& path : report.damaged) terminal.warn(path + ": damaged; left out");
  terminal.say("restored " + counts(report));
  terminal.say(
      "owners, ACLs and extended attributes were never kept; hard links are separate files");
}

// As the access log says it: which part, if not all of it.
std::string scope_of(const RestoreArguments& arguments) {
  std::string scope = arguments.dry_run ? "dry run" : "";
  const auto add = [&scope](std::string_view how, const PatternArguments& patterns) {
    for (const auto* list :
         {&patterns.patterns, &patterns.any_case, &patterns.files, &patterns.any_case_files}) {
      for (const std::string& pattern : *list) {
        scope += fmt::format("{}{} {}", scope.empty() ? "" : ", ", how, pattern);
      }
    }
  };
  add("only", arguments.include);
  add("without", arguments.exclude);
  return access_detail(scope);
}

ExitCode restore(Session& session, const RestoreArguments& arguments) {
  const SnapshotPath target = SnapshotPath::parse(arguments.target);
  RestoreOptions options;
  options.overwrite = arguments.overwrite;
  options.sync = arguments.sync;
  options.dry_run = arguments.dry_run;
  options.choice.include = pattern_lists(arguments.include);
  options.choice.exclude = pattern_lists(arguments.exclude);
  Vault vault = session.open_unlocked(UnlockEntry::with_first_act);
  const SnapshotInfo snapshot = vault.resolve(target.snapshot);
  const auto reader = vault.reader(snapshot, ReaderUse::bulk, session.activity(),
                                   {access_act::export_files, target.path, scope_of(arguments)});
  Activity& activity = session.activity();
  const RestoreReport report = or_say_state(
      [&] {
        const ProgressBar bar(session.terminal(), activity, "restoring");
        if (target.path.empty()) {
          activity.items_total = snapshot.files;
          activity.bytes_total = snapshot.bytes;
        }
        return muniment::restore(*reader, target.path, arguments.destination, options, activity);
      },
      [&] {
        return fmt::format("{} restored, each of them whole; the same restore adds the others",
                           count_of(activity.items_done, "file"));
      });
  if (session.options().json) {
    session.terminal().write_line(to_line(to_json(report, options.dry_run)));
  }
  (options.dry_run ? tell_plan : tell)(session.terminal(), report);
  const bool partly = !report.kept.empty() || !report.failed.empty();
  return more_serious(partly ? ExitCode::partly : ExitCode::ok,
                      report.damaged.empty() ? ExitCode::ok : ExitCode::damaged);
}

}  // namespace

void add_restore(CommandLine& line) {
  CLI::App* command = declare(
      line.app, "restore", "Write a snapshot, or a part of it, to a folder",
      "  muniment restore letters/latest ~/out\n"
      "  muniment restore letters/3:leak/photos ~/photos --overwrite\n"
      "  muniment restore letters/latest ~/out --include '*.csv' --dry-run\n\n"
      "Files that exist stay, and the exit code is 3. Files that are damaged are left\n"
      "out and named, and the exit code is 13. --dry-run ends as the restore would, but\n"
      "does not look whether files are damaged.\n"
      "Patterns are those of 'muniment ingest --help'; a '/' before one is the top of what is\n"
      "restored. What is included and not excluded is written, with the folders above it.");
  auto arguments = std::make_shared<RestoreArguments>();
  command
      ->add_option("snapshot", arguments->target, "COLLECTION/NUMBER[@DEVICE] or COLLECTION/latest")
      ->required()
      ->type_name("SNAPSHOT[:PATH]");
  command->add_option("destination", arguments->destination, "Made if it is absent")
      ->required()
      ->type_name("DESTINATION");
  command->add_flag("--overwrite", arguments->overwrite, "Replace files that exist");
  command->add_flag("-n,--dry-run", arguments->dry_run,
                    "Say what would be written, what stays and what is replaced; write nothing");
  command->add_flag("--sync", arguments->sync, "Flush everything to the disk before ending");
  add_pattern_options(*command, "include", "Restore only files and folders", arguments->include);
  add_pattern_options(*command, "exclude", "Leave out files and folders", arguments->exclude);
  when_chosen(command, line, arguments, restore);
}

}  // namespace muniment
