#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/exchange_text.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct GrantArguments {
  std::string collection;
  std::string to;
  std::string rights = "read";
  std::string history = "yes";
  std::string out;
};

struct RevokeArguments {
  std::string whom;
  std::string out;
};

struct GrantsArguments {
  std::string collection;
  bool audit = false;
};

constexpr std::array<std::string_view, 3> rights_names{"read", "deposit", "replicate"};

std::string_view rights_name(Rights rights) {
  return rights_names.at(static_cast<std::size_t>(rights));
}

Rights parse_rights(const std::string& text) {
  const auto* const found = std::ranges::find(rights_names, text);
  if (found != rights_names.end()) return static_cast<Rights>(found - rights_names.begin());
  throw Error(ErrorCode::usage, "rights " + escape(text) + ": there are none of this name",
              "there are: read, deposit, replicate");
}

// MEMBER or MEMBER/DEVICE; a member's name may have a slash, a device's name then none.
std::pair<std::string, std::string> split_whom(Vault& vault, const std::string& text) {
  for (const MemberInfo& member : Partners(vault).charter().members) {
    if (member.name == text || member.id.hex() == text) return {text, {}};
  }
  const std::size_t slash = text.rfind('/');
  if (slash == std::string::npos) return {text, {}};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

ExitCode grant(Session& session, const GrantArguments& arguments) {
  if (arguments.history != "yes" && arguments.history != "no") {
    throw Error(ErrorCode::usage, "--history " + escape(arguments.history) + ": not yes or no");
  }
  const Rights rights = parse_rights(arguments.rights);
  Vault vault = session.open_unlocked();
  const auto [member, device] = split_whom(vault, arguments.to);
  const Partners::GrantReport report = Partners(vault).grant(
      {arguments.collection, member, device, rights, arguments.history == "yes"},
      session.activity());
  for (const std::string& to : report.granted) {
    session.terminal().say(
        fmt::format("granted {} of {} to {}", arguments.rights, arguments.collection, to));
  }
  if (arguments.history == "no" && rights == Rights::read) {
    session.terminal().say(
        "they read nothing that was stored before the present epoch; the next ingest stores again "
        "what it meets of that");
  }
  session.terminal().say("the text is for them: 'muniment accept' takes it in");
  write_exchange_text(session, report.text, arguments.out,
                      {{"collection", arguments.collection}, {"granted", report.granted}});
  return ExitCode::ok;
}

ExitCode revoke(Session& session, const RevokeArguments& arguments) {
  Vault vault = session.open_unlocked();
  const auto [member, device] = split_whom(vault, arguments.whom);
  const RevokeReport report = Partners(vault).revoke(member, device, session.activity());
  Json exposed = Json::array();
  for (const RevokeReport::Exposed& collection : report.exposed) {
    exposed.push_back({{"collection", collection.collection},
                       {"snapshots", collection.snapshots},
                       {"bytes", collection.bytes},
                       {"last_epoch", collection.last_epoch},
                       {"stored_again", collection.stored_again}});
  }
  for (const std::string& ended : report.devices) session.terminal().say("revoked " + ended);
  for (const std::string& renewed : report.renewed) {
    session.terminal().say("a new epoch of " + renewed + " excludes it");
  }
  for (const RevokeReport::Exposed& collection : report.exposed) {
    session.terminal().say(fmt::format(
        "{}: it can still read what it copied of the {} up to epoch {} ({}); nothing takes that "
        "back\n{}: the next ingest stores {}",
        collection.collection, count_of(collection.snapshots, "snapshot"), collection.last_epoch,
        human_bytes(collection.bytes), collection.collection,
        collection.stored_again
            ? "again what it meets of epochs that not every reader has"
            : "nothing again, since everybody who remains can read what there is"));
  }
  for (const std::string& stale : report.not_renewed) {
    session.terminal().warn("warning: " + stale +
                            ": only a custodian who can read it can begin a new epoch; until then "
                            "nothing is stored in it");
  }
  if (!report.text.empty()) {
    session.terminal().say("the text is for all of your partners: 'muniment accept' takes it in");
  }
  if (!report.not_told_all.empty()) {
    session.terminal().say(fmt::format(
        "instead of it, for collections that not all of them know: 'muniment text MEMBER' for {}",
        fmt::join(report.not_told_all, ", ")));
  }
  write_exchange_text(session, report.text, arguments.out,
                      {{"revoked", report.devices},
                       {"renewed", report.renewed},
                       {"not_renewed", report.not_renewed},
                       {"exposed", std::move(exposed)},
                       {"not_told_all", report.not_told_all}});
  return report.not_renewed.empty() ? ExitCode::ok : ExitCode::partly;
}

ExitCode audit(Session& session, Vault& vault) {
  const std::vector<std::string> found = Partners(vault).audit();
  for (const std::string& line : found) {
    session.terminal().write_line(session.options().json ? to_line({{"refused", line}}) : line);
  }
  session.terminal().say(
      found.empty() ? "every grant holds the keys that it says"
                    : fmt::format("{} of the ledgers' entries give no rights", found.size()));
  return found.empty() ? ExitCode::ok : ExitCode::damaged;
}

ExitCode grants(Session& session, const GrantsArguments& arguments) {
  Vault vault = session.open_unlocked();
  if (arguments.audit) return audit(session, vault);
  std::optional<std::string> collection;
  if (!arguments.collection.empty()) collection = arguments.collection;
  for (const GrantInfo& info : Partners(vault).grants(collection)) {
    if (session.options().json) {
      session.terminal().write_line(to_line({{"collection", info.collection},
                                             {"member", info.member},
                                             {"device", info.device},
                                             {"rights", rights_name(info.rights)},
                                             {"first_epoch", info.first_epoch},
                                             {"last_epoch", info.last_epoch},
                                             {"present", info.present}}));
      continue;
    }
    const std::string whom =
        info.member + (info.device.empty() ? ", recovery words" : "/" + info.device);
    session.terminal().write_line(fmt::format("{:<20} {:<32} {:<9} epochs {} to {}{}",
                                              info.collection, escape(whom),
                                              rights_name(info.rights), info.first_epoch,
                                              info.last_epoch, info.present ? "" : "; no more"));
  }
  return ExitCode::ok;
}

ExitCode list_devices(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked();
  for (const DeviceInfo& info : Partners(vault).devices()) {
    if (session.options().json) {
      session.terminal().write_line(to_line({{"device", info.name},
                                             {"id", info.id.hex()},
                                             {"member", info.member},
                                             {"active", !info.revoked},
                                             {"own", info.own},
                                             {"travels", info.travels_until.has_value()}}));
      continue;
    }
    session.terminal().write_line(fmt::format(
        "{:<32} {}{}{}{}", escape(info.member + "/" + info.name), info.id.hex().substr(0, 8),
        info.revoked ? "  revoked" : "",
        info.travels_until ? "  travels until " + utc_time(*info.travels_until).substr(0, 10) : "",
        info.own ? "  this one" : ""));
  }
  return ExitCode::ok;
}

void add_revoke_options(CLI::App* command, RevokeArguments& arguments) {
  command->add_option("whom", arguments.whom, "A device, or all of a member")
      ->required()
      ->type_name("MEMBER[/DEVICE]");
  add_text_out(command, arguments.out);
}

}  // namespace

