#include <fmt/format.h>

#include <chrono>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct IngestArguments {
  std::string collection;
  std::vector<std::string> paths;
  std::vector<std::string> about;
  bool no_times = false;
  int level = IngestOptions{}.level;
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

Json to_json(const IngestReport& report) {
  return {{"snapshot", report.snapshot},
          {"files", report.files},
          {"directories", report.directories},
          {"links", report.links},
          {"bytes", report.bytes},
          {"bytes_new", report.bytes_new},
          {"bytes_stored", report.bytes_stored},
          {"packs", report.packs},
          {"hard_links", report.hard_links},
          {"skipped", report.skipped},
          {"changed", report.changed},
          {"twins", report.twins}};
}

std::string summary(const IngestReport& report, std::chrono::duration<double> time) {
  const double seconds = std::max(time.count(), 0.001);
  std::string text = fmt::format(
      "{}, {}, {}; {} in {} ({}/s)\n{} new, {} stored in {}", count_of(report.files, "file"),
      report.directories == 1 ? "1 directory" : fmt::format("{} directories", report.directories),
      count_of(report.links, "link"), human_bytes(report.bytes),
      human_duration(std::chrono::duration_cast<std::chrono::seconds>(time)),
      human_bytes(static_cast<std::uint64_t>(static_cast<double>(report.bytes) / seconds)),
      human_bytes(report.bytes_new), human_bytes(report.bytes_stored),
      count_of(report.packs, "pack"));
  if (report.hard_links > 0) {
    text += fmt::format("\n{} kept as separate copies; they restore so",
                        count_of(report.hard_links, "hard link"));
  }
  text += "\nowners, ACLs and extended attributes are not kept";
  if (!report.complete()) {
    text += fmt::format("\nnot complete: {} skipped, {} changed while being read",
                        report.skipped.size(), report.changed.size());
  }
  return text;
}

ExitCode ingest(Session& session, const IngestArguments& arguments) {
  Terminal& terminal = session.terminal();
  IngestOptions options;
  options.times = !arguments.no_times;
  options.estimate = terminal.can_draw();
  options.level = arguments.level;
  options.about = parse_about(arguments.about);
  const std::vector<std::filesystem::path> paths(arguments.paths.begin(), arguments.paths.end());

  Vault vault = session.open_unlocked();
  const auto start = std::chrono::steady_clock::now();
  const IngestReport report = [&] {
    const ProgressBar bar(terminal, session.activity(), "ingesting");
    return vault.ingest(arguments.collection, paths, options, session.activity());
  }();
  const auto time = std::chrono::steady_clock::now() - start;

  terminal.write_line(session.options().json ? to_line(to_json(report)) : report.snapshot);
  for (const std::string& twin : report.twins) {
    terminal.warn(twin + ": the same name to a file system that normalises Unicode");
  }
  terminal.say(summary(report, time));
  return report.complete() ? ExitCode::ok : ExitCode::partly;
}

}  // namespace

void add_ingest(CommandLine& line) {
  CLI::App* command = declare(
      line.app, "ingest", "Take files in as a new snapshot and print its name",
      "  muniment ingest letters ~/leak\n"
      "  muniment ingest letters . --about source=heron --about received=2026-03-01\n\n"
      "A path is stored under its last component; '.' gives the contents of the current folder.");
  auto arguments = std::make_shared<IngestArguments>();
  command->add_option("collection", arguments->collection, "Where the snapshot belongs")
      ->required()
      ->type_name("COLLECTION");
  command->add_option("paths", arguments->paths, "Files and folders")
      ->required()
      ->type_name("PATH");
  command
      ->add_option(
          "--about", arguments->about,
          "A fact to keep with the snapshot: source, received, collector, method, note, ...")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_flag("--no-times", arguments->no_times, "Do not record modification times");
  command->add_option("--level", arguments->level, "zstd's level (default 3)")
      ->check(CLI::Range(1, 19))
      ->type_name("1-19");
  when_chosen(command, line, arguments, ingest);
}

}  // namespace muniment
