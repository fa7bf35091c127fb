// The options that choose files by pattern, and the lists of patterns and paths that stand in
// files.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "vault/vault.hpp"

namespace muniment {

// --exclude and its kin, or --include and its kin: patterns as given, and files that hold one a
// line.
struct PatternArguments {
  std::vector<std::string> patterns;
  std::vector<std::string> any_case;
  std::vector<std::string> files;
  std::vector<std::string> any_case_files;
};

// Declares --VERB, --iVERB, --VERB-file and --iVERB-file, told as "`what` that match".
void add_pattern_options(CLI::App& command, const std::string& verb, const std::string& what,
                         PatternArguments& arguments);

// None where none was given. In a file, blank lines and such as begin with '#' are left out, and
// $NAME and ${NAME} stand for the environment's variables, '$$' for '$'. Error(usage) for a
// malformed pattern, Error(not_found) or Error(io) for a file.
[[nodiscard]] std::vector<PatternList> pattern_lists(const PatternArguments& arguments);

// What "500", "10K", "3M", "2G" and "1T" mean, in powers of 1,024. Error(usage) naming `option`.
[[nodiscard]] std::uint64_t parse_size(const std::string& text, const std::string& option);

// Files with paths, "-" being standard input.
struct PathListArguments {
  std::vector<std::string>
      expanded;  // a line each; blank ones and '#' are left out, wildcards work
  std::vector<std::string> verbatim;  // a line each
  std::vector<std::string> raw;       // each ended by a NUL byte
};

// Error(not_found) if a file is missing or wildcards match nothing, Error(usage) for an empty path.
[[nodiscard]] std::vector<std::filesystem::path> read_path_lists(
    const PathListArguments& arguments);

}  // namespace muniment
