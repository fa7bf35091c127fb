#include <fmt/format.h>

#include <sstream>

#include "cli/command.hpp"
#include "cli/exchange_text.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct ShowArguments {
  std::string file;  // a proposal; empty: the charter in force
};

struct ProposeArguments {
  std::vector<std::string> add;
  std::string added_roles = "contributor,reader,witness,trustee";
  std::vector<std::string> remove;
  std::vector<std::string> roles;  // MEMBER=ROLES
  std::vector<std::string> keys;   // MEMBER=FILE
  std::uint64_t charter_threshold = 0;
  std::uint64_t grant_threshold = 0;
  std::string expires;
  std::string out;
};

struct ApproveArguments {
  std::string file;
  std::string signature;
  std::string out;
  bool print_text = false;
  bool instead = false;
};

struct ChooseArguments {
  std::string digest;
  std::string out;
};

struct AdoptArguments {
  std::vector<std::string> files;
  std::string out;
};

Json to_json(const CharterInfo& info) {
  Json members = Json::array();
  for (const MemberInfo& member : info.members) {
    members.push_back({{"member", member.name},
                       {"id", member.id.hex()},
                       {"roles", roles_text(member.roles)},
                       {"keys", member.keys}});
  }
  Json object{{"consortium", info.consortium.hex()},
              {"number", info.number},
              {"created", utc_time(info.created)},
              {"expires", utc_time(info.expires)},
              {"threshold_charter", info.thresholds.charter},
              {"threshold_grant", info.thresholds.grant},
              {"threshold_witness", info.thresholds.witness},
              {"members", std::move(members)}};
  if (!info.approved_by.empty()) {
    object["approved_by"] = info.approved_by;
    object["missing"] = info.missing;
    object["in_force"] = info.in_force;
  }
  return object;
}

void write_charter(Session& session, const CharterInfo& info) {
  Terminal& terminal = session.terminal();
  if (session.options().json) {
    terminal.write_line(to_line(to_json(info)));
    return;
  }
  terminal.write_line("consortium  " + info.consortium.hex());
  terminal.write_line(fmt::format("charter     {}, from {} to {}", info.number,
                                  utc_time(info.created), utc_time(info.expires)));
  terminal.write_line(fmt::format("thresholds  {} of {} change it, {} grant, {} witness",
                                  info.thresholds.charter, count_of(info.members.size(), "member"),
                                  info.thresholds.grant, info.thresholds.witness));
  for (const MemberInfo& member : info.members) {
    terminal.write_line(
        fmt::format("member      {:<24} {}", escape(member.name), roles_text(member.roles)));
  }
  if (!info.approved_by.empty()) {
    terminal.write_line(fmt::format("approved    {}", fmt::join(info.approved_by, ", ")));
    terminal.write_line("missing     " + (info.in_force          ? "nothing, it is in force"
                                          : info.missing.empty() ? "nothing"
                                                                 : info.missing));
  }
}

Json to_json(const RivalCharter& rival) {
  return {{"number", rival.number},
          {"digest", rival.digest.hex()},
          {"created", utc_time(rival.created)},
          {"members", rival.members},
          {"approved_by", rival.approved_by},
          {"in_force", rival.in_force}};
}

// Of one number, and all approved.
void write_rivals(Session& session, const std::vector<RivalCharter>& rivals) {
  for (const RivalCharter& rival : rivals) {
    if (session.options().json) {
      session.terminal().write_line(to_line({{"rival", to_json(rival)}}));
      continue;
    }
    session.terminal().write_line(
        fmt::format("{}charter {}, {}, from {}, of {}; approved by {}",
                    rival.in_force ? "in force    " : "rival       ", rival.number,
                    rival.digest.hex().substr(0, 16), utc_time(rival.created),
                    escape(fmt::format("{}", fmt::join(rival.members, ", "))),
                    escape(fmt::format("{}", fmt::join(rival.approved_by, ", ")))));
  }
  if (rivals.empty() || rivals.front().in_force) return;
  session.terminal().warn(
      "warning: agree with your partners which of them counts, then 'muniment charter choose'");
}

ExitCode show(Session& session, const ShowArguments& arguments) {
  Vault vault = session.open_unlocked();
  Partners partners(vault);
  const CharterInfo info = arguments.file.empty()
                               ? partners.charter()
                               : partners.proposal(read_exchange_text(arguments.file));
  write_charter(session, info);
  if (arguments.file.empty()) write_rivals(session, partners.rivals());
  if (info.expires < session.environment().clock.now()) {
    session.terminal().warn("warning: the charter has expired: it cannot be extended any more");
  }
  return ExitCode::ok;
}

