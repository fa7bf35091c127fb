#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct CreateArguments {
  std::string name;
  bool require_purpose = false;
};

Json to_json(const CollectionInfo& collection) {
  return {{"collection", collection.name},
          {"id", collection.id.hex()},
          {"snapshots", collection.snapshots}};
}

ExitCode create(Session& session, const CreateArguments& arguments) {
  Vault vault = session.open_unlocked();
  const CollectionInfo made =
      vault.create_collection(arguments.name, session.activity(), {arguments.require_purpose});
  if (session.options().json) session.terminal().write_line(to_line(to_json(made)));
  session.terminal().say("made collection " + made.name);
  return ExitCode::ok;
}

ExitCode list(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked();
  for (const CollectionInfo& collection : vault.collections()) {
    session.terminal().write_line(session.options().json
                                      ? to_line(to_json(collection))
                                      : fmt::format("{:<24} {}", collection.name,
                                                    count_of(collection.snapshots, "snapshot")));
  }
  return ExitCode::ok;
}

}  // namespace

void add_collection(CommandLine& line) {
  CLI::App* group = declare(line.app, "collection", "Make or list collections",
                            "  muniment collection create letters\n"
                            "  muniment collection list");
  group->require_subcommand(1);

  CLI::App* create_command = declare(*group, "create", "Make a collection",
                                     "  muniment collection create letters\n"
                                     "  muniment collection create police-files --require-purpose");
  auto arguments = std::make_shared<CreateArguments>();
  create_command
      ->add_option("name", arguments->name, "1 to 63 of a-z, 0-9 and '-', not beginning with '-'")
      ->required()
      ->type_name("NAME");
  create_command->add_flag("--require-purpose", arguments->require_purpose,
                           "Whoever lists, searches or reads it has to say --purpose TEXT");
  when_chosen(create_command, line, arguments, create);

  CLI::App* list_command =
      declare(*group, "list", "List the collections", "  muniment collection list --json");
  when_chosen(list_command, line, std::make_shared<NoArguments>(), list);
}

}  // namespace muniment
