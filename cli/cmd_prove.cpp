#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "vault/proofs.hpp"

namespace muniment {

namespace {

struct ProveArguments {
  std::string target;
  std::string hidden;
  std::string out;
};

std::set<std::string> parse_parts(std::string_view text) {
  std::set<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

ExitCode prove(Session& session, const ProveArguments& arguments) {
  const SnapshotPath target = SnapshotPath::parse(arguments.target);
  if (target.path.empty()) {
    throw Error(ErrorCode::usage, escape(arguments.target) + ": names no file",
                "write SNAPSHOT:PATH");
  }
  ProofOptions options;
  options.hidden = parse_parts(arguments.hidden);
  options.directory = arguments.out;
  Vault vault = session.open_unlocked(UnlockEntry::with_first_act);
  const SnapshotInfo snapshot = vault.resolve(target.snapshot);
  const ProofReport report =
      Proofs(vault).write(snapshot, target.path, options, session.activity());
  if (session.options().json) {
    Json object{{"snapshot", snapshot.name}};
    put_bytes(object, "path", target.path);
    put_bytes(object, "directory", report.directory.native());
    object["files"] = report.files;
    object["hidden"] = options.hidden;
    object["ledger"] = report.ledger;
    object["entry"] = report.entry;
    object["witnesses"] = report.witnesses;
    object["anchors"] = report.anchors;
    object["warnings"] = report.warnings;
    session.terminal().write_line(to_line(object));
  } else {
    session.terminal().write_line(escape(report.directory.native()));
  }
  for (const std::string& warning : report.warnings) session.terminal().warn("warning: " + warning);
  session.terminal().say(fmt::format(
      "proof of a file, cosigned by {}, with {}: 'scripts/check-proof FOLDER [FILE]' says "
      "what it proves",
      count_of(report.witnesses, "member"), count_of(report.anchors, "anchor")));
  return ExitCode::ok;
}

}  // namespace

void add_prove(CommandLine& line) {
  CLI::App* command = declare(
      line.app, "prove",
      "Write a proof that one file was in a snapshot, for people without a vault",
      "  muniment prove letters/latest:leak/notes.txt\n"
      "  muniment prove letters/3:leak/notes.txt --hide name,time --out proof\n\n"
      "A folder of text files, which 'scripts/check-proof FOLDER' checks offline. It shows the\n"
      "file's digest, path and time and who signed, and nothing of other files but how many there\n"
      "are. Parts that can be hidden: content, name, time, parts, members (their names).");
  auto arguments = std::make_shared<ProveArguments>();
  command->add_option("file", arguments->target, "The file")
      ->required()
      ->type_name("SNAPSHOT:PATH");
  command->add_option("--hide", arguments->hidden, "Parts to hide, with commas between them")
      ->type_name("PARTS");
  command->add_option("--out", arguments->out, "The new folder (default: proof- and digits)")
      ->type_name("DIR");
  when_chosen(command, line, arguments, prove);
}

}  // namespace muniment
