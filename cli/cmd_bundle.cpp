#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/patterns.hpp"
#include "cli/text.hpp"
#include "vault/bundles.hpp"

namespace muniment {

namespace {

struct ExportArguments {
  std::string member;
  std::string file;
  std::string split;
  std::vector<std::string> since;
};

struct ImportArguments {
  std::vector<std::string> files;
};

void warn_all(Session& session, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) session.terminal().warn("warning: " + line);
}

ExitCode export_bundle(Session& session, const ExportArguments& arguments) {
  BundleOptions options;
  if (!arguments.split.empty()) options.split_bytes = parse_size(arguments.split, "--split");
  options.since.assign(arguments.since.begin(), arguments.since.end());
  Vault vault = session.open_unlocked();
  const BundleReport report =
      Bundles(vault).write(arguments.member, arguments.file, options, session.activity());
  if (session.options().json) {
    Json files = Json::array();
    for (const std::filesystem::path& path : report.files) {
      Json file;
      put_bytes(file, "path", path.native());
      files.push_back(std::move(file));
    }
    session.terminal().write_line(to_line({{"member", arguments.member},
                                           {"files", std::move(files)},
                                           {"bytes", report.bytes},
                                           {"packs", report.packs},
                                           {"left_out", report.left_out},
                                           {"absent", report.absent},
                                           {"damage", report.damage}}));
  }
  for (const std::filesystem::path& path : report.files) {
    session.terminal().say("wrote " + escape(path.native()));
  }
  session.terminal().say(fmt::format("{}, {}, for {}: 'muniment bundle import' takes it in",
                                     count_of(report.packs, "pack"), human_bytes(report.bytes),
                                     escape(arguments.member)));
  if (report.left_out > 0) {
    session.terminal().say(fmt::format("{} left out, which the earlier bundle has",
                                       count_of(report.left_out, "pack")));
  }
  if (report.absent > 0) {
    session.terminal().warn(fmt::format("warning: {} that ledgers list are not here either",
                                        count_of(report.absent, "pack")));
  }
  warn_all(session, report.damage);
  if (!report.damage.empty()) return ExitCode::damaged;
  return report.absent > 0 ? ExitCode::partly : ExitCode::ok;
}

void say_import(Session& session, const BundleImport& report) {
  for (const std::string& line : report.accepted.news) session.terminal().say(line);
  warn_all(session, report.accepted.damage);
  session.terminal().say(fmt::format(
      "{} new in the ledgers, {} of witnesses, {} ({}) stored{}{}",
      count_of(report.accepted.entries, "entry"), count_of(report.signatures, "signature"),
      count_of(report.packs, "pack"), human_bytes(report.bytes),
      report.healed > 0 ? fmt::format(", {} of them healed", report.healed) : "",
      report.replaced > 0 ? fmt::format(", {} in place of damaged ones", report.replaced) : ""));
  if (report.cosigned > 0) {
    session.terminal().say(fmt::format("this device vouches for {} now: a bundle back tells it",
                                       count_of(report.cosigned, "ledger")));
  }
  if (report.unlisted > 0) {
    session.terminal().say(
        fmt::format("{} left: no ledger here lists them", count_of(report.unlisted, "pack")));
  }
  warn_all(session, report.damage);
  if (report.absent > 0) {
    session.terminal().warn(fmt::format("warning: {} that ledgers list are still missing",
                                        count_of(report.absent, "pack")));
  }
  if (!report.accepted.reply.empty()) {
    session.terminal().say("partners should hear of this: 'muniment text MEMBER' for each");
  }
}

ExitCode import_bundle(Session& session, const ImportArguments& arguments) {
  const std::vector<std::filesystem::path> files(arguments.files.begin(), arguments.files.end());
  Vault vault = session.open_unlocked();
  const BundleImport report =
      Bundles(vault).read(files, [&] { return session.credential_for(vault); }, session.activity());
  if (session.options().json) {
    session.terminal().write_line(to_line({{"entries", report.accepted.entries},
                                           {"joined", report.accepted.joins},
                                           {"news", report.accepted.news},
                                           {"signatures", report.signatures},
                                           {"cosigned", report.cosigned},
                                           {"packs", report.packs},
                                           {"bytes", report.bytes},
                                           {"healed", report.healed},
                                           {"replaced", report.replaced},
                                           {"known", report.known},
                                           {"unlisted", report.unlisted},
                                           {"absent", report.absent},
                                           {"damage", report.damage},
                                           {"ledger_damage", report.accepted.damage}}));
  }
  if (report.accepted.joins) {
    for (const std::string& line : report.accepted.news) session.terminal().say(line);
    session.terminal().say("import the bundle once more for what is in it");
    return ExitCode::partly;
  }
  say_import(session, report);
  if (!report.damage.empty() || !report.accepted.damage.empty()) return ExitCode::damaged;
  return report.absent > 0 ? ExitCode::partly : ExitCode::ok;
}

}  // namespace

void add_bundle(CommandLine& line) {
  CLI::App* group = declare(line.app, "bundle", "Carry to a member, in files, what it may have",
                            "  muniment bundle export --for bbc /media/stick/for-bbc\n"
                            "  muniment bundle import /media/stick/for-us");
  group->require_subcommand(1);
  CLI::App* out =
      declare(*group, "export", "Write ledgers and packs for a member to a new file",
              "  muniment bundle export --for bbc /media/stick/for-bbc\n"
              "  muniment bundle export --for bbc for-bbc --split 4G\n"
              "  muniment bundle export --for bbc next --since for-bbc.1 --since for-bbc.2");
  auto written = std::make_shared<ExportArguments>();
  out->add_option("--for", written->member, "For whom, as 'charter show' names it")
      ->required()
      ->type_name("MEMBER");
  out->add_option("file", written->file, "The new file")->required()->type_name("FILE");
  out->add_option("--split", written->split,
                  "Files FILE.1, FILE.2 and so on, none larger than this (500M, 4G)")
      ->type_name("SIZE");
  out->add_option("--since", written->since,
                  "Leave out the packs of this earlier bundle; may be given several times")
      ->type_name("FILE");
  when_chosen(out, line, written, export_bundle);
  CLI::App* in = declare(*group, "import", "Take in files of bundles, all or some, in any order",
                         "  muniment bundle import /media/stick/for-us.1 /media/stick/for-us.2");
  auto read = std::make_shared<ImportArguments>();
  in->add_option("files", read->files, "What 'bundle export' wrote")->required()->type_name("FILE");
  when_chosen(in, line, read, import_bundle);
}

}  // namespace muniment
