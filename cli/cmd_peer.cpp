#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "vault/base/lock_wait.hpp"
#include "vault/partners.hpp"
#include "vault/peers.hpp"

namespace muniment {

namespace {

struct AddArguments {
  std::string whom;
  std::string address;
  std::string name;
};

struct RemoveArguments {
  std::string whom;
  std::string address;
};

// Nobody else changes the peers while it is held.
std::unique_ptr<FileLock> lock_vault(Session& session, const std::filesystem::path& vault) {
  constexpr std::chrono::milliseconds between_tries{50};
  const std::chrono::seconds at_most(session.options().wait_seconds);
  auto held = wait_for_lock(session.environment().files, vault / "muniment",
                            {at_most, between_tries}, session.activity());
  if (held) return held;
  throw Error(ErrorCode::busy,
              escape(vault.native()) + ": another process is writing to this vault",
              "wait for it to end, or give it more time with --wait SECONDS");
}

Address address_of(const std::string& text) {
  if (const auto address = parse_peer_address(text)) return *address;
  throw Error(ErrorCode::usage, escape(text) + ": not a host and a port",
              "as in archive.example.org:8440 or [2001:db8::1]:8440");
}

std::string full_name(const DeviceInfo& device) {
  return device.member + "/" + device.name;
}

bool is_meant(const DeviceInfo& device, const std::string& whom) {
  return whom == device.member || whom == full_name(device) || whom == device.id.hex();
}

// The one active device of a partner that is called so.
DeviceInfo find_device(Vault& vault, const std::string& whom) {
  std::vector<DeviceInfo> found = Partners(vault).devices();
  std::erase_if(found, [&](const DeviceInfo& device) {
    return device.revoked || device.own || !is_meant(device, whom);
  });
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw Error(ErrorCode::not_found, escape(whom) + ": no active device of a partner is called so",
                "'muniment device list' shows them");
  }
  std::string names;
  for (const DeviceInfo& device : found) {
    names += (names.empty() ? "" : ", ") + escape(full_name(device));
  }
  throw Error(ErrorCode::usage, escape(whom) + ": which of its devices is meant?",
              "there are: " + names);
}

Json to_json(const PeerEntry& peer) {
  return {{"device", peer.device.hex()}, {"address", to_text(peer.address)}, {"name", peer.name}};
}

void write_peer(Session& session, const PeerEntry& peer) {
  session.terminal().write_line(session.options().json
                                    ? to_line(to_json(peer))
                                    : fmt::format("{:<32} {}  {}", escape(peer.name),
                                                  peer.device.hex().substr(0, 8),
                                                  escape(to_text(peer.address))));
}

ExitCode add(Session& session, const AddArguments& arguments) {
  const Address address = address_of(arguments.address);
  Vault vault = session.open_unlocked();
  const DeviceInfo device = find_device(vault, arguments.whom);
  const std::string name = arguments.name.empty() ? escape(full_name(device)) : arguments.name;
  if (!is_peer_name(name)) {
    throw Error(ErrorCode::usage, escape(name) + ": not a name that fits into a line",
                "choose another one with --as NAME");
  }
  const std::filesystem::path directory = session.directory();
  FileSystem& files = session.environment().files;
  const auto held = lock_vault(session, directory);
  std::vector<PeerEntry> peers = read_peers(files, directory);
  for (PeerEntry& peer : peers) {
    if (peer.device == device.id) peer.name = name;
  }
  const PeerEntry added{device.id, address, name};
  if (std::ranges::find(peers, added) == peers.end()) peers.push_back(added);
  save_peers(files, directory, peers);
  write_peer(session, added);
  session.terminal().say(
      "'muniment sync' dials it, and munimentd when it is started the next time");
  return ExitCode::ok;
}

ExitCode list(Session& session, const NoArguments&) {
  static_cast<void>(session.open());
  for (const PeerEntry& peer : read_peers(session.environment().files, session.directory())) {
    write_peer(session, peer);
  }
  return ExitCode::ok;
}

ExitCode remove(Session& session, const RemoveArguments& arguments) {
  std::optional<Address> address;
  if (!arguments.address.empty()) address = address_of(arguments.address);
  static_cast<void>(session.open());
  const std::filesystem::path directory = session.directory();
  FileSystem& files = session.environment().files;
  const auto held = lock_vault(session, directory);
  std::vector<PeerEntry> kept;
  std::vector<PeerEntry> removed;
  for (const PeerEntry& peer : read_peers(files, directory)) {
    const bool goes = is_called(peer, arguments.whom) && (!address || peer.address == *address);
    (goes ? removed : kept).push_back(peer);
  }
  if (removed.empty()) {
    throw Error(ErrorCode::not_found, escape(arguments.whom) + ": there is no such peer",
                "'muniment peer list' shows them");
  }
  save_peers(files, directory, kept);
  for (const PeerEntry& peer : removed) write_peer(session, peer);
  return ExitCode::ok;
}

void add_add(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "add", "Remember where a partner's device answers",
              "  muniment peer add bbc archive.example.org:8440\n"
              "  muniment peer add bbc/desk [2001:db8::1]:8440 --as bbc/office\n\n"
              "One device may have several addresses, which are tried in turn. Name and address\n"
              "stand in the vault's file 'peers' in clear, where munimentd reads them.");
  auto arguments = std::make_shared<AddArguments>();
  command->add_option("whom", arguments->whom, "A device, or a member that has only one")
      ->required()
      ->type_name("MEMBER[/DEVICE]");
  command->add_option("address", arguments->address, "Where it answers")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--as", arguments->name,
                   "What the file and logs call it (default: as the ledgers do)")
      ->type_name("NAME");
  when_chosen(command, line, arguments, add);
}

void add_remove(CLI::App& group, CommandLine& line) {
  CLI::App* command = declare(group, "remove", "Forget where a partner's device answers",
                              "  muniment peer remove bbc/desk\n"
                              "  muniment peer remove bbc/desk archive.example.org:8440");
  auto arguments = std::make_shared<RemoveArguments>();
  command->add_option("whom", arguments->whom, "As 'muniment peer list' shows it, or a device's id")
      ->required()
      ->type_name("NAME");
  command->add_option("address", arguments->address, "Only this one of its addresses")
      ->type_name("HOST:PORT");
  when_chosen(command, line, arguments, remove);
}

}  // namespace

void add_peer(CommandLine& line) {
  CLI::App* group = declare(line.app, "peer", "Where partners' devices answer",
                            "  muniment peer add bbc archive.example.org:8440\n"
                            "  muniment peer list\n"
                            "  muniment peer remove bbc/desk");
  group->require_subcommand(1);
  add_add(*group, line);
  CLI::App* list_command = declare(*group, "list", "List whom 'muniment sync' and munimentd dial",
                                   "  muniment peer list --json");
  when_chosen(list_command, line, std::make_shared<NoArguments>(), list);
  add_remove(*group, line);
}

}  // namespace muniment
