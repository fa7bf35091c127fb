#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "cli/command.hpp"
#include "cli/interruption.hpp"
#include "cli/json.hpp"
#include "cli/patterns.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct IngestArguments {
  std::string collection;
  std::vector<std::string> paths;
  std::vector<std::string> about;
  PathListArguments lists;
  PatternArguments exclude;
  std::vector<std::string> exclude_if_present;
  bool exclude_caches = false;
  std::string exclude_larger_than;
  bool from_stdin = false;
  std::string stdin_name;
  bool no_times = false;
  bool dry_run = false;
  std::optional<int> level;
};

About parse_about(const std::vector<std::string>& items) {
  About about;
  for (const std::string& item : items) {
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string::npos || !is_utf8(item)) {
      throw Error(ErrorCode::usage, "--about " + escape(item) + ": not KEY=VALUE in UTF-8",
                  "for example --about source=heron");
    }
    if (!about.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
      throw Error(ErrorCode::usage,
                  "--about " + escape(item.substr(0, equals)) + ": given more than once");
    }
  }
  return about;
}

Exclusion exclusion_of(const IngestArguments& arguments) {
  Exclusion exclusion;
  exclusion.patterns = pattern_lists(arguments.exclude);
  if (!arguments.exclude_larger_than.empty()) {
    exclusion.larger_than = parse_size(arguments.exclude_larger_than, "--exclude-larger-than");
  }
  if (arguments.exclude_caches) exclusion.tags.push_back(cache_tag());
  for (const std::string& tag : arguments.exclude_if_present) {
    const std::size_t colon = std::min(tag.find(':'), tag.size());
    std::string name = tag.substr(0, colon);
    std::string header = tag.substr(std::min(colon + 1, tag.size()));
    if (name.empty() || name.find('/') != std::string::npos ||
        header.size() > tag_header_bytes_max) {
      throw Error(ErrorCode::usage,
                  "--exclude-if-present " + escape(tag) + ": not NAME or NAME:HEADER",
                  "a name has no '/' in it, a header at most 4,096 bytes");
    }
    exclusion.tags.push_back({std::move(name), std::move(header)});
  }
  return exclusion;
}

std::vector<std::filesystem::path> paths_of(const IngestArguments& arguments) {
  std::vector<std::filesystem::path> paths = read_path_lists(arguments.lists);
  paths.insert(paths.end(), arguments.paths.begin(), arguments.paths.end());
  if (paths.empty() && !arguments.from_stdin) {
    throw Error(ErrorCode::usage, "no path is given",
                "name files and folders, or take standard input with --stdin");
  }
  return paths;
}

Json to_json(const IngestReport& report, bool dry_run) {
  Json object{{"dry_run", dry_run}};
  if (!dry_run) object["snapshot"] = report.snapshot;
  object.update({{"files", report.files},
                 {"directories", report.directories},
                 {"links", report.links},
                 {"bytes", report.bytes},
                 {"bytes_new", report.bytes_new},
                 {"bytes_stored", report.bytes_stored},
                 {"packs", report.packs},
                 {"excluded", report.excluded},
                 {"hard_links", report.hard_links},
                 {"skipped", report.skipped},
                 {"changed", report.changed},
                 {"twins", report.twins}});
  return object;
}

std::string counts(const IngestReport& report) {
  return fmt::format("{}, {}, {}; {}", count_of(report.files, "file"),
                     count_of(report.directories, "directory"), count_of(report.links, "link"),
                     human_bytes(report.bytes));
}

// What is said after a dry run, too.
std::string remarks(const IngestReport& report) {
  std::string text;
  if (report.excluded > 0) text += fmt::format("\n{} excluded", report.excluded);
  if (report.hard_links > 0) {
    text += fmt::format("\n{} kept as separate copies; they restore so",
                        count_of(report.hard_links, "hard link"));
  }
  if (!report.complete()) {
    text += fmt::format("\nnot complete: {} skipped, {} changed while being read",
                        report.skipped.size(), report.changed.size());
  }
  return text;
}

std::string summary(const IngestReport& report, std::chrono::duration<double> time) {
  const double seconds = std::max(time.count(), 0.001);
  return fmt::format(
      "{} in {} ({}/s)\n{} new, {} stored in {}\nowners, ACLs and extended attributes are not "
      "kept{}",
      counts(report), human_duration(std::chrono::duration_cast<std::chrono::seconds>(time)),
      human_bytes(static_cast<std::uint64_t>(static_cast<double>(report.bytes) / seconds)),
      human_bytes(report.bytes_new), human_bytes(report.bytes_stored),
      count_of(report.packs, "pack"), remarks(report));
}

std::string plan(const IngestReport& report) {
  return fmt::format("would take in {}\n{} new, about {} to store; nothing was written{}",
                     counts(report), human_bytes(report.bytes_new),
                     human_bytes(report.bytes_stored), remarks(report));
}

