// How a command joins the command line: each has a file of its own with one function add_NAME.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/session.hpp"

namespace muniment {

// For commands that have none of their own.
struct NoArguments {};

using Command = std::function<ExitCode(Session&)>;

// The command line while it is being declared and parsed.
struct CommandLine {
  CLI::App app;
  GlobalOptions options;
  Command chosen;  // after parsing
};

// Declares a command without its options. `examples` are lines as one would type them.
inline CLI::App* declare(CLI::App& parent, const std::string& name, const std::string& description,
                         const std::string& examples) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Examples:\n" + examples);
  return command;
}

// Makes `run`, with the options that were parsed into `options`, what is done if `command` is
// chosen.
template <class Options>
void when_chosen(CLI::App* command, CommandLine& line, std::shared_ptr<Options> options,
                 ExitCode (*run)(Session&, const Options&)) {
  command->callback([&line, options = std::move(options), run] {
    line.chosen = [options, run](Session& session) { return run(session, *options); };
  });
}

// One for each file cmd_NAME.cpp, in the order of --help.
void add_init(CommandLine& line);
void add_unlock(CommandLine& line);
void add_lock(CommandLine& line);
void add_collection(CommandLine& line);
void add_ingest(CommandLine& line);
void add_snapshots(CommandLine& line);
void add_ls(CommandLine& line);
void add_cat(CommandLine& line);
void add_restore(CommandLine& line);
void add_diff(CommandLine& line);
void add_find(CommandLine& line);
void add_verify(CommandLine& line);
void add_repair(CommandLine& line);
void add_catalog(CommandLine& line);
void add_status(CommandLine& line);
void add_prove(CommandLine& line);
void add_anchor(CommandLine& line);
void add_log(CommandLine& line);
void add_key(CommandLine& line);
void add_card(CommandLine& line);
void add_invite(CommandLine& line);
void add_accept(CommandLine& line);
void add_text(CommandLine& line);
void add_bundle(CommandLine& line);
void add_peer(CommandLine& line);
void add_sync(CommandLine& line);
void add_witness(CommandLine& line);
void add_charter(CommandLine& line);
void add_grant(CommandLine& line);
void add_revoke(CommandLine& line);
void add_grants(CommandLine& line);
void add_device(CommandLine& line);
void add_bench(CommandLine& line);
void add_completion(CommandLine& line);
void add_man(CommandLine& line);
// Below `key`.
void add_key_recovery(CLI::App& group, CommandLine& line);
void add_key_travel(CLI::App& group, CommandLine& line);

}  // namespace muniment
