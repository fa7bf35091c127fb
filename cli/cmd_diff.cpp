#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct DiffArguments {
  std::string before;
  std::string after;
};

struct ChangeForm {
  char letter;
  std::string_view name;
};

ChangeForm form_of(Change change) {
  switch (change) {
    case Change::added:
      return {'+', "added"};
    case Change::removed:
      return {'-', "removed"};
    case Change::content:
      return {'M', "content"};
    case Change::metadata:
      break;
  }
  return {'t', "metadata"};
}

Json to_json(const Difference& difference) {
  Json object{{"change", form_of(difference.change).name}};
  put_bytes(object, "path", difference.path);
  if (difference.before != nullptr) object["before"] = to_json(*difference.before);
  if (difference.after != nullptr) object["after"] = to_json(*difference.after);
  return object;
}

ExitCode compare(Session& session, const DiffArguments& arguments) {
  const SnapshotPath before = SnapshotPath::parse(arguments.before);
  const SnapshotPath after = SnapshotPath::parse(arguments.after);
  Vault vault = session.open_unlocked(UnlockEntry::with_first_act);
  Activity& activity = session.activity();
  const auto open = [&](const SnapshotPath& path) {
    return vault.reader(vault.resolve(path.snapshot), ReaderUse::few, activity,
                        {.act = access_act::compare, .path = path.path});
  };
  const auto before_reader = open(before);
  const auto after_reader = open(after);
  const auto show = [&](const Difference& difference) {
    session.terminal().write_line(session.options().json
                                      ? to_line(to_json(difference))
                                      : std::string{form_of(difference.change).letter, ' '} +
                                            escape(difference.path));
  };
  diff(*before_reader, before.path, *after_reader, after.path, show, activity);
  return ExitCode::ok;
}

}  // namespace

void add_diff(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "diff", "Tell what changed from one snapshot to another",
              "  muniment diff letters/1 letters/latest\n"
              "  muniment diff letters/1:leak letters/2:leak-again\n\n"
              "+ added, - removed, M content, kind or link target changed, t only time or\n"
              "execute bit changed");
  auto arguments = std::make_shared<DiffArguments>();
  command
      ->add_option("before", arguments->before, "COLLECTION/NUMBER[@DEVICE] or COLLECTION/latest")
      ->required()
      ->type_name("SNAPSHOT[:PATH]");
  command->add_option("after", arguments->after, "The same for the later one")
      ->required()
      ->type_name("SNAPSHOT[:PATH]");
  when_chosen(command, line, arguments, compare);
}

}  // namespace muniment
