#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace muniment {

namespace {

// How a value is completed: "dir", "file", "collection", "snapshot", "any", or choices with '|'
// between them.
std::string kind_of(const OptionFacts& option) {
  const std::string& value = option.value;
  if (value == "DIR" || value == "DESTINATION") return "dir";
  if (value == "FILE" || value == "PATH") return "file";
  if (value == "COLLECTION") return "collection";
  if (value.starts_with("SNAPSHOT")) return "snapshot";
  return value.find('|') == std::string::npos ? "any" : value;
}

// In single quotes for a Bourne shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + '\'';
}

std::string quoted_for_fish(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + '\'';
}

// A command's own options and the program's.
std::vector<OptionFacts> all_options(const CommandFacts& facts, const CommandFacts& top) {
  std::vector<OptionFacts> options = facts.options;
  if (&facts == &top) return options;
  for (const OptionFacts& option : top.options) {
    const bool own = std::ranges::find(options, option.names, &OptionFacts::names) != options.end();
    // Only the program itself has a version.
    if (!own && option.names != std::vector<std::string>{"--version"}) options.push_back(option);
  }
  return options;
}

std::string argument_kinds(const CommandFacts& facts) {
  std::string kinds;
  for (const OptionFacts& argument : facts.arguments) {
    kinds += (kinds.empty() ? "" : " ") + kind_of(argument) + (argument.repeated ? "..." : "");
  }
  return kinds;
}

// "--vault=dir --level=any"; for each name of an option that takes a value.
std::string value_kinds(const std::vector<OptionFacts>& options) {
  std::string kinds;
  for (const OptionFacts& option : options) {
    if (option.value.empty()) continue;
    for (const std::string& name : option.names) {
      kinds += fmt::format("{}{}={}", kinds.empty() ? "" : " ", name, kind_of(option));
    }
  }
  return kinds;
}

std::string names_of(const std::vector<CommandFacts>& commands) {
  std::string names;
  for (const CommandFacts& command : commands) {
    names += (names.empty() ? "" : " ") + command.name.substr(command.name.rfind(' ') + 1);
  }
  return names;
}

std::string names_of(const std::vector<OptionFacts>& options) {
  std::string names;
  for (const OptionFacts& option : options) {
    for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

// Shared by bash and zsh: what a vault can name, and the walk over the words so far. It leaves the
// command in $command, what completes the current word in $kind (empty: a command or an argument),
// and the number of arguments before it in $position. $words is an array from 0, $last the index of
// the current word, of which $current is what counts.
constexpr std::string_view common_functions = R"sh(
_muniment_ask() {
  [[ -n ${MUNIMENT_KEY_FILE-} ]] || return 0
  command "${words[0]/#\~/$HOME}" -q --wait 0 "${vault[@]}" "$@" 2>/dev/null </dev/null
}

_muniment_collections() {
  local name rest
  _muniment_ask collection list | while read -r name rest; do printf '%s\n' "$name"; done
}

_muniment_snapshots() {
  local name rest
  _muniment_collections | while read -r name; do printf '%s\n' "$name/latest"; done
  _muniment_ask snapshots | while read -r name rest; do printf '%s\n' "${name%@*}"; done
}

_muniment_walk() {
  local word expected='' i
  command='' kind='' position=0 vault=()
  _muniment_facts ''
  for ((i = 1; i < last; i++)); do
    word=${words[i]}
    if [[ -n $expected ]]; then
      [[ $word == '=' ]] && continue
      [[ $expected == --vault ]] && vault=(--vault "${word/#\~/$HOME}")
      expected=''
    elif [[ $word == -* ]]; then
      if [[ $word == --vault=?* ]]; then
        vault=("$word")
      elif [[ " $values " == *" $word="* ]]; then
        expected=$word
      fi
    elif [[ $position == 0 && " $commands " == *" $word "* ]]; then
      command+="${command:+ }$word"
      _muniment_facts "$command"
    else
      position=$((position + 1))
    fi
  done
  if [[ -z $expected && $current == --?*=* ]]; then
    expected=${current%%=*}
    current=${current#*=}
    prefix="$expected="
  fi
  if [[ -n $expected ]]; then
    [[ $current == '=' ]] && current=''
    kind=" $values "
    kind=${kind#* "$expected"=}
    kind=${kind%% *}
  elif [[ $current != -* && -z $commands ]]; then
    word=$arguments i=$position
    while ((i > 0)) && [[ $word == *' '* ]]; do
      word=${word#* }
      i=$((i - 1))
    done
    kind=${word%% *}
    [[ $i == 0 || $kind == *... ]] || kind=any
    kind=${kind%...}
    [[ -n $kind ]] || kind=any
  fi
}
)sh";

}  // namespace

std::string bash_completion(const CommandFacts& top) {
  std::string script = "# bash completion for muniment, printed by 'muniment completion bash'\n\n";
  script += "_muniment_facts() {\n  commands='' options='' values='' arguments=''\n  case $1 in\n";
  for (const CommandFacts* facts : flattened(top)) {
    const std::vector<OptionFacts> options = all_options(*facts, top);
    script += fmt::format("    {})\n", quoted(facts->path()));
    script += fmt::format("      commands={}\n", quoted(names_of(facts->commands)));
    script += fmt::format("      options={}\n", quoted(names_of(options)));
    script += fmt::format("      values={}\n", quoted(value_kinds(options)));
    script += fmt::format("      arguments={}\n      ;;\n", quoted(argument_kinds(*facts)));
  }
  script += "  esac\n}\n";
  script += common_functions;
  script += R"sh(
_muniment() {
  local commands options values arguments command kind position prefix=''
  local words=("${COMP_WORDS[@]}") last=$COMP_CWORD current=${COMP_WORDS[COMP_CWORD]} vault=()
  COMPREPLY=()
  _muniment_walk
  case $kind in
    dir | file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -"${kind:0:1}" -- "$current")
      ;;
    collection) mapfile -t COMPREPLY < <(compgen -W "$(_muniment_collections)" -- "$current") ;;
    snapshot) mapfile -t COMPREPLY < <(compgen -W "$(_muniment_snapshots)" -- "$current") ;;
    *'|'*) mapfile -t COMPREPLY < <(compgen -W "${kind//|/ }" -- "$current") ;;
    any) ;;
    *)
      if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
      fi
      ;;
  esac
}

