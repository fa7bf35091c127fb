#include "cli/command.hpp"
#include "cli/completion.hpp"

namespace muniment {

namespace {

struct CompletionArguments {
  const CLI::App* app = nullptr;
  std::string shell;
};

ExitCode completion(Session& session, const CompletionArguments& arguments) {
  const CommandFacts top = facts_of(*arguments.app);
  const auto script = arguments.shell == "bash"  ? bash_completion
                      : arguments.shell == "zsh" ? zsh_completion
                                                 : fish_completion;
  session.terminal().write(script(top));
  return ExitCode::ok;
}

}  // namespace

void add_completion(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "completion", "Print a script that lets a shell complete commands",
              "  muniment completion bash > ~/.local/share/bash-completion/completions/muniment\n"
              "  muniment completion zsh > ~/.zfunc/_muniment    where ~/.zfunc is in fpath\n"
              "  muniment completion fish > ~/.config/fish/completions/muniment.fish\n\n"
              "Names of collections and snapshots are completed where $MUNIMENT_KEY_FILE is set.");
  auto arguments = std::make_shared<CompletionArguments>();
  arguments->app = &line.app;
  command->add_option("shell", arguments->shell, "Which one")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("bash|zsh|fish");
  when_chosen(command, line, arguments, completion);
}

}  // namespace muniment
