#include "cli/new_secret.hpp"

#include <fmt/format.h>

#include <array>

namespace muniment {

namespace {

// What a passphrase costs to try: as long as a person likes to wait.
constexpr unsigned argon2id_milliseconds = 1000;
constexpr std::uint64_t argon2id_memory_bytes = 256ULL << 20U;

constexpr std::size_t key_file_random_bytes = 32;
constexpr std::size_t recovery_columns = 3;
constexpr int tries_max = 3;

std::vector<std::string_view> split_words(const SecretBytes& text) {
  std::vector<std::string_view> words;
  std::string_view rest = as_text(text.view());
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    words.push_back(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  return words;
}

// Two different ones, in ascending order.
std::array<std::size_t, 2> draw_two(std::size_t count, Random& random) {
  using Draw = FixedBytes<struct WordDrawTag, 8>;
  const std::size_t first = random.fixed<Draw>().prefix() % count;
  const std::size_t step = 1 + random.fixed<Draw>().prefix() % (count - 1);
  const std::size_t second = (first + step) % count;
  return {std::min(first, second), std::max(first, second)};
}

bool is_word(const SecretBytes& typed, std::string_view word) {
  std::string_view text = as_text(typed.view());
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::ranges::equal(text, word, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

NewSecretFile::NewSecretFile(FileSystem& files, std::filesystem::path path)
    : x_files(files), x_path(std::move(path)), x_file(files.create(x_path)) {}

NewSecretFile::~NewSecretFile() {
  if (x_kept) return;
  std::error_code ignored;
  std::filesystem::remove(x_path, ignored);
}

void NewSecretFile::write(ByteView content) {
  x_file->write_at(0, content);
  x_file->sync();
  x_files.sync_directory(std::filesystem::absolute(x_path).parent_path());
}

SecretBytes key_file_content(Random& random) {
  SecretBytes bytes(key_file_random_bytes);
  random.fill(bytes.mutable_view());
  std::string text = to_hex(bytes.view()) + "\n";
  SecretBytes content = SecretBytes::copy_of(as_bytes(text));
  wipe(std::as_writable_bytes(std::span(text)));
  return content;
}

Argon2idCost passphrase_cost() {
  return measure_argon2id(argon2id_milliseconds, argon2id_memory_bytes);
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

void add_new_credential(CLI::App* command, NewCredential& target) {
  CLI::Option* passphrase = command->add_option("--new-passphrase-file", target.passphrase_file,
                                                "Take the new passphrase from this file");
  passphrase->type_name("FILE");
  command
      ->add_option("--new-key-file", target.key_file,
                   "Take this key file instead of a passphrase; it is made if absent")
      ->type_name("FILE")
      ->excludes(passphrase);
}

void make_key_file(Session& session, const std::string& path, std::optional<NewSecretFile>& made) {
  if (path.empty() || std::filesystem::exists(std::filesystem::symlink_status(path))) return;
  Environment environment = session.environment();
  made.emplace(environment.files, path);
  made->write(key_file_content(environment.random).view());
}

Credential read_new_credential(Session& session, const NewCredential& wanted) {
  CredentialSource source;
  if (!wanted.key_file.empty()) source.key_file = wanted.key_file;
  if (!wanted.passphrase_file.empty()) source.passphrase_file = wanted.passphrase_file;
  if (source.is_given()) return read_credential(source, session.terminal());
  std::optional<SecretTerminal> terminal = SecretTerminal::open();
  if (!terminal) {
    throw Error(ErrorCode::usage, "there is no terminal to ask for a new passphrase on",
                "give one with --new-passphrase-file FILE");
  }
  return ask_new_passphrase(*terminal, session.activity());
}

SecretBytes recovery_sheet(std::string_view heading, const SecretBytes& words_text) {
  const std::vector<std::string_view> words = split_words(words_text);
  std::string sheet(heading);
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

bool show_recovery_sheet(SecretTerminal& terminal, std::string_view heading,
                         const SecretBytes& words_text, Random& random, const Activity& activity) {
  terminal.show("\n");
  terminal.show(as_text(recovery_sheet(heading, words_text).view()));
  terminal.show("\nTwo of the words, to see that the sheet is right.\n");
  const std::vector<std::string_view> words = split_words(words_text);
  for (int i = 0; i < tries_max; ++i) {
    bool right = true;
    for (const std::size_t index : draw_two(words.size(), random)) {
      const SecretBytes typed = terminal.ask(fmt::format("Word {}: ", index + 1), activity);
      right = is_word(typed, words[index]) && right;
    }
    if (right) return true;
    terminal.show("That is not what stands there.\n");
  }
  return false;
}

}  // namespace muniment