complete -F _muniment muniment
)sh";
  return script;
}

std::string zsh_completion(const CommandFacts& top) {
  // _describe takes "name:description".
  const auto described = [](const std::string& name, const std::string& description) {
    return quoted(name + ':' + description);
  };
  std::string script =
      "#compdef muniment\n# zsh completion for muniment, printed by 'muniment completion zsh'\n\n";
  script +=
      "_muniment_facts() {\n  commands='' values='' arguments=''\n"
      "  described_commands=() described_options=()\n  case $1 in\n";
  for (const CommandFacts* facts : flattened(top)) {
    const std::vector<OptionFacts> options = all_options(*facts, top);
    script += fmt::format("    {})\n", quoted(facts->path()));
    script += fmt::format("      commands={}\n", quoted(names_of(facts->commands)));
    script += fmt::format("      values={}\n", quoted(value_kinds(options)));
    script += fmt::format("      arguments={}\n", quoted(argument_kinds(*facts)));
    script += "      described_commands=(\n";
    for (const CommandFacts& command : facts->commands) {
      script += "        " +
                described(command.name.substr(command.name.rfind(' ') + 1), command.description) +
                '\n';
    }
    script += "      )\n      described_options=(\n";
    for (const OptionFacts& option : options) {
      for (const std::string& name : option.names) {
        script += "        " + described(name, option.description) + '\n';
      }
    }
    script += "      )\n      ;;\n";
  }
  script += "  esac\n}\n";
  script += common_functions;
  script += R"sh(
_muniment() {
  local typed_current=$CURRENT
  local -a typed=("${(@Q)words}")
  emulate -L zsh -o ksh_arrays -o typeset_silent
  local commands values arguments command kind position prefix=''
  local -a described_commands described_options vault
  local -a words=("${typed[@]}")
  local last=$((typed_current - 1)) current
  current=${words[last]-}
  _muniment_walk
  local -a names
  case $kind in
    collection) names=("${(@f)$(_muniment_collections)}") ;;
    snapshot) names=("${(@f)$(_muniment_snapshots)}") ;;
    *'|'*) names=("${(@s:|:)kind}") ;;
  esac
  emulate -L zsh
  local -a words=("${typed[@]}")
  [[ -z $prefix ]] || compset -P '*='
  case $kind in
    dir) _files -/ ;;
    file) _files ;;
    any) _message 'no names are known' ;;
    '')
      if [[ $current == -* ]]; then
        _describe -o option described_options
      else
        _describe command described_commands
      fi
      ;;
    *) compadd -- "${(@)names:#}" ;;
  esac
}

