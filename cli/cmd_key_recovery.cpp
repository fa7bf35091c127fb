#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/exchange_text.hpp"
#include "cli/json.hpp"
#include "cli/new_secret.hpp"
#include "cli/recovery_words.hpp"
#include "cli/text.hpp"
#include "vault/rebuild.hpp"

namespace muniment {

namespace {

constexpr unsigned shares_max = 16;

struct NewArguments {
  std::string recovery_file;
};

struct SplitArguments {
  unsigned need = 0;
  unsigned of = 0;
  std::string directory;
};

struct RestoreArguments {
  std::vector<std::string> share_files;
  NewCredential fresh;
  std::vector<std::string> texts;  // of partners, for a device that is lost
  std::string device;
  std::string out;
};

std::string sheet_heading(const Vault& vault) {
  return "Muniment recovery sheet\nvault " + vault.id().hex() +
         "\n\nThese words open the vault if the passphrase is lost. Sheets and shares that were "
         "made earlier\nopen nothing that is granted from now on: destroy them.\n\n";
}

std::string share_heading(const Vault& vault, const SplitArguments& arguments, unsigned number) {
  return fmt::format(
      "Muniment recovery share {} of {}\nvault {}\n\nAny {} of these {} shares give the keys back, "
      "fewer say nothing. Keep it apart from the\nvault and from the other shares.\n\n",
      number, arguments.of, vault.id().hex(), arguments.need, arguments.of);
}

void say_outcome(Session& session, const std::vector<std::string>& not_granted) {
  if (session.options().json) {
    session.terminal().write_line(to_line({{"not_granted", not_granted}}));
  }
  for (const std::string& collection : not_granted) {
    session.terminal().warn("warning: " + collection +
                            ": only a custodian can grant it to the new recovery words");
  }
}

ExitCode make_new(Session& session, const NewArguments& arguments) {
  Vault vault = session.open();
  std::optional<SecretTerminal> terminal = SecretTerminal::open();
  if (!terminal && arguments.recovery_file.empty()) {
    throw Error(ErrorCode::usage, "there is no terminal to show the recovery words on",
                "name a new file for them with --recovery-file FILE");
  }
  Environment environment = session.environment();
  std::optional<NewSecretFile> file;
  if (!arguments.recovery_file.empty()) file.emplace(environment.files, arguments.recovery_file);
  const Credential current = session.credential_for(vault);
  const RecoverySeed seed = RecoverySeed::generate(environment.random);
  const SecretBytes words = recovery_words(seed, environment.random);
  // Before anything changes, so that nobody is left with a sheet that opens nothing.
  if (file) {
    file->write(recovery_sheet(sheet_heading(vault), words).view());
  } else if (!show_recovery_sheet(*terminal, sheet_heading(vault), words, environment.random,
                                  session.activity())) {
    throw Error(ErrorCode::usage, "the sheet was not confirmed: nothing is changed");
  }
  say_outcome(session, vault.replace_recovery(current, seed, session.activity()));
  if (file) file->keep();
  session.terminal().say("the vault has a new recovery sheet; the earlier one is void");
  return ExitCode::ok;
}

ExitCode split(Session& session, const SplitArguments& arguments) {
  if (arguments.need < 2 || arguments.need > arguments.of || arguments.of > shares_max) {
    throw Error(ErrorCode::usage, fmt::format("--need {} --of {}: not 2 to 16 shares of which at "
                                              "least 2 are needed",
                                              arguments.need, arguments.of));
  }
  Vault vault = session.open();
  Environment environment = session.environment();
  const std::filesystem::path directory = arguments.directory;
  const Credential current = session.credential_for(vault);
  const RecoverySeed seed = RecoverySeed::generate(environment.random);
  const std::vector<SecretBytes> shares =
      recovery_shares(seed, arguments.need, arguments.of, environment.random);
  if (environment.files.file_size(directory) || std::filesystem::exists(directory)) {
    throw Error(ErrorCode::exists, escape(arguments.directory) + ": it is there already",
                "name a directory that does not exist yet");
  }
  environment.files.make_directory(directory);
  std::vector<std::unique_ptr<NewSecretFile>> files;
  for (unsigned i = 0; i < shares.size(); ++i) {
    files.push_back(std::make_unique<NewSecretFile>(environment.files,
                                                    directory / fmt::format("share-{}", i + 1)));
    files.back()->write(recovery_sheet(share_heading(vault, arguments, i + 1), shares[i]).view());
  }
  say_outcome(session, vault.replace_recovery(current, seed, session.activity()));
  for (const auto& file : files) file->keep();
  session.terminal().say(fmt::format(
      "wrote {} to {}, any {} of which give the keys back: hand one to each trustee, then remove "
      "the files\nthe earlier sheet or shares are void",
      count_of(arguments.of, "share"), escape(arguments.directory), arguments.need));
  return ExitCode::ok;
}

// A new vault, where nothing is left of the old one.
ExitCode rebuild(Session& session, const RestoreArguments& arguments) {
  RebuildOptions options;
  options.directory = session.options().vault;
  if (options.directory.empty()) {
    throw Error(ErrorCode::usage, "no directory is given for the vault",
                "name a new one with --vault DIR");
  }
  options.device = arguments.device;
  for (const std::string& text : arguments.texts) {
    options.texts.push_back(read_exchange_text(text));
  }
  const RecoverySeed seed = read_recovery_seed(session, arguments.share_files);
  std::optional<NewSecretFile> made;
  make_key_file(session, arguments.fresh.key_file, made);
  const Credential fresh = read_new_credential(session, arguments.fresh);
  if (fresh.kind() == CredentialKind::passphrase) options.argon2id_cost = passphrase_cost();
  const RebuiltVault rebuilt = rebuild_vault(options, seed, fresh, session.environment());
  if (made) made->keep();
  session.terminal().say(fmt::format("made vault {} for {}, device {}\nit reads: {}",
                                     rebuilt.vault.hex(), escape(rebuilt.member), rebuilt.device,
                                     fmt::join(rebuilt.granted, ", ")));
  for (const std::string& collection : rebuilt.not_granted) {
    session.terminal().warn("warning: " + collection + ": only a custodian can grant it");
  }
  for (const std::string& line : rebuilt.damage) session.terminal().warn("warning: " + line);
  session.terminal().say(
      "the text tells your partners of the new device; the lost one is cut off by 'muniment "
      "revoke'");
  write_exchange_text(session, rebuilt.text, arguments.out,
                      {{"vault", rebuilt.vault.hex()},
                       {"member", rebuilt.member},
                       {"device", rebuilt.device},
                       {"granted", rebuilt.granted},
                       {"not_granted", rebuilt.not_granted},
                       {"damage", rebuilt.damage}});
  if (!rebuilt.damage.empty()) return ExitCode::damaged;
  return rebuilt.not_granted.empty() ? ExitCode::ok : ExitCode::partly;
}

ExitCode restore(Session& session, const RestoreArguments& arguments) {
  if (!arguments.texts.empty()) return rebuild(session, arguments);
  Vault vault = session.open();
  const RecoverySeed seed = read_recovery_seed(session, arguments.share_files);
  std::optional<NewSecretFile> made;
  make_key_file(session, arguments.fresh.key_file, made);
  const Credential fresh = read_new_credential(session, arguments.fresh);
  const bool asked = fresh.kind() == CredentialKind::passphrase;
  vault.recover(seed, fresh, asked ? passphrase_cost() : Argon2idCost{}, session.activity());
  if (made) made->keep();
  if (session.options().json) session.terminal().write_line(to_line({{"ok", true}}));
  session.terminal().say("the new key opens the vault; the ledger tells your partners of it");
  return ExitCode::ok;
}

}  // namespace

void add_key_recovery(CLI::App& group, CommandLine& line) {
  CLI::App* recovery =
      declare(group, "recovery", "What gives the keys back if a passphrase is lost",
              "  muniment key recovery new\n"
              "  muniment key recovery split --need 3 --of 5 --to shares\n"
              "  muniment key recovery restore");
  recovery->require_subcommand(1);

  CLI::App* new_command = declare(*recovery, "new", "Make another sheet; the earlier one is void",
                                  "  muniment key recovery new");
  auto made = std::make_shared<NewArguments>();
  new_command
      ->add_option("--recovery-file", made->recovery_file,
                   "Write the words to this new file instead of the terminal")
      ->type_name("FILE");
  when_chosen(new_command, line, made, make_new);

  CLI::App* split_command =
      declare(*recovery, "split", "Make shares for trustees instead of a sheet",
              "  muniment key recovery split --need 3 --of 5 --to shares");
  auto shares = std::make_shared<SplitArguments>();
  split_command->add_option("--need", shares->need, "How many shares give the keys back, 2 or more")
      ->required()
      ->type_name("COUNT");
  split_command->add_option("--of", shares->of, "How many shares there are, up to 16")
      ->required()
      ->type_name("COUNT");
  split_command->add_option("--to", shares->directory, "A new directory for them, a file each")
      ->required()
      ->type_name("DIR");
  when_chosen(split_command, line, shares, split);

  CLI::App* restore_command =
      declare(*recovery, "restore", "Set a new passphrase with the sheet or with enough shares",
              "  muniment key recovery restore                    asks for the words\n"
              "  muniment key recovery restore --from text-of-bbc --vault ~/vault   the device is "
              "lost\n"
              "  muniment key recovery restore --share-file share-1 --share-file share-4");
  auto restored = std::make_shared<RestoreArguments>();
  restore_command
      ->add_option("--share-file", restored->share_files, "A file with the words of one share")
      ->type_name("FILE");
  add_new_credential(restore_command, restored->fresh);
  restore_command
      ->add_option("--from", restored->texts,
                   "Make a new vault, from what partners print with 'muniment text'")
      ->type_name("FILE");
  restore_command->add_option("--device", restored->device, "The new device's name, with --from")
      ->type_name("NAME");
  add_text_out(restore_command, restored->out);
  when_chosen(restore_command, line, restored, restore);
}

}  // namespace muniment
