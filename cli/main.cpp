// The command line of Muniment: parses it, runs the command, and says how it ended. The only place
// that catches.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <exception>

#include "cli/command.hpp"
#include "cli/signals.hpp"
#include "vault/base/core_files.hpp"

namespace muniment {
namespace {

void declare_all(CommandLine& line) {
  CLI::App& app = line.app;
  app.name("muniment");
  app.description("Keeps documents sealed, provable and repairable for decades");
  app.footer(
      "'muniment COMMAND --help' tells more. Exit codes: 0 ok, 1 failed, 2 usage, 3 partly done, "
      "10 no\n"
      "vault, 11 busy, 12 wrong key, 13 damage found, 14 denied, 130 interrupted");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "muniment " MUNIMENT_VERSION);
  GlobalOptions& options = line.options;
  app.add_option("--vault", options.vault,
                 "The vault; else $MUNIMENT_VAULT, else the directory above that holds one")
      ->type_name("DIR");
  app.add_option("--passphrase-file", options.passphrase_file,
                 "A file with the passphrase; else $MUNIMENT_PASSPHRASE_FILE")
      ->type_name("FILE");
  app.add_option("--key-file", options.key_file, "A key file; else $MUNIMENT_KEY_FILE")
      ->type_name("FILE");
  app.add_option("--purpose", options.purpose,
                 "What for; goes to the access log, and some collections ask for it")
      ->type_name("TEXT");
  app.add_option("--user", options.user,
                 "Your name in the access log, as you choose it; else $MUNIMENT_USER")
      ->type_name("NAME");
  app.add_option("--wait", options.wait_seconds,
                 "How long to wait for another process that writes (default 30)")
      ->type_name("SECONDS");
  app.add_flag("--json", options.json, "Print JSON, one object a line");
  app.add_flag("-q,--quiet", options.quiet, "Say no summaries and draw no progress");

  add_init(line);
  add_unlock(line);
  add_lock(line);
  add_collection(line);
  add_ingest(line);
  add_snapshots(line);
  add_ls(line);
  add_cat(line);
  add_restore(line);
  add_diff(line);
  add_find(line);
  add_verify(line);
  add_repair(line);
  add_catalog(line);
  add_status(line);
  add_prove(line);
  add_anchor(line);
  add_log(line);
  add_key(line);
  add_card(line);
  add_invite(line);
  add_accept(line);
  add_text(line);
  add_bundle(line);
  add_peer(line);
  add_sync(line);
  add_witness(line);
  add_charter(line);
  add_grant(line);
  add_revoke(line);
  add_grants(line);
  add_device(line);
  add_bench(line);
  add_completion(line);
  add_man(line);
}

// CLI11 takes an argument like "[a,b]" apart, which is a fine name for a file. A NUL byte at the
// end, which no argument can have of its own, keeps it from that; unguard() removes it. The last
// argument comes first.
std::vector<std::string> guarded(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::string& argument : arguments) {
    if (argument.starts_with('[') && argument.ends_with(']')) argument.push_back('\0');
  }
  std::ranges::reverse(arguments);
  return arguments;
}

// Depth is what is declared: three.
// NOLINTNEXTLINE(misc-no-recursion)
void unguard(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    option->transform([](std::string value) {
      if (value.ends_with('\0')) value.pop_back();
      return value;
    });
  }
  for (CLI::App* command : app.get_subcommands({})) unguard(*command);
}

// What is wrong with the command line, in our form.
std::string explain(const CommandLine& line, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = line.app.remaining(true);
  if (line.app.get_subcommands().empty()) {
    return unknown.empty() ? "no command is given" : "no such command: " + escape(unknown.front());
  }
  std::string message = error.what();
  while (!message.empty() && (message.back() == '.' || message.back() == '\n')) message.pop_back();
  // A name in capitals stays as it is.
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (message.size() > 1 && !is_lower(message[0]) && (message[1] == ' ' || is_lower(message[1]))) {
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  }
  return escape(message);
}

ExitCode run(int argc, char** argv, Terminal& terminal, Activity& activity) {
  CommandLine line;
  declare_all(line);
  unguard(line.app);
  try {
    line.app.parse(guarded(argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help or --version
      line.app.exit(error);
      return ExitCode::ok;
    }
    terminal.error(
        explain(line, error),
        "'muniment --help' lists the commands, 'muniment COMMAND --help' what one takes");
    return ExitCode::usage;
  }
  if (line.options.quiet) terminal.be_quiet();
  Session session(line.options, terminal, activity);
  return line.chosen(session);
}

ExitCode run_and_explain(int argc, char** argv) {
  Terminal terminal;
  TerminalActivity activity(terminal);
  const StopOnSignal stop(activity);
  try {
    const ExitCode code = run(argc, argv, terminal, activity);
    terminal.flush();
    return code;
  } catch (const Error& error) {
    terminal.error(error.what(), error.hint());
    return exit_code(error.code());
  } catch (const std::exception& error) {
    terminal.error(escape(error.what()), "");
    return ExitCode::failed;
  }
}

}  // namespace
}  // namespace muniment

int main(int argc, char** argv) {
  muniment::forbid_core_files();
  return static_cast<int>(muniment::run_and_explain(argc, argv));
}