// As in authorized_keys, a key a line; what follows a key is a comment.
std::vector<SshPublicKey> read_keys(const std::string& path) {
  std::vector<SshPublicKey> keys;
  std::istringstream lines(read_exchange_text(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const std::size_t kind = line.find(' ');
    const std::size_t end = kind == std::string::npos ? kind : line.find(' ', kind + 1);
    const auto key = decode_authorized_key(line.substr(0, end));
    if (!key) {
      throw Error(ErrorCode::usage, escape(path) + ": not a public key that is accepted here",
                  "use ssh-ed25519 or sk-ssh-ed25519@openssh.com, one a line");
    }
    keys.push_back(*key);
  }
  if (keys.empty() || keys.size() > member_keys_max) {
    throw Error(ErrorCode::usage, escape(path) + ": a member has 1 to 4 keys");
  }
  return keys;
}

ExitCode propose(Session& session, const ProposeArguments& arguments) {
  CharterChange change;
  change.added_roles = parse_roles(arguments.added_roles);
  for (const std::string& file : arguments.add) {
    auto card = decode_card(read_exchange_text(file));
    if (!card) {
      throw Error(ErrorCode::damaged, escape(file) + ": altered, or no card", "have it sent again");
    }
    change.add.push_back(std::move(*card));
  }
  change.remove = arguments.remove;
  for (const std::string& text : arguments.roles) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos) {
      throw Error(ErrorCode::usage, escape(text) + ": no roles are given",
                  "write MEMBER=ROLES, as in bbc=custodian,reader");
    }
    change.roles[text.substr(0, equals)] = parse_roles(text.substr(equals + 1));
  }
  for (const std::string& text : arguments.keys) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorCode::usage, escape(text) + ": no file is given",
                  "write MEMBER=FILE, as in bbc=bbc.pub");
    }
    change.keys[text.substr(0, equals)] = read_keys(text.substr(equals + 1));
  }
  if (arguments.charter_threshold > 0) change.charter_threshold = arguments.charter_threshold;
  if (arguments.grant_threshold > 0) change.grant_threshold = arguments.grant_threshold;
  if (!arguments.expires.empty()) change.expires = parse_date(arguments.expires);
  Vault vault = session.open_unlocked();
  Partners partners(vault);
  const std::string text = partners.propose(change, session.activity());
  session.terminal().say("the text is for the members who shall approve it");
  write_exchange_text(session, text, arguments.out, to_json(partners.proposal(text)));
  return ExitCode::ok;
}

ExitCode approve(Session& session, const ApproveArguments& arguments) {
  const std::string text = read_exchange_text(arguments.file);
  Vault vault = session.open_unlocked();
  Partners partners(vault);
  if (arguments.print_text) {
    session.terminal().write(partners.charter_text(text));
    return ExitCode::ok;
  }
  std::optional<std::string> signature;
  if (!arguments.signature.empty()) signature = read_exchange_text(arguments.signature);
  const std::string approved = partners.approve(text, signature, arguments.instead);
  const CharterInfo info = partners.proposal(approved);
  session.terminal().say(fmt::format(
      "approved charter {}; {}", info.number,
      info.missing.empty() ? "it has enough approvals: 'muniment charter adopt' puts it in force"
                           : "still missing: " + info.missing));
  write_exchange_text(session, approved, arguments.out, to_json(info));
  return ExitCode::ok;
}

ExitCode adopt(Session& session, const AdoptArguments& arguments) {
  std::vector<std::string> texts;
  for (const std::string& file : arguments.files) texts.push_back(read_exchange_text(file));
  Vault vault = session.open_unlocked();
  Partners partners(vault);
  if (const auto number = partners.in_force(texts.front())) {
    session.terminal().say(fmt::format("charter {} is in force already", *number));
    write_exchange_text(session, partners.text_for_all(), arguments.out,
                        to_json(partners.charter()));
    return ExitCode::ok;
  }
  const std::uint32_t before = partners.charter().number;
  const AcceptReport report =
      partners.accept(texts, [&] { return session.credential_for(vault); }, session.activity());
  for (const std::string& line : report.news) session.terminal().say(line);
  for (const std::string& line : report.damage) session.terminal().warn("warning: " + line);
  if (partners.charter().number == before) {
    throw Error(ErrorCode::denied, "no charter came into force",
                "collect what is missing: 'muniment charter show FILE' tells");
  }
  write_exchange_text(session, report.reply, arguments.out, to_json(partners.charter()));
  return report.damage.empty() ? ExitCode::ok : ExitCode::damaged;
}