std::string what_is_kept(const StatusReport& status) {
  if (status.packs_unlisted == 0) return "nothing is stored yet, and the vault is as it was";
  return fmt::format("{} with {} {} kept; the same ingest goes on from there",
                     count_of(status.packs_unlisted, "pack"), human_bytes(status.bytes_unlisted),
                     status.packs_unlisted == 1 ? "is" : "are");
}

ExitCode ingest(Session& session, const IngestArguments& arguments) {
  Terminal& terminal = session.terminal();
  IngestOptions options;
  options.times = !arguments.no_times;
  options.estimate = terminal.can_draw();
  if (arguments.level) options.level = *arguments.level;
  options.dry_run = arguments.dry_run;
  options.about = parse_about(arguments.about);
  options.exclusion = exclusion_of(arguments);
  const std::vector<std::filesystem::path> paths = paths_of(arguments);
  if (arguments.from_stdin) {
    options.stream = {STDIN_FILENO, arguments.stdin_name, {session.environment().clock.now(), 0}};
  }

  Vault vault = session.open_unlocked();
  const auto start = std::chrono::steady_clock::now();
  const IngestReport report = or_say_state(
      [&] {
        const ProgressBar bar(terminal, session.activity(), "ingesting");
        return vault.ingest(arguments.collection, paths, options, session.activity());
      },
      [&] { return options.dry_run ? "a dry run writes nothing" : what_is_kept(vault.status()); });
  const auto time = std::chrono::steady_clock::now() - start;

  if (session.options().json) {
    terminal.write_line(to_line(to_json(report, options.dry_run)));
  } else if (!options.dry_run) {
    terminal.write_line(report.snapshot);
  }
  for (const std::string& twin : report.twins) {
    terminal.warn(twin + ": the same name to a file system that normalises Unicode");
  }
  terminal.say(options.dry_run ? plan(report) : summary(report, time));
  return report.complete() ? ExitCode::ok : ExitCode::partly;
}

}  // namespace

void add_ingest(CommandLine& line) {
  CLI::App* command = declare(
      line.app, "ingest", "Take files in as a new snapshot and print its name",
      "  muniment ingest letters ~/leak\n"
      "  muniment ingest letters . --about source=heron --about received=2026-03-01\n"
      "  muniment ingest letters ~/leak --exclude '*.tmp' --exclude-caches\n"
      "  muniment ingest letters ~/leak --dry-run\n"
      "  pg_dump leaks | muniment ingest letters --stdin --stdin-name leaks.sql\n\n"
      "A path is stored under its last component; '.' gives the contents of the current folder.\n"
      "A pattern is names with '/' between them, in which * ? [a-z] and, for any number of\n"
      "folders, ** stand for others. It matches anywhere in a path, or from the root if it begins\n"
      "with '/'; what it matches is left out with all that is below. '!' before it takes back.");
  auto arguments = std::make_shared<IngestArguments>();
  command->add_option("collection", arguments->collection, "Where the snapshot belongs")
      ->required()
      ->type_name("COLLECTION");
  command->add_option("paths", arguments->paths, "Files and folders")->type_name("PATH");
  const auto add_list = [command](const std::string& name, std::vector<std::string>& lists,
                                  const std::string& text) {
    command->add_option("--" + name, lists, text)->allow_extra_args(false)->type_name("FILE");
  };
  add_list(
      "files-from", arguments->lists.expanded,
      "Take paths from a file, one a line, in which # and wildcards work; - is standard input");
  add_list("files-from-verbatim", arguments->lists.verbatim, "The same, every line as it stands");
  add_list("files-from-raw", arguments->lists.raw, "The same, each path ended by a NUL byte");
  CLI::Option* from_stdin = command->add_flag("--stdin", arguments->from_stdin,
                                              "Store standard input as one file, not any path");
  arguments->stdin_name = "stdin";
  command->add_option("--stdin-name", arguments->stdin_name, "That file's name (default stdin)")
      ->needs(from_stdin)
      ->type_name("NAME");
  add_pattern_options(*command, "exclude", "Leave out files and folders", arguments->exclude);
  command
      ->add_option("--exclude-larger-than", arguments->exclude_larger_than,
                   "Leave out files of more than SIZE bytes, or SIZE with K, M, G or T behind it")
      ->type_name("SIZE");
  command->add_flag("--exclude-caches", arguments->exclude_caches,
                    "Leave out the contents of folders that a CACHEDIR.TAG marks");
  command
      ->add_option("--exclude-if-present", arguments->exclude_if_present,
                   "Leave out the contents of folders that hold such a file, beginning with HEADER")
      ->allow_extra_args(false)
      ->type_name("NAME[:HEADER]");
  command
      ->add_option(
          "--about", arguments->about,
          "A fact to keep with the snapshot: source, received, collector, method, note, ...")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_flag("-n,--dry-run", arguments->dry_run,
                    "Say what would be taken in and how much of it is new; write nothing");
  command->add_flag("--no-times", arguments->no_times, "Do not record modification times");
  command->add_option("--level", arguments->level, "zstd's level (default 2)")
      ->check(CLI::Range(1, 19).description(""))
      ->type_name("1-19");
  when_chosen(command, line, arguments, ingest);
}

}  // namespace muniment
