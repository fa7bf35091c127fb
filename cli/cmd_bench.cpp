#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "vault/bench.hpp"

namespace muniment {

namespace {

struct BenchArguments {
  std::string directory;
};

Json to_json(const MachineReport& report) {
  Json object{{"cores", report.cores}, {"throughputs", Json::array()}};
  for (const Measured& item : report.throughputs) {
    object["throughputs"].push_back(
        {{"name", item.name}, {"bytes_per_second", item.bytes_per_second}, {"ratio", item.ratio}});
  }
  object["xwing_seconds"] = report.xwing_seconds;
  object["argon2id"] = {{"passes", report.argon2id.passes},
                        {"memory_bytes", report.argon2id.memory_bytes}};
  object["suite"] = report.suite;
  if (report.written_bytes_per_second) {
    object["written_bytes_per_second"] = *report.written_bytes_per_second;
  }
  object["ingest_bytes_per_second"] = report.ingest_bytes_per_second;
  object["ingest_text_bytes_per_second"] = report.ingest_text_bytes_per_second;
  return object;
}

std::string rate(double bytes_per_second) {
  return human_bytes(static_cast<std::uint64_t>(bytes_per_second)) + "/s";
}

void write_table(Terminal& terminal, const MachineReport& report) {
  for (const Measured& item : report.throughputs) {
    const std::string ratio =
        item.ratio < 1 ? fmt::format("  text to {:.0f} %", item.ratio * 100) : "";
    terminal.write_line(
        fmt::format("{:<20} {:>12}{}", item.name, rate(item.bytes_per_second), ratio));
  }
  terminal.write_line(fmt::format("{:<20} {:>9.3f} ms", "X-Wing", report.xwing_seconds * 1000));
  terminal.write_line(fmt::format(
      "{:<20} {:>12}  {} over {}, as a new passphrase would get", "Argon2id", "about 1 s",
      report.argon2id.passes == 1 ? "1 pass" : fmt::format("{} passes", report.argon2id.passes),
      human_bytes(report.argon2id.memory_bytes)));
  if (report.written_bytes_per_second) {
    terminal.write_line(
        fmt::format("{:<20} {:>12}", "write and sync", rate(*report.written_bytes_per_second)));
  }
  terminal.write_line(
      fmt::format("\nnew packs are sealed with {}: {}", report.suite, report.suite_reason));
  terminal.write_line(fmt::format(
      "an ingest by {} may reach {} of photos, {} of text{}",
      report.cores == 1 ? "1 core" : fmt::format("{} cores", report.cores),
      rate(report.ingest_bytes_per_second), rate(report.ingest_text_bytes_per_second),
      report.written_bytes_per_second ? "" : ", if the disk keeps up: name a folder on it"));
}

ExitCode bench(Session& session, const BenchArguments& arguments) {
  std::optional<std::filesystem::path> directory;
  if (!arguments.directory.empty()) directory = arguments.directory;
  const MachineReport report =
      measure_machine(directory, session.environment(), session.activity());
  if (session.options().json) {
    session.terminal().write_line(to_line(to_json(report)));
  } else {
    write_table(session.terminal(), report);
  }
  return ExitCode::ok;
}

}  // namespace

void add_bench(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "bench", "Measure what this machine does in a second, on one core",
              "  muniment bench\n"
              "  muniment bench /mnt/disk    and how fast that disk writes and syncs 128 MiB\n\n"
              "Takes three to five seconds and needs no vault. What an ingest may reach is worked\n"
              "out from the parts; reading the source is not in it.");
  auto arguments = std::make_shared<BenchArguments>();
  command->add_option("directory", arguments->directory, "A folder on the disk to measure, too")
      ->type_name("DIR");
  when_chosen(command, line, arguments, bench);
}

}  // namespace muniment