ExitCode choose(Session& session, const ChooseArguments& arguments) {
  Vault vault = session.open_unlocked();
  Partners partners(vault);
  const std::string text = partners.choose(arguments.digest, session.activity());
  const CharterInfo info = partners.charter();
  session.terminal().say(fmt::format("charter {} is in force here, with {}", info.number,
                                     count_of(info.members.size(), "member")));
  session.terminal().say("the text is for all members; those who have not chosen have to as well");
  write_exchange_text(session, text, arguments.out, to_json(info));
  return ExitCode::ok;
}

void declare_choose(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "choose", "Say which of several approved charters of one number counts",
              "  muniment charter show                      lists them\n"
              "  muniment charter choose 4f2a9c1e > news    once all agree");
  auto arguments = std::make_shared<ChooseArguments>();
  command->add_option("digest", arguments->digest, "The first digits of its hash, at least eight")
      ->required()
      ->type_name("HASH");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, choose);
}

void declare_propose(CLI::App& group, CommandLine& line) {
  CLI::App* command = declare(group, "propose", "Print a text with the next charter",
                              "  muniment charter propose --remove bbc > proposal\n"
                              "  muniment charter propose --role bbc=custodian,reader > proposal\n"
                              "  muniment charter propose --key bbc=bbc.pub > proposal\n"
                              "  muniment charter propose --expires 2030-01-01 > proposal");
  auto arguments = std::make_shared<ProposeArguments>();
  command->add_option("--add", arguments->add, "A new member, by its card")->type_name("FILE");
  command->add_option("--added-roles", arguments->added_roles, "The roles of new members")
      ->type_name("ROLES");
  command->add_option("--remove", arguments->remove, "A member who leaves")->type_name("MEMBER");
  command->add_option("--role", arguments->roles, "Other roles for a member: bbc=custodian,reader")
      ->type_name("MEMBER=ROLES");
  command
      ->add_option("--key", arguments->keys,
                   "Other authority keys for a member: bbc=FILE, a public key a line")
      ->type_name("MEMBER=FILE");
  command
      ->add_option("--threshold-charter", arguments->charter_threshold,
                   "How many members change the charter: more than half")
      ->type_name("COUNT");
  command
      ->add_option("--threshold-grant", arguments->grant_threshold,
                   "How many custodians it takes to grant")
      ->type_name("COUNT");
  command->add_option("--expires", arguments->expires, "When it ends, as in 2030-01-01")
      ->type_name("DATE");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, propose);
}

void declare_approve(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "approve", "Add your approval to a charter that is proposed",
              "  muniment charter approve proposal > approval\n"
              "  muniment charter approve proposal --text > charter.txt\n"
              "  ssh-keygen -Y sign -n muniment-charter -f KEY charter.txt\n"
              "  muniment charter approve proposal --signature charter.txt.sig > approval");
  auto arguments = std::make_shared<ApproveArguments>();
  command->add_option("file", arguments->file, "The text that proposes it")
      ->required()
      ->type_name("FILE");
  CLI::Option* signature =
      command->add_option("--signature", arguments->signature,
                          "Made by ssh-keygen -Y sign, where the key is not in the vault");
  signature->type_name("FILE");
  command->add_flag("--instead", arguments->instead,
                    "Although another charter of this number was approved, which is given up");
  command->add_flag("--text", arguments->print_text, "Only print the exact text to sign")
      ->excludes(signature);
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, approve);
}

}  // namespace

void add_charter(CommandLine& line) {
  CLI::App* group = declare(line.app, "charter", "Who the members are, and how they decide",
                            "  muniment charter show\n"
                            "  muniment charter approve proposal > approval");
  group->require_subcommand(1);

  CLI::App* show_command = declare(*group, "show", "Show the charter, or one that is proposed",
                                   "  muniment charter show\n"
                                   "  muniment charter show proposal");
  auto shown = std::make_shared<ShowArguments>();
  show_command->add_option("file", shown->file, "A text that proposes one")->type_name("FILE");
  when_chosen(show_command, line, shown, show);

  declare_propose(*group, line);
  declare_approve(*group, line);

  CLI::App* adopt_command =
      declare(*group, "adopt", "Put a charter in force that has enough approvals",
              "  muniment charter adopt approval-1 approval-2 > news");
  auto adopted = std::make_shared<AdoptArguments>();
  adopt_command->add_option("files", adopted->files, "Texts with approvals of the same charter")
      ->required()
      ->type_name("FILE");
  add_text_out(adopt_command, adopted->out);
  when_chosen(adopt_command, line, adopted, adopt);
  declare_choose(*group, line);
}

}  // namespace muniment
