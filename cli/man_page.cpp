#include "cli/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace muniment {

namespace {

// As text that roff prints as it stands.
std::string roff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool at_start = result.empty() || result.back() == '\n';
    if (at_start && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '~') {
      result += "\\(ti";
    } else if (c == '^') {
      result += "\\(ha";
    } else if (c == '\'') {
      result += "\\(aq";
    } else {
      result += c;
    }
  }
  return result;
}

std::string dashed(const std::string& name) {
  std::string result = name;
  std::ranges::replace(result, ' ', '-');
  return result;
}

std::string lower(std::string text) {
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z') {
    text[0] = static_cast<char>(text[0] + ('a' - 'A'));
  }
  return text;
}

std::string synopsis_of(const OptionFacts& argument) {
  std::string text = fmt::format("\\fI{}\\fR", roff(argument.value));
  if (argument.repeated) text += " ...";
  return argument.required ? text : "[" + text + "]";
}

void add_synopsis(const CommandFacts& facts, std::string& page) {
  page += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR [\\fIOPTIONS\\fR]", roff(facts.name));
  if (!facts.commands.empty()) page += " \\fICOMMAND\\fR ...";
  for (const OptionFacts& argument : facts.arguments) page += ' ' + synopsis_of(argument);
  page += '\n';
}

void add_option(const OptionFacts& option, std::string& page) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(fmt::format("\\fB{}\\fR", roff(name)));
  }
  std::string head = fmt::format("{}", fmt::join(names, ", "));
  if (!option.value.empty()) {
    head += fmt::format("{}\\fI{}\\fR", head.empty() ? "" : " ", roff(option.value));
  }
  page += fmt::format(".TP\n{}\n{}\n", head, roff(option.description));
}

void add_options(const std::string& title, const std::vector<OptionFacts>& options,
                 std::string& page) {
  if (options.empty()) return;
  page += ".SH " + title + '\n';
  for (const OptionFacts& option : options) add_option(option, page);
}

void add_related(const CommandFacts& facts, const CommandFacts& top, std::string& page) {
  page += ".SH SEE ALSO\n";
  std::vector<std::string> pages;
  if (&facts != &top) pages.push_back("\\fBmuniment\\fR(1)");
  for (const CommandFacts& command : facts.commands) {
    pages.push_back(fmt::format("\\fB{}\\fR(1)", roff(dashed(command.name))));
  }
  page += fmt::format("{}\n", fmt::join(pages, ",\n"));
}

}  // namespace

std::string man_page_name(const CommandFacts& facts) {
  return dashed(facts.name) + ".1";
}

std::string man_page(const CommandFacts& facts, const CommandFacts& top,
                     const std::string& version) {
  std::string title = dashed(facts.name);
  std::ranges::transform(title, title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  });
  std::string page =
      fmt::format(".TH \"{}\" 1 \"\" \"muniment {}\" \"Muniment\"\n", roff(title), roff(version));
  page += fmt::format(".SH NAME\n{} \\- {}\n", roff(dashed(facts.name)),
                      roff(lower(facts.description)));
  add_synopsis(facts, page);
  page += ".SH DESCRIPTION\n" + roff(facts.description) + ".\n";
  for (const std::string& note : facts.notes) page += ".PP\n" + roff(note) + '\n';
  if (!facts.commands.empty()) {
    page += ".SH COMMANDS\n";
    for (const CommandFacts& command : facts.commands) {
      page += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(command.path()), roff(command.description));
    }
  }
  add_options("ARGUMENTS", facts.arguments, page);
  add_options("OPTIONS", facts.options, page);
  if (&facts != &top) {
    std::vector<OptionFacts> global;
    std::ranges::copy_if(top.options, std::back_inserter(global), [&](const OptionFacts& option) {
      return std::ranges::find(facts.options, option.names, &OptionFacts::names) ==
             facts.options.end();
    });
    add_options("GLOBAL OPTIONS", global, page);
  }
  if (!facts.examples.empty()) {
    page += ".SH EXAMPLES\n.nf\n";
    for (const std::string& example : facts.examples) page += roff(example) + '\n';
    page += ".fi\n";
  }
  add_related(facts, top, page);
  return page;
}

}  // namespace muniment
