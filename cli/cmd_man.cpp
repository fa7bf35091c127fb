#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/man_page.hpp"

namespace muniment {

namespace {

struct ManArguments {
  const CLI::App* app = nullptr;
  std::string folder;
};

ExitCode man(Session& session, const ManArguments& arguments) {
  const CommandFacts top = facts_of(*arguments.app);
  const std::filesystem::path folder = std::filesystem::absolute(arguments.folder);
  const std::unique_ptr<FileSystem> files = posix_file_system();
  files->make_directory(folder);
  for (const CommandFacts* facts : flattened(top)) {
    const std::filesystem::path path = folder / man_page_name(*facts);
    write_file_atomically(*files, path, as_bytes(man_page(*facts, top, MUNIMENT_VERSION)));
    Json line;
    put_bytes(line, "path", path.native());
    session.terminal().write_line(session.options().json ? to_line(line) : escape(path.native()));
  }
  return ExitCode::ok;
}

}  // namespace

void add_man(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "man", "Write the manual's pages to a folder",
              "  muniment man ~/.local/share/man/man1\n\n"
              "One page a command, with what its --help says. The folder is made if\n"
              "it is absent, but not those above it.");
  auto arguments = std::make_shared<ManArguments>();
  arguments->app = &line.app;
  command->add_option("folder", arguments->folder, "Where they are written")
      ->required()
      ->type_name("DIR");
  when_chosen(command, line, arguments, man);
}

}  // namespace muniment
