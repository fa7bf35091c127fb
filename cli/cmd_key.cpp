#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/new_secret.hpp"
#include "cli/recovery_words.hpp"
#include "cli/text.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

constexpr std::size_t slot_digits_min = 4;
constexpr std::size_t slot_digits_shown = 8;

struct AddArguments {
  NewCredential added;
  bool service = false;
};

struct ChangeArguments {
  std::string slot;  // empty: the one that opens the keyring now
  NewCredential changed;
};

struct BackupArguments {
  std::string file;
  std::vector<std::string> share_files;  // for putting it back
};

struct RemoveArguments {
  std::string slot;
};

std::string_view opens_name(Compartments opens) {
  switch (opens) {
    case Compartments::service:
      return "service";
    case Compartments::reading:
      return "reading";
    case Compartments::both:
      break;
  }
  return "both";
}

std::string short_name(const SlotId& id) {
  return id.hex().substr(0, slot_digits_shown);
}

Json to_json(const SlotInfo& slot) {
  Json object{
      {"slot", slot.id.hex()}, {"kind", to_text(slot.kind)}, {"opens", opens_name(slot.opens)}};
  if (slot.kind == CredentialKind::passphrase) {
    object["argon2id"] = {{"passes", slot.cost.passes}, {"memory_bytes", slot.cost.memory_bytes}};
  }
  return object;
}

// By the first digits of its id.
SlotId find_slot(const Vault& vault, const std::string& text) {
  std::vector<SlotId> matching;
  for (const SlotInfo& slot : vault.key_slots()) {
    if (text.size() >= slot_digits_min && slot.id.hex().starts_with(text)) {
      matching.push_back(slot.id);
    }
  }
  if (matching.size() == 1) return matching.front();
  throw Error(
      ErrorCode::not_found,
      "key " + escape(text) +
          (matching.empty() ? ": there is no such key slot" : ": several key slots begin so"),
      "'muniment key list' shows them; give at least four digits");
}

Argon2idCost cost_of(const Credential& credential) {
  return credential.kind() == CredentialKind::passphrase ? passphrase_cost() : Argon2idCost{};
}

ExitCode list(Session& session, const NoArguments&) {
  const Vault vault = session.open();
  for (const SlotInfo& slot : vault.key_slots()) {
    if (session.options().json) {
      session.terminal().write_line(to_line(to_json(slot)));
      continue;
    }
    std::string cost;
    if (slot.kind == CredentialKind::passphrase) {
      cost =
          fmt::format("  Argon2id, {} over {} MiB",
                      slot.cost.passes == 1 ? "1 pass" : fmt::format("{} passes", slot.cost.passes),
                      slot.cost.memory_bytes >> 20U);
    }
    session.terminal().write_line(fmt::format("{}  {:<14}  opens {}{}", short_name(slot.id),
                                              to_text(slot.kind), opens_name(slot.opens), cost));
  }
  return ExitCode::ok;
}

void report(Session& session, const SlotId& slot, std::string_view what) {
  if (session.options().json) session.terminal().write_line(to_line({{"slot", slot.hex()}}));
  session.terminal().say(fmt::format("{} key {}", what, short_name(slot)));
}

ExitCode add(Session& session, const AddArguments& arguments) {
  Vault vault = session.open();
  const Credential current = session.credential_for(vault);
  std::optional<NewSecretFile> made;
  make_key_file(session, arguments.added.key_file, made);
  const Credential added = read_new_credential(session, arguments.added);
  const SlotId slot = vault.add_key(
      current, added,
      {arguments.service ? Compartments::service : Compartments::both, cost_of(added)},
      session.activity());
  if (made) made->keep();
  report(session, slot, "added");
  return ExitCode::ok;
}

ExitCode change(Session& session, const ChangeArguments& arguments) {
  Vault vault = session.open();
  std::optional<SlotId> wanted;
  if (!arguments.slot.empty()) wanted = find_slot(vault, arguments.slot);
  const Credential current = session.credential_for(vault);
  std::optional<NewSecretFile> made;
  make_key_file(session, arguments.changed.key_file, made);
  const Credential changed = read_new_credential(session, arguments.changed);
  const SlotId slot =
      vault.change_key(current, wanted, changed, cost_of(changed), session.activity());
  if (made) made->keep();
  report(session, slot, "changed");
  return ExitCode::ok;
}

ExitCode remove(Session& session, const RemoveArguments& arguments) {
  Vault vault = session.open();
  const SlotId slot = find_slot(vault, arguments.slot);
  vault.remove_key(session.credential_for(vault), slot, session.activity());
  report(session, slot, "removed");
  return ExitCode::ok;
}

ExitCode export_backup(Session& session, const BackupArguments& arguments) {
  Vault vault = session.open();
  const BackupReport report =
      vault.export_backup(session.credential_for(vault), arguments.file, session.activity());
  if (session.options().json) {
    session.terminal().write_line(to_line({{"bytes", report.bytes}, {"ledgers", report.ledgers}}));
  }
  session.terminal().say(fmt::format(
      "wrote the keyring and {} to {}, {}; what opens the vault now opens it, too\n"
      "the packs are not in it: keep a copy of them elsewhere",
      count_of(report.ledgers, "ledger"), escape(arguments.file), human_bytes(report.bytes)));
  return ExitCode::ok;
}

