#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"

namespace muniment {

namespace {

// What a passphrase costs to try: as long as a person likes to wait, over memory that a laptop can
// spare.
constexpr unsigned argon2id_milliseconds = 1000;
constexpr std::uint64_t argon2id_memory_bytes = 256ULL << 20U;

constexpr std::size_t key_file_random_bytes = 32;
constexpr std::size_t recovery_columns = 3;

struct InitArguments {
  std::string directory;
  std::string member;
  std::string device;
  std::string recovery_file;
};

// A new file for a secret, 0600, which goes away again unless it is kept.
class NewSecretFile {
 public:
  // Error(exists) if there is one of this name.
  NewSecretFile(FileSystem& files, std::filesystem::path path)
      : x_files(files), x_path(std::move(path)), x_file(files.create(x_path)) {}
  ~NewSecretFile() {
    if (x_kept) return;
    std::error_code ignored;
    std::filesystem::remove(x_path, ignored);
  }
  NewSecretFile(NewSecretFile&&) = delete;

  void write(ByteView content) {
    x_file->write_at(0, content);
    x_file->sync();
    x_files.sync_directory(std::filesystem::absolute(x_path).parent_path());
  }
  void keep() noexcept { x_kept = true; }

 private:
  FileSystem& x_files;
  std::filesystem::path x_path;
  std::unique_ptr<File> x_file;
  bool x_kept = false;
};

// Random bytes in hexadecimal, which survives being copied as text.
SecretBytes key_file_content(Random& random) {
  SecretBytes bytes(key_file_random_bytes);
  random.fill(bytes.mutable_view());
  std::string text = to_hex(bytes.view()) + "\n";
  SecretBytes content = SecretBytes::copy_of(as_bytes(text));
  wipe(std::as_writable_bytes(std::span(text)));
  return content;
}

// The recovery words in numbered columns, to be copied by hand or printed.
SecretBytes recovery_sheet(const InitResult& result) {
  std::vector<std::string_view> words;
  std::string_view rest = as_text(result.recovery_words.view());
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    words.push_back(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  std::string sheet =
      "Muniment recovery sheet\nvault " + result.vault.hex() +
      "\n\nThese words open the vault if the passphrase is lost. They are shown once: write them\n"
      "down or print them, keep them apart from the vault, and show them to nobody.\n\n";
  sheet.reserve(4096);  // so that no copy of the words is left behind by growing
  const std::size_t rows = (words.size() + recovery_columns - 1) / recovery_columns;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = row; i < words.size(); i += rows) {
      fmt::format_to(std::back_inserter(sheet), "  {:2}  {:<14}", i + 1, words[i]);
    }
    sheet += '\n';
  }
  SecretBytes content = SecretBytes::copy_of(as_bytes(sheet));
  wipe(std::as_writable_bytes(std::span(sheet)));
  return content;
}

Credential ask_new_passphrase(SecretTerminal& terminal, const Activity& activity) {
  SecretBytes first = terminal.ask("New passphrase: ", activity);
  if (first.size() == 0) throw Error(ErrorCode::usage, "passphrase: it is empty");
  const SecretBytes second = terminal.ask("The same again: ", activity);
  if (first.size() != second.size() || !equal_constant_time(first.view(), second.view())) {
    throw Error(ErrorCode::usage, "passphrase: the two are not the same", "try again");
  }
  return Credential::passphrase(std::move(first));
}

ExitCode finish(Session& session, const InitArguments& arguments, const InitResult& result,
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
  return ExitCode::ok;
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
  return finish(session, arguments, result, "the key file");
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
  options.argon2id_cost = measure_argon2id(argon2id_milliseconds, argon2id_memory_bytes);
  const InitResult result = Vault::init(options, credential, environment);

  const SecretBytes sheet = recovery_sheet(result);
  if (sheet_file) {
    sheet_file->write(sheet.view());
    sheet_file->keep();
    session.terminal().say("wrote the recovery words to " + escape(arguments.recovery_file) +
                           ": print them, then remove the file");
  } else {
    terminal->show("\n");
    terminal->show(as_text(sheet.view()));
    terminal->show("\n");
  }
  return finish(session, arguments, result, "the passphrase or the recovery words");
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
