#include <fmt/format.h>

#include "cli/agent.hpp"
#include "cli/agent_client.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"

namespace muniment {

namespace {

constexpr std::chrono::seconds lifetime_max = std::chrono::hours(24);

struct UnlockArguments {
  std::string lifetime = "15m";
};

// "90s", "15m", "2h": a second to a day.
std::chrono::seconds parse_lifetime(const std::string& text) {
  std::int64_t seconds = 0;
  const std::string digits = text.empty() ? "" : text.substr(0, text.size() - 1);
  if (!digits.empty() && digits.size() <= 6 &&
      digits.find_first_not_of("0123456789") == std::string::npos) {
    const std::int64_t unit = text.back() == 's'   ? 1
                              : text.back() == 'm' ? 60
                              : text.back() == 'h' ? 3600
                                                   : 0;
    seconds = std::stoll(digits) * unit;
  }
  if (seconds < 1 || seconds > lifetime_max.count()) {
    throw Error(ErrorCode::usage, "--for " + escape(text) + ": not a time from 1s to 24h",
                "write a number and s, m or h: 15m");
  }
  return std::chrono::seconds(seconds);
}

ExitCode unlock(Session& session, const UnlockArguments& arguments) {
  const std::chrono::seconds lifetime = parse_lifetime(arguments.lifetime);
  VaultId id;
  std::optional<DeviceKeys> keys;
  {
    Vault vault = session.open();
    id = vault.id();
    keys = vault.open_keys(session.credential_for(vault));
    vault.record_agent(*keys, lifetime, session.activity());
  }
  start_agent(id, std::move(*keys), lifetime);
  if (session.options().json) {
    session.terminal().write_line(to_line({{"unlocked", true}, {"seconds", lifetime.count()}}));
  }
  session.terminal().say("unlocked for " + human_duration(lifetime) +
                         "; 'muniment lock' ends it earlier");
  return ExitCode::ok;
}

// Whatever becomes of the access log, the keys go.
bool stop_agent(Session& session, Vault& vault) {
  if (const auto keys = keys_from_agent(vault.id())) {
    try {
      vault.record_agent(*keys, std::nullopt, session.activity());
    } catch (const Error& error) {
      session.terminal().warn(std::string("warning: ") + error.what());
    }
  }
  return end_agent(vault.id());
}

ExitCode lock(Session& session, const NoArguments&) {
  Vault vault = session.open();
  const bool ended = stop_agent(session, vault);
  session.terminal().say(ended ? "locked" : "it was not unlocked");
  if (session.options().json) session.terminal().write_line(to_line({{"unlocked", false}}));
  return ExitCode::ok;
}

}  // namespace

void add_unlock(CommandLine& line) {
  CLI::App* command =
      declare(line.app, "unlock", "Keep the keys at hand for a while, in a process of their own",
              "  muniment unlock              asks for the passphrase once; good for 15 minutes\n"
              "  muniment unlock --for 2h");
  auto arguments = std::make_shared<UnlockArguments>();
  command->add_option("--for", arguments->lifetime, "How long, up to 24h (default 15m)")
      ->type_name("TIME");
  when_chosen(command, line, arguments, unlock);
}

void add_lock(CommandLine& line) {
  CLI::App* command = declare(line.app, "lock", "End what 'unlock' began", "  muniment lock");
  when_chosen(command, line, std::make_shared<NoArguments>(), lock);
}

}  // namespace muniment
