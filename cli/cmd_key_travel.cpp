#include <fmt/format.h>

#include "cli/agent_client.hpp"
#include "cli/command.hpp"
#include "cli/exchange_text.hpp"
#include "cli/new_secret.hpp"
#include "cli/recovery_words.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct TravelArguments {
  std::vector<std::string> collections;
  bool all = false;
  std::string until;
  NewCredential fresh;
  std::string out;
};

struct ReturnArguments {
  std::vector<std::string> share_files;
  bool with_words = false;
  std::string out;
};

Json to_json(const TravelReport& report) {
  Json left = Json::array();
  for (const TravelReport::LeftBehind& one : report.left_behind) {
    left.push_back({{"collection", one.collection}, {"holders", one.holders}});
  }
  return {{"left_behind", std::move(left)},
          {"kept", report.kept},
          {"slots_closed", report.slots_closed}};
}

ExitCode travel(Session& session, const TravelArguments& arguments) {
  TravelOptions options;
  options.without = arguments.collections;
  options.without_all = arguments.all;
  options.until = parse_date(arguments.until);
  Vault vault = session.open();
  const Credential current = session.credential_for(vault);
  static_cast<void>(vault.open_keys(current));  // before anything else is asked
  std::optional<NewSecretFile> made;
  make_key_file(session, arguments.fresh.key_file, made);
  const Credential fresh = read_new_credential(session, arguments.fresh);
  // Nothing else may open the vault once the keyring is saved: the file is kept before that.
  if (made) made->keep();
  made.reset();
  end_agent(vault.id());
  const bool asked = fresh.kind() == CredentialKind::passphrase;
  const TravelReport report = vault.travel(
      current, options, fresh, asked ? passphrase_cost() : Argon2idCost{}, session.activity());
  // One that was begun meanwhile has the old keys.
  end_agent(vault.id());
  for (const TravelReport::LeftBehind& left : report.left_behind) {
    session.terminal().say(fmt::format("{} stays behind; all of it is held by {}", left.collection,
                                       escape(fmt::format("{}", fmt::join(left.holders, "; ")))));
  }
  session.terminal().say(fmt::format(
      "this device still opens: {}\nthe new {} is the only key; {} closed: add the recovery sheet, "
      "key files and the daemon's again when you are back\n"
      "older backups of the keys, the recovery sheet and shares open what stays behind: do not "
      "carry them\n"
      "the text is for your partners, before you leave: 'muniment accept' takes it in",
      fmt::join(report.kept, ", "), to_text(fresh.kind()), count_of(report.slots_closed, "slot")));
  vault.unlock(fresh, session.activity());
  write_exchange_text(session, Partners(vault).text_for_all(), arguments.out, to_json(report));
  return ExitCode::ok;
}

ExitCode end_travel(Session& session, const ReturnArguments& arguments) {
  Vault vault = session.open_unlocked();
  std::optional<RecoverySeed> seed;
  if (arguments.with_words || !arguments.share_files.empty()) {
    seed = read_recovery_seed(session, arguments.share_files);
  }
  const ReturnReport report = vault.end_travel(seed ? &*seed : nullptr, session.activity());
  Json missing = Json::array();
  for (const CollectionId& id : report.missing) missing.push_back(id.hex());
  for (const std::string& collection : report.restored) {
    session.terminal().say(collection + " is here again");
  }
  if (!report.missing.empty()) {
    session.terminal().say(fmt::format(
        "{} to be granted again: hand the text to a custodian, who takes it in with 'muniment "
        "accept' and answers with 'muniment grant'",
        report.missing.size() == 1 ? "1 collection has"
                                   : fmt::format("{} collections have", report.missing.size())));
  }
  write_exchange_text(session, Partners(vault).text_for_all(), arguments.out,
                      {{"restored", report.restored}, {"missing", std::move(missing)}});
  return report.missing.empty() ? ExitCode::ok : ExitCode::partly;
}

}  // namespace

void add_key_travel(CLI::App& group, CommandLine& line) {
  CLI::App* travel_command =
      declare(group, "travel", "Leave collections behind, so that this device cannot open them",
              "  muniment key travel --until 2026-12-24 letters police-files > text\n"
              "  muniment key travel --until 2026-12-24 --all > text");
  auto leaving = std::make_shared<TravelArguments>();
  travel_command
      ->add_option("--until", leaving->until, "When you want to be back, as in 2026-12-24")
      ->required()
      ->type_name("DATE");
  CLI::Option* named =
      travel_command->add_option("collections", leaving->collections, "What stays behind");
  named->type_name("COLLECTION");
  travel_command->add_flag("--all", leaving->all, "Leave all collections behind")->excludes(named);
  add_new_credential(travel_command, leaving->fresh);
  add_text_out(travel_command, leaving->out);
  when_chosen(travel_command, line, leaving, travel);

  CLI::App* return_command =
      declare(group, "return", "Be back: get again what stayed behind",
              "  muniment key return > text                  a custodian grants it again\n"
              "  muniment key return --words > text          from the recovery sheet or shares\n"
              "  muniment key return --share-file share-1 --share-file share-4 > text");
  auto back = std::make_shared<ReturnArguments>();
  return_command->add_flag("--words", back->with_words,
                           "Ask for the recovery sheet's words, or for those of enough shares");
  return_command
      ->add_option("--share-file", back->share_files, "A file with the words of one share")
      ->type_name("FILE");
  add_text_out(return_command, back->out);
  when_chosen(return_command, line, back, end_travel);
}

}  // namespace muniment
