#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "cli/command.hpp"
#include "cli/daemon_process.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "vault/daemon_report.hpp"
#include "vault/peers.hpp"

namespace muniment {

namespace {

struct SyncArguments {
  std::string whom;
  std::string config;
};

// Where an exit code of munimentd is none of ours.
constexpr std::array known_codes{ExitCode::ok,        ExitCode::failed,   ExitCode::usage,
                                 ExitCode::partly,    ExitCode::no_vault, ExitCode::busy,
                                 ExitCode::wrong_key, ExitCode::damaged,  ExitCode::interrupted};

ExitCode exit_code_of(int code) {
  const auto* const found =
      std::ranges::find(known_codes, code, [](ExitCode each) { return static_cast<int>(each); });
  return found == known_codes.end() ? ExitCode::failed : *found;
}

std::string missing_text(const DaemonReport& report) {
  if (report.missing_packs == 0) return "nothing is missing";
  return fmt::format("{} ({}) missing", count_of(report.missing_packs, "pack"),
                     human_bytes(report.missing_bytes));
}

// Another one is at it already, and nothing is to be done here.
void refuse_if_running(Session& session, const std::filesystem::path& vault) {
  FileSystem& files = session.environment().files;
  if (files.try_lock(vault / "munimentd.lock")) return;
  const auto report = find_daemon_report(files, vault);
  std::string how;
  if (report && report->running) {
    std::size_t connected = 0;
    for (const auto& [device, peer] : report->peers) connected += peer.connected ? 1 : 0;
    how = fmt::format(": {}, {} in and {} out a second, {} connected", missing_text(*report),
                      human_bytes(report->received_per_second),
                      human_bytes(report->sent_per_second), count_of(connected, "device"));
  }
  throw Error(ErrorCode::busy,
              "munimentd runs on this vault, and keeps it up to date by itself" + how,
              "'muniment status' shows how far it is");
}

std::string key_file_of(const Session& session) {
  const CredentialSource source = session.credential_source();
  if (!source.key_file) {
    throw Error(ErrorCode::usage, "sync takes a key file, and none is given",
                "'muniment key add --new-key-file daemon.key --service' makes one that opens no "
                "document, then 'muniment --key-file daemon.key sync'");
  }
  return std::filesystem::absolute(*source.key_file).native();
}

// The devices that are called so.
std::set<DeviceId> devices_called(const std::vector<PeerEntry>& peers, const std::string& whom) {
  std::set<DeviceId> found;
  for (const PeerEntry& peer : peers) {
    if (is_called(peer, whom)) found.insert(peer.device);
  }
  if (!found.empty()) return found;
  throw Error(ErrorCode::not_found, escape(whom) + ": there is no such peer",
              "'muniment peer list' shows them, 'muniment peer add' adds one");
}

std::vector<std::string> arguments_of(Session& session, const SyncArguments& given,
                                      const std::filesystem::path& vault,
                                      const std::vector<PeerEntry>& peers) {
  std::vector<std::string> arguments;
  const auto add = [&](const char* option, const std::string& value) {
    arguments.insert(arguments.end(), {option, value});
  };
  const bool configured = !given.config.empty();
  if (configured) add("--config", std::filesystem::absolute(given.config).native());
  add("--vault", vault.native());
  // A configuration may name one.
  if (!configured || session.credential_source().key_file) add("--key-file", key_file_of(session));
  if (!given.whom.empty()) {
    for (const DeviceId& device : devices_called(peers, given.whom)) add("--only", device.hex());
  }
  arguments.emplace_back("--once");
  return arguments;
}

// Lines of a log, which begin with the time, and an error at the end, which does not.
void relay(Terminal& terminal, std::string_view line) {
  if (line.find("Z warning: ") != line.npos || line.starts_with("munimentd: ") ||
      line.starts_with("  ")) {
    terminal.warn(line);
  } else {
    terminal.say(line);
  }
}

// What it left of each peer that it was to dial, since `before`.
void write_report(Session& session, const DaemonReport& before, const DaemonReport& after,
                  const std::vector<PeerEntry>& peers, UnixSeconds began) {
  Json partners = Json::array();
  for (const auto& [device, peer] : after.peers) {
    const auto known = before.peers.find(device);
    const DaemonReport::Peer old =
        known == before.peers.end() ? DaemonReport::Peer{} : known->second;
    const auto entry = std::ranges::find(peers, device, &PeerEntry::device);
    const bool reached = peer.contact >= began;
    if (!reached && entry == peers.end()) continue;
    const std::string name = entry == peers.end() ? device.hex() : entry->name;
    partners.push_back({{"device", device.hex()},
                        {"name", name},
                        {"reached", reached},
                        {"received", peer.received - std::min(old.received, peer.received)},
                        {"sent", peer.sent - std::min(old.sent, peer.sent)}});
  }
  session.terminal().write_line(to_line({{"missing_packs", after.missing_packs},
                                         {"missing_bytes", after.missing_bytes},
                                         {"damaged_packs", after.damaged_packs},
                                         {"partners", std::move(partners)}}));
}

ExitCode sync(Session& session, const SyncArguments& given) {
  static_cast<void>(session.open());
  const std::filesystem::path vault = session.directory();
  FileSystem& files = session.environment().files;
  const std::vector<PeerEntry> peers = read_peers(files, vault);
  const std::vector<std::string> arguments = arguments_of(session, given, vault, peers);
  if (peers.empty() && given.config.empty()) {
    throw Error(ErrorCode::usage, "there is nobody to sync with",
                "'muniment peer add MEMBER HOST:PORT' says where a partner answers");
  }
  refuse_if_running(session, vault);
  const DaemonReport before = find_daemon_report(files, vault).value_or(DaemonReport{});
  const UnixSeconds began = session.environment().clock.now();
  const int code = run_munimentd(arguments, session.activity(),
                                 [&](std::string_view line) { relay(session.terminal(), line); });
  const ExitCode result = exit_code_of(code);
  const bool ended_well = result == ExitCode::ok || result == ExitCode::partly;
  if (session.options().json && ended_well) {
    const DaemonReport after = find_daemon_report(files, vault).value_or(DaemonReport{});
    write_report(session, before, after, peers, began);
  }
  return result;
}

}  // namespace

void add_sync(CommandLine& line) {
  CLI::App* command = declare(
      line.app, "sync", "Bring the vault and those of partners up to date, once",
      "  muniment peer add bbc archive.example.org:8440\n"
      "  muniment --key-file daemon.key sync\n"
      "  muniment --key-file daemon.key sync bbc\n"
      "  muniment sync --config /etc/muniment/munimentd.conf\n\n"
      "It runs munimentd, which dials each peer and ends when nothing more is to be had. A key\n"
      "file of the service compartment is enough: 'muniment key add --new-key-file FILE\n"
      "--service'. The exit code is 3 if a peer was not reached or something is still missing.");
  auto arguments = std::make_shared<SyncArguments>();
  command->add_option("whom", arguments->whom, "Only with the devices of this one")
      ->type_name("MEMBER[/DEVICE]");
  command
      ->add_option("--config", arguments->config,
                   "A configuration of munimentd, for more peers, a proxy, rates")
      ->type_name("FILE");
  when_chosen(command, line, arguments, sync);
}

}  // namespace muniment