ExitCode import_backup(Session& session, const BackupArguments& arguments) {
  if (session.options().vault.empty()) {
    throw Error(ErrorCode::usage, "no directory is given for the vault",
                "name it with --vault DIR: a new one, or what is left of the vault");
  }
  const RestoredBackup restored = Vault::import_backup(
      session.options().vault, arguments.file,
      [&](std::span<const SlotInfo> slots) {
        return arguments.share_files.empty()
                   ? session.credential_for(slots)
                   : Credential::recovery(read_recovery_seed(session, arguments.share_files));
      },
      session.environment());
  if (session.options().json) {
    Json ledgers = Json::array();
    for (const LedgerId& ledger : restored.ledgers) ledgers.push_back(ledger.hex());
    session.terminal().write_line(to_line({{"vault", restored.vault.hex()},
                                           {"keyring", restored.keyring},
                                           {"asks_partners", restored.asks_partners},
                                           {"other_access_log", restored.other_access_log},
                                           {"ledgers", std::move(ledgers)}}));
  }
  session.terminal().say(fmt::format(
      "vault {}: the keyring {}; {} put back\n"
      "'muniment verify' says which packs are missing: copy them from another copy of the vault",
      restored.vault.hex(), restored.keyring ? "was put back" : "is as new as the backup's",
      count_of(restored.ledgers.size(), "ledger")));
  if (restored.other_access_log) {
    session.terminal().say(
        "what this device did since is not in the backup: its access log goes on in another one, "
        "which says so; 'muniment witness request' asks what others saw of the one before");
  }
  if (restored.asks_partners) {
    session.terminal().warn(
        "warning: partners may have seen more of this device than the backup has, and going on "
        "from "
        "it would be a second history\n"
        "take in the newest text of each of them ('muniment text' there, 'muniment accept' here); "
        "if nobody can have seen more, say so with 'muniment key resume'");
  }
  return ExitCode::ok;
}

ExitCode resume(Session& session, const NoArguments&) {
  Vault vault = session.open();
  vault.resume(session.activity());
  if (session.options().json) session.terminal().write_line(to_line({{"ok", true}}));
  session.terminal().say("this device goes on from what the vault has");
  return ExitCode::ok;
}

ExitCode authority(Session& session, const NoArguments&) {
  Vault vault = session.open_unlocked();
  const std::string key = vault.new_authority(session.activity());
  session.terminal().write_line(session.options().json ? to_line({{"key", key}}) : key);
  session.terminal().say(
      "the key counts once a charter lists it: have a partner propose it with "
      "'muniment charter propose --key MEMBER=FILE'");
  return ExitCode::ok;
}

void declare_add(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "add", "Let another passphrase or key file open the vault",
              "  muniment key add                                   asks for the new passphrase\n"
              "  muniment key add --new-key-file ~/daemon.key --service");
  auto arguments = std::make_shared<AddArguments>();
  add_new_credential(command, arguments->added);
  command->add_flag("--service", arguments->service,
                    "Open only what a daemon needs: no document and no name");
  when_chosen(command, line, arguments, add);
}

void declare_change(CLI::App& group, CommandLine& line) {
  CLI::App* command = declare(group, "change", "Change a passphrase; no other slot is touched",
                              "  muniment key change             the passphrase that is given now\n"
                              "  muniment key change 3f9a");
  auto arguments = std::make_shared<ChangeArguments>();
  command
      ->add_option("slot", arguments->slot,
                   "First digits of a slot (default: the one that opens the vault now)")
      ->type_name("SLOT");
  add_new_credential(command, arguments->changed);
  when_chosen(command, line, arguments, change);
}

void declare_remove(CLI::App& group, CommandLine& line) {
  CLI::App* command = declare(group, "remove", "Close a slot; the last reading one stays",
                              "  muniment key remove 3f9a");
  auto arguments = std::make_shared<RemoveArguments>();
  command->add_option("slot", arguments->slot, "First digits of a slot, as 'key list' shows them")
      ->required()
      ->type_name("SLOT");
  when_chosen(command, line, arguments, remove);
}

void declare_backup(CLI::App& group, CommandLine& line) {
  CLI::App* export_command =
      declare(group, "export-backup", "Write what cannot be made again, sealed, to a new file",
              "  muniment key export-backup /media/usb/vault-keys.backup");
  auto to = std::make_shared<BackupArguments>();
  export_command->add_option("file", to->file, "Keep it apart from the vault")
      ->required()
      ->type_name("FILE");
  when_chosen(export_command, line, to, export_backup);

  CLI::App* import_command =
      declare(group, "import-backup", "Put keyring and ledgers back where they are lost",
              "  muniment key import-backup vault-keys.backup --vault ~/vault");
  auto from = std::make_shared<BackupArguments>();
  import_command->add_option("file", from->file, "What 'key export-backup' wrote")
      ->required()
      ->type_name("FILE");
  import_command
      ->add_option("--share-file", from->share_files,
                   "Open it with the recovery sheet, or with shares: a file with the words of each")
      ->type_name("FILE");
  when_chosen(import_command, line, from, import_backup);
  CLI::App* resume_command =
      declare(group, "resume", "After import-backup: no partner has seen more than there is",
              "  muniment key resume");
  when_chosen(resume_command, line, std::make_shared<NoArguments>(), resume);
}

}  // namespace

void add_key(CommandLine& line) {
  CLI::App* group = declare(line.app, "key", "Who can open this vault",
                            "  muniment key list\n"
                            "  muniment key add --new-key-file ~/vault.key");
  group->require_subcommand(1);
  CLI::App* list_command = declare(*group, "list", "List what opens the vault; needs no key",
                                   "  muniment key list --json");
  when_chosen(list_command, line, std::make_shared<NoArguments>(), list);
  declare_add(*group, line);
  declare_change(*group, line);
  declare_remove(*group, line);
  CLI::App* authority_command = declare(
      *group, "authority", "Make a new authority key of the member, and print its public half",
      "  muniment key authority > bbc.pub");
  when_chosen(authority_command, line, std::make_shared<NoArguments>(), authority);
  add_key_recovery(*group, line);
  add_key_travel(*group, line);
  declare_backup(*group, line);
}

}  // namespace muniment
