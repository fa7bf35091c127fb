#include "cli/credential.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cli/signals.hpp"
#include "vault/base/limits.hpp"

namespace muniment {

namespace {

std::optional<std::filesystem::path> path_in_environment(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

SecretBytes without_newline(const SecretBytes& text) {
  ByteView bytes = text.view();
  if (!bytes.empty() && bytes.back() == std::byte{'\n'}) bytes = bytes.first(bytes.size() - 1);
  return SecretBytes::copy_of(bytes);
}

// Keeps a terminal from showing what is typed.
class HiddenInput {
 public:
  explicit HiddenInput(int terminal) : x_terminal(terminal) {
    x_hidden = ::tcgetattr(terminal, &x_before) == 0;
    if (!x_hidden) return;
    termios quiet = x_before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ICANON | ECHONL;
    ::tcsetattr(terminal, TCSAFLUSH, &quiet);
  }
  ~HiddenInput() {
    if (x_hidden) ::tcsetattr(x_terminal, TCSAFLUSH, &x_before);
  }
  HiddenInput(HiddenInput&&) = delete;

 private:
  int x_terminal;
  bool x_hidden = false;
  termios x_before{};
};

}  // namespace

CredentialSource CredentialSource::choose(const std::string& key_file,
                                          const std::string& passphrase_file) {
  CredentialSource source;
  if (!key_file.empty()) source.key_file = key_file;
  if (!passphrase_file.empty()) source.passphrase_file = passphrase_file;
  if (!source.is_given()) {
    source.key_file = path_in_environment("MUNIMENT_KEY_FILE");
    source.passphrase_file = path_in_environment("MUNIMENT_PASSPHRASE_FILE");
  }
  if (source.key_file && source.passphrase_file) {
    throw Error(ErrorCode::usage, "both a key file and a passphrase file are given",
                "give the one that shall be used");
  }
  return source;
}

Credential read_credential(const CredentialSource& source, Terminal& terminal) {
  const std::filesystem::path& path = source.key_file ? *source.key_file : *source.passphrase_file;
  SecretFile file = read_secret_file(
      path, source.key_file ? limits::key_file_bytes_max : limits::passphrase_bytes_max + 1);
  if (file.open_to_others) {
    terminal.warn("warning: " + escape(path.native()) +
                  ": others may read this file; 'chmod 600' keeps it yours");
  }
  if (source.key_file) return Credential::key_file(std::move(file.content));
  return Credential::passphrase(without_newline(file.content));
}

std::optional<SecretTerminal> SecretTerminal::open() {
  Stream stream(std::fopen("/dev/tty", "r+e"));
  if (!stream) return std::nullopt;
  std::setvbuf(stream.get(), nullptr, _IONBF, 0);
  return SecretTerminal(std::move(stream));
}

SecretBytes SecretTerminal::ask(std::string_view question, const Activity& activity) {
  const int terminal = ::fileno(x_stream.get());
  const HiddenInput hidden(terminal);  // before the question: what is typed earlier is dropped
  show(question);
  SecretBytes line(limits::passphrase_bytes_max + 1);
  std::size_t size = 0;
  while (size == 0 || line.view()[size - 1] != std::byte{'\n'}) {
    if (size == line.size()) throw Error(ErrorCode::usage, "passphrase: longer than 4,096 bytes");
    // Never blocked in read(): a signal that comes just before it would go unheard.
    pollfd wanted{terminal, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, signal_latency_milliseconds);
    activity.check();
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(terminal, line.mutable_view().data() + size, line.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw io_error("the terminal", "read", errno);
    if (got == 0) throw Error(ErrorCode::interrupted, "no passphrase was given");
    size += static_cast<std::size_t>(got);
  }
  return SecretBytes::copy_of(line.view().first(size - 1));
}

void SecretTerminal::show(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), x_stream.get()) != text.size()) {
    throw io_error("the terminal", "write", errno);
  }
}

}  // namespace muniment
