#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/new_secret.hpp"

namespace muniment {

namespace {

struct InitArguments {
  std::string directory;
  std::string member;
  std::string device;
  std::string recovery_file;
};

std::string sheet_heading(const InitResult& result) {
  return "Muniment recovery sheet\nvault " + result.vault.hex() +
         "\n\nThese words open the vault if the passphrase is lost. They are shown once: write "
         "them\ndown or print them, keep them apart from the vault, and show them to nobody.\n\n";
}

void finish(Session& session, const InitArguments& arguments, const InitResult& result,
            std::string_view opened_by) {
  if (session.options().json) {
    Json object{{"vault", result.vault.hex()}};
    put_bytes(object, "directory", std::filesystem::absolute(arguments.directory).native());
    object["member"] = result.member;
    object["device"] = result.device;
    session.terminal().write_line(to_line(object));
  }
  session.terminal().say(fmt::format("made vault {} in {}\nmember {}, device {}; opened by {}",
                                     result.vault.hex(), escape(arguments.directory), result.member,
                                     result.device, opened_by));
}

ExitCode init_with_key_file(Session& session, const InitArguments& arguments,
                            const CredentialSource& source, InitOptions options) {
  const std::filesystem::path& path = *source.key_file;
  Environment environment = session.environment();
  std::optional<NewSecretFile> made;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path))) {
    made.emplace(environment.files, path);
    made->write(key_file_content(environment.random).view());
  }
  const InitResult result =
      Vault::init(options, read_credential(source, session.terminal()), environment);
  if (made) {
    made->keep();
    session.terminal().say("made key file " + escape(path.native()) +
                           ": keep it safe and apart from the vault; without it nothing opens");
  }
  finish(session, arguments, result, "the key file");
  return ExitCode::ok;
}

ExitCode init_with_passphrase(Session& session, const InitArguments& arguments,
                              const CredentialSource& source, InitOptions options) {
  Environment environment = session.environment();
  std::optional<SecretTerminal> terminal = SecretTerminal::open();
  if (!terminal && !source.is_given()) {
    throw Error(ErrorCode::usage, "there is no terminal to ask for a passphrase on",
                "give one with --passphrase-file FILE, or a key file with --key-file FILE");
  }
  if (!terminal && arguments.recovery_file.empty()) {
    throw Error(ErrorCode::usage, "there is no terminal to show the recovery words on",
                "name a new file for them with --recovery-file FILE");
  }
  std::optional<NewSecretFile> sheet_file;
  if (!arguments.recovery_file.empty()) {
    sheet_file.emplace(environment.files, arguments.recovery_file);
  }
  const Credential credential = source.is_given()
                                    ? read_credential(source, session.terminal())
                                    : ask_new_passphrase(*terminal, session.activity());
  options.argon2id_cost = passphrase_cost();
  const InitResult result = Vault::init(options, credential, environment);

  bool confirmed = true;
  if (sheet_file) {
    sheet_file->write(recovery_sheet(sheet_heading(result), result.recovery_words).view());
    sheet_file->keep();
    session.terminal().say("wrote the recovery words to " + escape(arguments.recovery_file) +
                           ": print them, then remove the file");
  } else {
    confirmed = show_recovery_sheet(*terminal, sheet_heading(result), result.recovery_words,
                                    environment.random, session.activity());
  }
  finish(session, arguments, result, "the passphrase or the recovery words");
  if (!confirmed) {
    session.terminal().warn(
        "warning: the recovery sheet was not confirmed; 'muniment key recovery new' makes another");
  }
  return confirmed ? ExitCode::ok : ExitCode::partly;
}

ExitCode init(Session& session, const InitArguments& arguments) {
  const CredentialSource source = session.credential_source();
  const InitOptions options{arguments.directory, arguments.member, arguments.device, {}};
  if (source.key_file && !arguments.recovery_file.empty()) {
    throw Error(ErrorCode::usage, "a vault that a key file opens has no recovery words",
                "leave out --recovery-file, and keep a copy of the key file");
  }
  return source.key_file ? init_with_key_file(session, arguments, source, options)
                         : init_with_passphrase(session, arguments, source, options);
}

}  // namespace

void add_init(CommandLine& line) {
  CLI::App* command = declare(line.app, "init", "Make a vault",
                              "  muniment init ~/vault                            asks for a "
                              "passphrase, shows recovery words\n"
                              "  muniment init /srv/vault --key-file ~/vault.key  asks nothing; "
                              "makes the key file if absent");
  auto arguments = std::make_shared<InitArguments>();
  command->add_option("directory", arguments->directory, "Absent or empty")
      ->required()
      ->type_name("DIR");
  command->add_option("--member", arguments->member, "Your organisation's name (default: made up)")
      ->type_name("NAME");
  command->add_option("--device", arguments->device, "This machine's name (default: made up)")
      ->type_name("NAME");
  command
      ->add_option("--recovery-file", arguments->recovery_file,
                   "Write the recovery words to this new file instead of the terminal")
      ->type_name("FILE");
  when_chosen(command, line, arguments, init);
}

}  // namespace muniment
