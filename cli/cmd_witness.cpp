#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/exchange_text.hpp"
#include "cli/text.hpp"
#include "cli/witness_text.hpp"
#include "vault/witnessing.hpp"

namespace muniment {

namespace {

struct RequestArguments {
  std::string out;
};

struct SignArguments {
  std::string file;
  std::string out;
};

struct ImportArguments {
  std::vector<std::string> files;
};

struct PolicyArguments {
  std::string collection;
};

Json to_json(const std::vector<WitnessNews>& logs) {
  Json array = Json::array();
  for (const WitnessNews& log : logs) {
    array.push_back({{"log", log.log},
                     {"origin", log.origin},
                     {"size", log.size},
                     {"verdict", to_text(log.verdict)}});
  }
  return array;
}

// What was not cosigned, and why. The worst decides how the command ends.
ExitCode say_refused(Session& session, const std::vector<WitnessNews>& logs) {
  ExitCode code = ExitCode::ok;
  for (const WitnessNews& log : logs) {
    if (log.verdict == WitnessVerdict::cosigned) continue;
    session.terminal().warn(
        fmt::format("{}, {}: {}", escape(log.log), count_of(log.size, "entry"), log.explanation));
    const bool forked = log.verdict == WitnessVerdict::fork;
    if (code != ExitCode::damaged) code = forked ? ExitCode::damaged : ExitCode::partly;
  }
  return code;
}

std::size_t count_cosigned(const std::vector<WitnessNews>& logs) {
  return static_cast<std::size_t>(
      std::ranges::count(logs, WitnessVerdict::cosigned, &WitnessNews::verdict));
}

ExitCode request(Session& session, const RequestArguments& arguments) {
  Vault vault = session.open_unlocked();
  const WitnessRequestReport report = Witnessing(vault).request(session.activity());
  if (!report.withheld.empty()) session.terminal().warn("warning: " + report.withheld);
  for (const std::string& line : report.damage) session.terminal().warn("warning: " + line);
  for (const std::string& log : report.logs) session.terminal().say(escape(log));
  if (report.text.empty()) {
    session.terminal().say("nothing is to be asked: all witnesses have cosigned what there is");
  } else {
    session.terminal().say(fmt::format(
        "the text is for {}: 'muniment witness sign' there, 'muniment witness import' here",
        count_of(report.witnesses.size(), "witness")));
  }
  write_exchange_text(session, report.text, arguments.out,
                      {{"logs", report.logs},
                       {"witnesses", report.witnesses},
                       {"withheld", report.withheld},
                       {"damage", report.damage}});
  if (!report.damage.empty()) return ExitCode::damaged;
  return report.withheld.empty() ? ExitCode::ok : ExitCode::partly;
}

ExitCode sign(Session& session, const SignArguments& arguments) {
  const std::string text = read_exchange_text(arguments.file);
  Vault vault = session.open_unlocked();
  const WitnessSignReport report = Witnessing(vault).sign(text, session.activity());
  const ExitCode code = say_refused(session, report.logs);
  session.terminal().say(report.text.empty()
                             ? "nothing in the text is for this device"
                             : fmt::format("{} of {} cosigned; the text that follows is for {}",
                                           count_of(count_cosigned(report.logs), "log"),
                                           report.logs.size(), escape(report.from)));
  write_exchange_text(session, report.text, arguments.out,
                      {{"from", report.from}, {"logs", to_json(report.logs)}});
  return code;
}

ExitCode import(Session& session, const ImportArguments& arguments) {
  std::vector<std::string> texts;
  for (const std::string& file : arguments.files) texts.push_back(read_exchange_text(file));
  Vault vault = session.open_unlocked();
  ExitCode code = ExitCode::ok;
  bool outdated = false;
  for (const std::string& text : texts) {
    const WitnessImportReport report = Witnessing(vault).import(text, session.activity());
    if (session.options().json) {
      session.terminal().write_line(to_line({{"from", report.from},
                                             {"logs", to_json(report.logs)},
                                             {"signatures", report.signatures},
                                             {"outdated", report.outdated},
                                             {"news", report.news},
                                             {"damage", report.damage}}));
    }
    session.terminal().say(fmt::format("{}: {} of {} cosigned, {} new here", escape(report.from),
                                       count_of(count_cosigned(report.logs), "log"),
                                       report.logs.size(),
                                       count_of(report.signatures, "signature")));
    for (const std::string& line : report.news) session.terminal().say(line);
    const ExitCode refused = say_refused(session, report.logs);
    for (const std::string& line : report.damage) session.terminal().warn("warning: " + line);
    outdated = outdated || report.outdated;
    if (!report.damage.empty() || refused == ExitCode::damaged) {
      code = ExitCode::damaged;
    } else if (code == ExitCode::ok) {
      code = refused;
    }
  }
  if (outdated) {
    session.terminal().say("another 'muniment witness request' goes out from what they have");
  }
  say_witnesses(session.terminal(), vault.witnesses());
  return code;
}

ExitCode policy(Session& session, const PolicyArguments& arguments) {
  Vault vault = session.open_unlocked();
  std::optional<std::string> collection;
  if (!arguments.collection.empty()) collection = arguments.collection;
  const std::string text = Witnessing(vault).policy(collection);
  if (session.options().json) {
    session.terminal().write_line(to_line({{"policy", text}}));
  } else {
    session.terminal().write(text);
  }
  return ExitCode::ok;
}

void add_request(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "request", "Print one text that asks all witnesses for cosignatures",
              "  muniment witness request > for-witnesses\n"
              "  muniment witness request --out for-witnesses\n\n"
              "It has the newest checkpoint of each ledger of this device and of its access log,\n"
              "and proofs that they only grew. It shows ids and sizes, and no entry.");
  auto arguments = std::make_shared<RequestArguments>();
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, request);
}

void add_sign(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "sign", "As a witness: check a request, and print the reply",
              "  muniment witness sign for-witnesses > reply\n\n"
              "What is signed is remembered before, so that this device never vouches for two\n"
              "histories of one log. Refusals are in the reply. The exit code is 3 if something\n"
              "was refused, 13 if a log has two histories: the proof is then in forks/.");
  auto arguments = std::make_shared<SignArguments>();
  command->add_option("file", arguments->file, "A request, '-' for standard input")
      ->required()
      ->type_name("FILE");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, sign);
}

void add_import(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "import", "Take in witnesses' replies, and say how many vouch for what",
              "  muniment witness import reply-of-bbc reply-of-lemonde");
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("files", arguments->files, "Replies, '-' for standard input")
      ->required()
      ->type_name("FILE");
  when_chosen(command, line, arguments, import);
}

void add_policy(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "policy", "Print whose cosignatures count, as a C2SP tlog-policy",
              "  muniment witness policy                for the access log\n"
              "  muniment witness policy letters        for this device's ledger of letters\n"
              "  muniment witness policy consortium     for its ledger of the consortium");
  auto arguments = std::make_shared<PolicyArguments>();
  command->add_option("collection", arguments->collection, "Whose ledger; else the access log")
      ->type_name("COLLECTION");
  when_chosen(command, line, arguments, policy);
}

}  // namespace

void add_witness(CommandLine& line) {
  CLI::App* group =
      declare(line.app, "witness", "Have others vouch for this device's logs, and vouch for theirs",
              "  muniment witness request > for-witnesses\n"
              "  muniment witness sign for-witnesses > reply\n"
              "  muniment witness import reply");
  group->require_subcommand(1);
  add_request(*group, line);
  add_sign(*group, line);
  add_import(*group, line);
  add_policy(*group, line);
}

}  // namespace muniment
