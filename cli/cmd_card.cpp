#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/exchange_text.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct CardArguments {
  std::string file;  // one to look at; empty: print this vault's
};

struct InviteArguments {
  std::vector<std::string> cards;
  std::string roles = "contributor,reader,witness,trustee";
  std::string out;
};

struct AcceptArguments {
  std::vector<std::string> files;
  std::string out;
};

struct TextArguments {
  std::string member;
  std::string out;
};

Card read_card(const std::string& path) {
  auto card = decode_card(read_exchange_text(path));
  if (card) return std::move(*card);
  throw Error(ErrorCode::damaged, escape(path) + ": altered, or not what 'muniment card' prints",
              "have it sent again");
}

Json to_json(const Card& card) {
  return {{"member", card.name.name},
          {"member_id", card.member.hex()},
          {"device_id", card.device.hex()},
          {"key", encode_authorized_key(card.key)},
          {"fingerprint", fingerprint_words(card)}};
}

void say_fingerprint(Session& session, const Card& card) {
  session.terminal().say(fmt::format("{}: {}", escape(card.name.name), fingerprint_words(card)));
}

ExitCode show_card(Session& session, const CardArguments& arguments) {
  if (!arguments.file.empty()) {
    const Card card = read_card(arguments.file);
    if (session.options().json) session.terminal().write_line(to_line(to_json(card)));
    say_fingerprint(session, card);
    return ExitCode::ok;
  }
  Vault vault = session.open_unlocked();
  const std::string text = Partners(vault).card();
  const Card card = *decode_card(text);
  if (session.options().json) {
    Json object = to_json(card);
    object["text"] = text;
    session.terminal().write_line(to_line(object));
  } else {
    session.terminal().write(text);
  }
  say_fingerprint(session, card);
  session.terminal().say("read these words out by telephone to whoever invites you");
  return ExitCode::ok;
}

ExitCode invite(Session& session, const InviteArguments& arguments) {
  CharterChange change;
  change.added_roles = parse_roles(arguments.roles);
  for (const std::string& file : arguments.cards) change.add.push_back(read_card(file));
  Vault vault = session.open_unlocked();
  const std::string text = Partners(vault).propose(change, session.activity());
  const std::string words = fingerprint_words(*decode_exchange(text));
  Json cards = Json::array();
  for (const Card& card : change.add) {
    say_fingerprint(session, card);
    cards.push_back(to_json(card));
  }
  session.terminal().say(
      "have the words read out to you by telephone: only then is it them\n"
      "and read these to them, which their 'muniment accept' shows: " +
      words +
      "\n"
      "the text goes to them ('muniment accept') and to the members who shall approve it\n"
      "('muniment charter approve'); what they send back is for 'muniment accept' here");
  write_exchange_text(session, text, arguments.out,
                      {{"invited", std::move(cards)}, {"fingerprint", words}});
  return ExitCode::ok;
}

ExitCode accept(Session& session, const AcceptArguments& arguments) {
  std::vector<std::string> texts;
  for (const std::string& file : arguments.files) texts.push_back(read_exchange_text(file));
  Vault vault = session.open_unlocked();
  const AcceptReport report = Partners(vault).accept(
      texts, [&] { return session.credential_for(vault); }, session.activity());
  for (const std::string& line : report.news) session.terminal().say(line);
  if (!report.fingerprint.empty()) {
    session.terminal().say("the consortium and who invites you: " + report.fingerprint +
                           "\nhave these words read out to you by telephone by who invited you: "
                           "only then is it them");
  }
  for (const std::string& line : report.damage) session.terminal().warn("warning: " + line);
  session.terminal().say(report.entries == 0
                             ? "nothing was new in the ledgers"
                             : count_of(report.entries, "entry") + " new in the ledgers");
  if (!report.reply.empty()) {
    session.terminal().say("the text that follows is for your partners");
  }
  write_exchange_text(session, report.reply, arguments.out,
                      {{"entries", report.entries},
                       {"joined", report.joins},
                       {"news", report.news},
                       {"damage", report.damage},
                       {"fingerprint", report.fingerprint}});
  return report.damage.empty() ? ExitCode::ok : ExitCode::damaged;
}

ExitCode text_for(Session& session, const TextArguments& arguments) {
  Vault vault = session.open_unlocked();
  const std::string text = Partners(vault).text_for(arguments.member);
  write_exchange_text(session, text, arguments.out, {{"member", arguments.member}});
  return ExitCode::ok;
}

}  // namespace

void add_card(CommandLine& line) {
  CLI::App* command = declare(line.app, "card", "Print what one is invited by, and its fingerprint",
                              "  muniment card > our.card\n"
                              "  muniment card their.card      the fingerprint of another's");
  auto arguments = std::make_shared<CardArguments>();
  command->add_option("file", arguments->file, "A card to look at, '-' for standard input")
      ->type_name("FILE");
  when_chosen(command, line, arguments, show_card);
}

void add_invite(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "invite", "Propose a charter with new members, and print it for them",
              "  muniment invite bbc.card > invitation\n"
              "  muniment invite bbc.card --role custodian,reader --out invitation");
  auto arguments = std::make_shared<InviteArguments>();
  command->add_option("cards", arguments->cards, "What they sent, one file each")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--role", arguments->roles,
                   "Their roles, joined by commas (default: contributor,reader,witness,trustee)")
      ->type_name("ROLES");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, invite);
}

void add_accept(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "accept", "Take in texts of partners: invitations, replies, ledgers",
              "  muniment accept invitation > reply\n"
              "  muniment accept reply approval");
  auto arguments = std::make_shared<AcceptArguments>();
  command->add_option("files", arguments->files, "Texts, '-' for standard input")
      ->required()
      ->type_name("FILE");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, accept);
}

void add_text(CommandLine& line) {
  CLI::App* command = declare(line.app, "text", "Print one text with all that a member may know",
                              "  muniment text bbc > for-bbc");
  auto arguments = std::make_shared<TextArguments>();
  command->add_option("member", arguments->member, "For whom, as 'charter show' names it")
      ->required()
      ->type_name("MEMBER");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, text_for);
}

}  // namespace muniment