if [[ ${funcstack[1]-} == _muniment ]]; then
  _muniment "$@"
else
  compdef _muniment muniment
fi
)sh";
  return script;
}

std::string fish_completion(const CommandFacts& top) {
  std::string script = "# fish completion for muniment, printed by 'muniment completion fish'\n\n";
  script += R"fish(function __muniment_ask
    test -n "$MUNIMENT_KEY_FILE"; or return
    set -l words (commandline -opc)
    command muniment -q --wait 0 $argv 2>/dev/null </dev/null
end

function __muniment_collections
    __muniment_ask collection list | string replace -r ' .*' ''
end

function __muniment_snapshots
    __muniment_collections | string replace -r '$' /latest
    __muniment_ask snapshots | string replace -r '[@ ].*' ''
end

# The command that the words so far name, and behind it how many arguments it has already.
function __muniment_place
    set -l command ''
    set -l position 0
    set -l expected
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test -n "$expected"
            set expected
        else if string match -q -- '-*' $word
            contains -- $word $__muniment_valued; and set expected $word
        else if test $position = 0; and contains -- "$command$word" $__muniment_commands
            set command "$command$word "
        else
            set position (math $position + 1)
        end
    end
    string trim -- "$command"
    echo $position
end

function __muniment_at
    set -l place (__muniment_place)
    test "$place[1]" = "$argv[1]"
end

# The argument of this number, or one behind it.
function __muniment_at_argument
    set -l place (__muniment_place)
    test "$place[1]" = "$argv[1]"; or return
    if test "$argv[3]" = repeated
        test $place[2] -ge $argv[2]
    else
        test $place[2] = $argv[2]
    end
end

)fish";
  std::string commands;
  std::string valued;
  std::string rules;
  const auto value_rule = [](const OptionFacts& option) -> std::string {
    const std::string kind = kind_of(option);
    if (kind == "file") return " -F";
    if (kind == "dir") return " -a '(__fish_complete_directories)'";
    if (kind == "collection") return " -a '(__muniment_collections)'";
    if (kind == "snapshot") return " -a '(__muniment_snapshots)'";
    if (kind == "any") return "";
    std::string choices = kind;
    std::ranges::replace(choices, '|', ' ');
    return " -a " + quoted_for_fish(choices);
  };
  for (const CommandFacts* facts : flattened(top)) {
    const std::string path = facts->path();
    if (facts != &top) commands += ' ' + quoted_for_fish(path);
    const std::string at = fmt::format("complete -c muniment -n \"__muniment_at '{}'\"", path);
    for (const CommandFacts& command : facts->commands) {
      rules += fmt::format("{} -a {} -d {}\n", at, command.name.substr(command.name.rfind(' ') + 1),
                           quoted_for_fish(command.description));
    }
    for (const OptionFacts& option : facts->options) {
      std::string names;
      for (const std::string& name : option.names) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (!option.value.empty()) valued += ' ' + name;
      }
      rules += fmt::format("{}{}{}{} -d {}\n", facts == &top ? "complete -c muniment" : at, names,
                           option.value.empty()        ? ""
                           : kind_of(option) == "file" ? " -r"
                                                       : " -x",
                           option.value.empty() ? "" : value_rule(option),
                           quoted_for_fish(option.description));
    }
    for (std::size_t i = 0; i < facts->arguments.size(); ++i) {
      const OptionFacts& argument = facts->arguments[i];
      const std::string rule = value_rule(argument);
      if (rule.empty()) continue;
      rules += fmt::format("complete -c muniment -n \"__muniment_at_argument '{}' {}{}\"{}\n", path,
                           i, argument.repeated ? " repeated" : "", rule);
    }
  }
  script +=
      fmt::format("set -g __muniment_commands{}\nset -g __muniment_valued{}\n\n", commands, valued);
  script += "complete -c muniment -f\n" + rules;
  return script;
}

}  // namespace muniment
