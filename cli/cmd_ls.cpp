#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/listing.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct LsArguments {
  std::string target;
  bool details = false;
  bool raw = false;
};

char letter_of(const Entry& entry) {
  if (entry.kind == EntryKind::directory) return 'd';
  if (entry.kind == EntryKind::symlink) return 'l';
  return entry.executable ? 'x' : '-';
}

std::string details(const Entry& entry) {
  // Whole seconds, so that columns stand.
  const std::string time = entry.time ? utc_time(entry.time->seconds) : "-";
  std::string text =
      fmt::format("{} {:>14} {:<20} {}", letter_of(entry), entry.size, time, escape(entry.path));
  if (entry.kind == EntryKind::symlink) text += " -> " + escape(entry.link_target);
  return text;
}

ExitCode list(Session& session, const LsArguments& arguments) {
  const SnapshotPath target = SnapshotPath::parse(arguments.target);
  const PathForm form = raw_if(arguments.raw);
  Terminal& terminal = session.terminal();
  Vault vault = session.open_unlocked(UnlockEntry::with_first_act);
  const SnapshotInfo snapshot = vault.resolve(target.snapshot);
  const auto reader = vault.reader(snapshot, ReaderUse::few, session.activity(),
                                   {.act = access_act::list, .path = target.path});
  reader->visit(target.path, [&](const Entry& entry) {
    session.activity().check();
    if (session.options().json) {
      terminal.write_line(to_line(to_json(entry)));
    } else if (arguments.details) {
      terminal.write_line(details(entry));
    } else {
      write_path(terminal, entry.path, form);
    }
    return true;
  });
  return ExitCode::ok;
}

}  // namespace

void add_ls(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "ls", "List the files of a snapshot",
              "  muniment ls letters/latest\n"
              "  muniment ls -l letters/3:photos\n"
              "  muniment ls -0 letters/latest | xargs -0 -n1 echo\n\n"
              "With -l: d folder, l link, x executable, - other file; size; time (UTC); path.");
  auto arguments = std::make_shared<LsArguments>();
  command
      ->add_option("snapshot", arguments->target, "COLLECTION/NUMBER[@DEVICE] or COLLECTION/latest")
      ->required()
      ->type_name("SNAPSHOT[:PATH]");
  CLI::Option* long_form =
      command->add_flag("-l", arguments->details, "Kind, size, time and link target, too");
  command->add_flag("-0", arguments->raw, "Raw paths, each ended by a NUL byte")
      ->excludes(long_form);
  when_chosen(command, line, arguments, list);
}

}  // namespace muniment
