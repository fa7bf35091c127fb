#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/listing.hpp"

namespace muniment {

namespace {

struct FindArguments {
  std::string name;
  std::string sha256;
  std::string collection;
  bool raw = false;
};

FindQuery query_of(const FindArguments& arguments) {
  FindQuery query;
  if (!arguments.name.empty()) query.name_glob = arguments.name;
  if (!arguments.collection.empty()) query.collection = arguments.collection;
  if (!arguments.sha256.empty()) {
    query.sha256 = Sha256Digest::from_hex(arguments.sha256);
    if (!query.sha256) {
      throw Error(ErrorCode::usage, "--sha256 " + escape(arguments.sha256) +
                                        ": not 64 lower-case hexadecimal digits");
    }
  }
  if (!query.name_glob && !query.sha256) {
    throw Error(ErrorCode::usage, "nothing to look for", "give --name GLOB or --sha256 HEX");
  }
  return query;
}

ExitCode find(Session& session, const FindArguments& arguments) {
  const FindQuery query = query_of(arguments);
  const PathForm form = raw_if(arguments.raw);
  Vault vault = session.open_unlocked(UnlockEntry::with_first_act);
  const auto show = [&](const FindResult& result) {
    if (session.options().json) {
      Json object{{"snapshot", result.snapshot}};
      object.update(to_json(result.entry));
      session.terminal().write_line(to_line(object));
    } else {
      write_path(session.terminal(), result.snapshot + ":" + result.entry.path, form);
    }
    return true;
  };
  vault.find(query, show, session.activity());
  return ExitCode::ok;
}

}  // namespace

void add_find(CommandLine& line) {
  CLI::App* command = declare(line.app, "find", "Find files in all snapshots",
                              "  muniment find --name '*.xlsx' letters\n"
                              "  muniment find --name 'leak/*/ledger*'\n"
                              "  muniment find --sha256 \"$(sha256sum < photo.jpg | cut -c1-64)\"");
  auto arguments = std::make_shared<FindArguments>();
  command
      ->add_option("--name", arguments->name,
                   "A shell pattern for the last component, or for the path if it has a '/'")
      ->type_name("GLOB");
  command->add_option("--sha256", arguments->sha256, "The SHA-256 of the file")->type_name("HEX");
  command->add_option("collection", arguments->collection, "Only in this collection")
      ->type_name("COLLECTION");
  command->add_flag("-0", arguments->raw, "Raw SNAPSHOT:PATH, each ended by a NUL byte");
  when_chosen(command, line, arguments, find);
}

}  // namespace muniment