void add_grant(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "grant", "Let a member, or one device of it, into a collection",
              "  muniment grant letters bbc > for-bbc\n"
              "  muniment grant letters bbc/desk --rights deposit > for-bbc\n"
              "  muniment grant letters bbc --history no > for-bbc");
  auto arguments = std::make_shared<GrantArguments>();
  command->add_option("collection", arguments->collection, "Into what")
      ->required()
      ->type_name("COLLECTION");
  command->add_option("to", arguments->to, "Whom: all devices of a member, or one")
      ->required()
      ->type_name("MEMBER[/DEVICE]");
  command->add_option("--rights", arguments->rights, "read, deposit or replicate (default read)")
      ->type_name("RIGHTS");
  command
      ->add_option("--history", arguments->history,
                   "no: from the present epoch on only (default yes)")
      ->type_name("yes|no");
  add_text_out(command, arguments->out);
  when_chosen(command, line, arguments, grant);
}

void add_revoke(CommandLine& line) {
  CLI::App* command = declare(line.app, "revoke", "Cut off a device, or all devices of a member",
                              "  muniment revoke bbc/laptop > text\n"
                              "  muniment revoke bbc > text");
  auto arguments = std::make_shared<RevokeArguments>();
  add_revoke_options(command, *arguments);
  when_chosen(command, line, arguments, revoke);
}

void add_grants(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "grants", "List who may do what",
              "  muniment grants letters\n"
              "  muniment grants --audit     what gives no rights, and who wrote it");
  auto arguments = std::make_shared<GrantsArguments>();
  CLI::Option* collection =
      command->add_option("collection", arguments->collection, "Only of this one");
  collection->type_name("COLLECTION");
  command
      ->add_flag("--audit", arguments->audit,
                 "Look for custodians who hand out other keys than they say")
      ->excludes(collection);
  when_chosen(command, line, arguments, grants);
}

void add_device(CommandLine& line) {
  CLI::App* group = declare(line.app, "device", "The machines of the members",
                            "  muniment device list\n"
                            "  muniment device revoke bbc/laptop > text");
  group->require_subcommand(1);
  CLI::App* list_command =
      declare(*group, "list", "List the devices", "  muniment device list --json");
  when_chosen(list_command, line, std::make_shared<NoArguments>(), list_devices);
  CLI::App* revoke_command = declare(*group, "revoke", "The same as 'muniment revoke'",
                                     "  muniment device revoke bbc/laptop > text");
  auto arguments = std::make_shared<RevokeArguments>();
  add_revoke_options(revoke_command, *arguments);
  when_chosen(revoke_command, line, arguments, revoke);
}

}  // namespace muniment
