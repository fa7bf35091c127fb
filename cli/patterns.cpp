#include "cli/patterns.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace muniment {

namespace {

std::string read_text(const std::string& name) {
  if (name == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(name, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  // A folder opens and then cannot be read.
  const bool readable = file.is_open() && !std::filesystem::is_directory(name);
  if (readable) return text;
  if (!std::filesystem::exists(name)) {
    throw Error(ErrorCode::not_found, escape(name) + ": there is no such file");
  }
  throw io_error(escape(name), "read", std::filesystem::is_directory(name) ? EISDIR : errno);
}

// What follows the last separator counts unless it is empty.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string> plain_lines(const std::string& name) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string> lines;
  for (const std::string& line : split(read_text(name), '\n')) {
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string::npos || line[begin] == '#') continue;
    lines.push_back(line.substr(begin, line.find_last_not_of(blanks) + 1 - begin));
  }
  return lines;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// As the shell does it; a variable that is not set is empty.
std::string with_variables(const std::string& text) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '$' || at + 1 == text.size()) {
      result += text[at++];
      continue;
    }
    const bool braced = text[at + 1] == '{';
    const std::size_t begin = at + (braced ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_name(text[end])) ++end;
    const bool closed = !braced || (end < text.size() && text[end] == '}');
    if (text[begin] == '$' && !braced) {
      result += '$';
      at = begin + 1;
    } else if (end == begin || !closed) {
      result += text[at++];
    } else {
      const char* value = std::getenv(text.substr(begin, end - begin).c_str());
      if (value != nullptr) result += value;
      at = end + (braced ? 1 : 0);
    }
  }
  return result;
}

void add_list(std::vector<std::string> patterns, const std::vector<std::string>& files,
              LetterCase letter_case, std::vector<PatternList>& lists) {
  for (const std::string& file : files) {
    for (const std::string& line : plain_lines(file)) patterns.push_back(with_variables(line));
  }
  if (!patterns.empty()) lists.emplace_back(patterns, letter_case);
}

void expand(const std::string& pattern, const std::string& list,
            std::vector<std::filesystem::path>& paths) {
  glob_t found{};
  const int result = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  paths.insert(paths.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (result == 0) return;
  throw Error(ErrorCode::not_found,
              escape(pattern) + ", in " + escape(list) + ": there is no such file or folder");
}

}  // namespace

void add_pattern_options(CLI::App& command, const std::string& verb, const std::string& what,
                         PatternArguments& arguments) {
  const auto add = [&](const std::string& name, std::vector<std::string>& values,
                       const std::string& text, const std::string& type) {
    command.add_option("--" + name, values, text)->allow_extra_args(false)->type_name(type);
  };
  add(verb, arguments.patterns, what + " that match; may be given again", "PATTERN");
  add("i" + verb, arguments.any_case, "The same, whatever the case of the letters", "PATTERN");
  add(verb + "-file", arguments.files, "Read such patterns from a file, one a line", "FILE");
  add("i" + verb + "-file", arguments.any_case_files, "The same, whatever the case of the letters",
      "FILE");
}

std::vector<PatternList> pattern_lists(const PatternArguments& arguments) {
  std::vector<PatternList> lists;
  add_list(arguments.patterns, arguments.files, LetterCase::exact, lists);
  add_list(arguments.any_case, arguments.any_case_files, LetterCase::ignored, lists);
  return lists;
}

std::uint64_t parse_size(const std::string& text, const std::string& option) {
  constexpr std::string_view units = "kmgt";
  std::string digits = text;
  unsigned shift = 0;
  if (!digits.empty()) {
    const std::size_t unit = units.find(static_cast<char>(digits.back() | 0x20));
    if (unit != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(unit) + 1);
      digits.pop_back();
    }
  }
  // 12 digits of the largest unit stay below 2^80; what does not fit in 64 bits is refused.
  const bool valid = !digits.empty() && digits.size() <= 12 &&
                     digits.find_first_not_of("0123456789") == std::string::npos;
  const std::uint64_t number = valid ? std::stoull(digits) : 0;
  if (!valid || number > UINT64_MAX >> shift) {
    throw Error(ErrorCode::usage, option + " " + escape(text) + ": not a size",
                "a number of bytes, or one with K, M, G or T behind it");
  }
  return number << shift;
}

std::vector<std::filesystem::path> read_path_lists(const PathListArguments& arguments) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& list : arguments.expanded) {
    for (const std::string& line : plain_lines(list)) expand(line, list, paths);
  }
  const auto add = [&paths](const std::string& list, char separator) {
    for (std::string& path : split(read_text(list), separator)) {
      if (path.empty()) {
        throw Error(ErrorCode::usage, escape(list) + ": has an empty path in it");
      }
      paths.emplace_back(std::move(path));
    }
  };
  for (const std::string& list : arguments.verbatim) add(list, '\n');
  for (const std::string& list : arguments.raw) add(list, '\0');
  return paths;
}

}  // namespace muniment
