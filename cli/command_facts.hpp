// The commands and their options as data, read from what CLI11 parses and prints as help. Man pages
// and completions are made of it, so that they say what the help says.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace muniment {

struct OptionFacts {
  std::vector<std::string> names;  // with their dashes, short ones first; none: positional
  std::string value;               // what it takes: "FILE", "bash|zsh|fish"; empty for a flag
  std::string description;
  bool required = false;
  bool repeated = false;
};

struct CommandFacts {
  std::string name;  // "muniment", "muniment collection create"
  std::string description;
  std::vector<OptionFacts> options;
  std::vector<OptionFacts> arguments;  // in their order
  std::vector<std::string> examples;   // a line each
  std::vector<std::string> notes;      // a paragraph each
  std::vector<CommandFacts> commands;

  // "collection create" of "muniment collection create"; empty at the top.
  [[nodiscard]] std::string path() const;
};

[[nodiscard]] CommandFacts facts_of(const CLI::App& app);

// All commands, each before those below it.
[[nodiscard]] std::vector<const CommandFacts*> flattened(const CommandFacts& top);

}  // namespace muniment
