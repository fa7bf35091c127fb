#include "cli/daemon_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/signals.hpp"
#include "vault/base/descriptor.hpp"
#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

extern char** environ;

namespace muniment {

namespace {

// A line that is longer is handed on in pieces.
constexpr std::size_t line_bytes_max = 65'536;

[[noreturn]] void fail(const std::string& program, int error_number) {
  throw Error(ErrorCode::io,
              escape(program) + " cannot be run: " + std::system_category().message(error_number),
              "it is installed beside muniment, or named in $PATH");
}

// Ends with this process at the latest.
class Child {
 public:
  Child(std::vector<std::string>& words, const Descriptor& output) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
    // Ctrl-C is for this program, which passes it on.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawnp(&x_process, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) fail(words.front(), error);
  }
  ~Child() {
    if (x_process == 0) return;
    end();
    static_cast<void>(wait());
  }
  Child(Child&&) = delete;

  void end() const noexcept { ::kill(x_process, SIGTERM); }
  // The exit code; empty if a signal ended it.
  std::optional<int> wait() noexcept {
    int status = 0;
    while (::waitpid(x_process, &status, 0) < 0 && errno == EINTR) {
    }
    x_process = 0;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    return std::nullopt;
  }

 private:
  pid_t x_process = 0;
};

// Hands on what is whole of `text`, and leaves the rest.
void say_lines(std::string& text, bool ended, const std::function<void(std::string_view)>& said) {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
    said(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
  if (text.size() < (ended ? 1 : line_bytes_max)) return;
  said(text);
  text.clear();
}

}  // namespace

std::filesystem::path munimentd_path() {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto beside = own.parent_path() / "munimentd";
    if (::access(beside.c_str(), X_OK) == 0) return beside;
  }
  return "munimentd";
}

int run_munimentd(std::vector<std::string> arguments, const Activity& activity,
                  const std::function<void(std::string_view)>& said) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("munimentd", errno);
  const Descriptor input(ends[0]);
  Descriptor output(ends[1]);
  arguments.insert(arguments.begin(), munimentd_path().native());
  Child child(arguments, output);
  static_cast<void>(output.close());
  std::string text;
  std::array<char, 4096> block{};
  bool told = false;
  while (true) {
    if (activity.stop_requested() && !std::exchange(told, true)) child.end();
    pollfd wanted{input.get(), POLLIN, 0};
    if (::poll(&wanted, 1, signal_latency_milliseconds) <= 0) continue;
    const ssize_t count = ::read(input.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
    say_lines(text, false, said);
  }
  say_lines(text, true, said);
  const std::optional<int> code = child.wait();
  if (!code)
    throw Error(ErrorCode::io, "munimentd was killed", "run it again: it goes on from there");
  return *code;
}

}  // namespace muniment
