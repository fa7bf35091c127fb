#include "cli/command_facts.hpp"

namespace muniment {

namespace {

// "Examples:", lines, a blank one, and paragraphs; or only paragraphs.
void read_footer(const std::string& footer, CommandFacts& facts) {
  bool in_examples = false;
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) facts.notes.push_back(std::move(paragraph));
    paragraph.clear();
  };
  std::size_t begin = 0;
  while (begin < footer.size()) {
    const std::size_t end = std::min(footer.find('\n', begin), footer.size());
    const std::string line = footer.substr(begin, end - begin);
    begin = end + 1;
    if (line == "Examples:") {
      in_examples = true;
    } else if (line.empty()) {
      in_examples = false;
      end_paragraph();
    } else if (in_examples) {
      facts.examples.push_back(line.substr(std::min(line.find_first_not_of(' '), line.size())));
    } else {
      if (!paragraph.empty()) paragraph += ' ';
      paragraph += line;
    }
  }
  end_paragraph();
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) facts.value = option.get_type_name();
  facts.description = option.get_description();
  facts.required = option.get_required();
  // What is given once a time may still be given again.
  facts.repeated = option.get_items_expected_max() > 1;
  return facts;
}

// Depth is what is declared: three.
// NOLINTNEXTLINE(misc-no-recursion)
CommandFacts facts_of(const CLI::App& app, const std::string& above) {
  CommandFacts facts;
  facts.name = above + app.get_name();
  facts.description = app.get_description();
  read_footer(app.get_footer(), facts);
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? facts.arguments : facts.options).push_back(facts_of(*option));
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    facts.commands.push_back(facts_of(*command, facts.name + ' '));
  }
  return facts;
}

// NOLINTNEXTLINE(misc-no-recursion)
void flatten(const CommandFacts& facts, std::vector<const CommandFacts*>& all) {
  all.push_back(&facts);
  for (const CommandFacts& command : facts.commands) flatten(command, all);
}

}  // namespace

std::string CommandFacts::path() const {
  return name.substr(std::min(name.find(' '), name.size() - 1) + 1);
}

CommandFacts facts_of(const CLI::App& app) {
  return facts_of(app, "");
}

std::vector<const CommandFacts*> flattened(const CommandFacts& top) {
  std::vector<const CommandFacts*> all;
  flatten(top, all);
  return all;
}

}  // namespace muniment
