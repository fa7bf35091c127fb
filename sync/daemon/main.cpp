// munimentd: replicates a vault with its partners until it is told to stop.
#include <malloc.h>

#include <csignal>
#include <cstdio>

#include "sync/daemon/daemon.hpp"
#include "vault/base/core_files.hpp"
#include "vault/base/text.hpp"

namespace muniment::sync {

namespace {

// Frames and runs of shards come and go by the thousand: what one leaves is the next one's, instead
// of being given back to the system and cleared anew, which cost a third of a sender's time.
void keep_memory() {
  constexpr int kept_bytes = 32 << 20;
  mallopt(M_MMAP_THRESHOLD, kept_bytes);
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
}

constexpr const char* help =
    "munimentd --config FILE | --vault DIR --key-file FILE [--listen ADDRESS:PORT]...\n"
    "          [--peer 'DEVICE HOST:PORT NAME']... [--proxy ADDRESS:PORT] ... [--once]\n"
    "\n"
    "Brings a vault and those of its partners up to date, until SIGTERM or SIGINT. It can read no\n"
    "document and no name. munimentd.conf documents every option; they are the same in FILE and\n"
    "here. Peers are also those that 'muniment peer add' named.\n"
    "\n"
    "With --once it listens nowhere, dials every peer, and ends when nothing more is to be had: "
    "with\n"
    "0 if all were reached and nothing is missing, else with 3.\n"
    "\n"
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 partly done, 10 no vault, 11 busy, 12 wrong key,\n"
    "13 damage, 130 interrupted\n";

// As the command line's: DESIGN §8.
constexpr int exit_ok = 0;
constexpr int exit_partly = 3;
constexpr int exit_interrupted = 130;

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return 2;
    case ErrorCode::no_vault:
      return 10;
    case ErrorCode::busy:
      return 11;
    case ErrorCode::wrong_key:
      return 12;
    case ErrorCode::damaged:
      return 13;
    default:
      return 1;
  }
}

DaemonConfig config_from(std::span<char*> arguments, FileSystem& files) {
  DaemonConfig config;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view option = arguments[i];
    if (option == "--once") {
      config.once = true;
      --i;  // it has no value
      continue;
    }
    if (!option.starts_with("--") || i + 1 == arguments.size()) {
      throw Error(ErrorCode::usage, escape(option) + ": not an option with a value",
                  "'munimentd --help' lists them");
    }
    const std::string_view value = arguments[i + 1];
    if (option != "--config") {
      set_option(config, option.substr(2), value);
      continue;
    }
    const auto text = read_file(files, value, config_bytes_max);
    if (!text) throw Error(ErrorCode::usage, escape(value) + ": there is no such file");
    read_config(config, as_text(*text), escape(value));
  }
  if (!config.vault.empty()) add_peers_of_vault(config, files);
  require_complete(config);
  return config;
}

// Waits in this thread alone: all others have signals blocked.
class Signals {
 public:
  Signals() {
    sigemptyset(&x_ends);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&x_ends, signal);
    pthread_sigmask(SIG_BLOCK, &x_ends, nullptr);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
  }
  // True if the program is to end.
  [[nodiscard]] bool wait(std::chrono::milliseconds time) const {
    const timespec limit{time.count() / 1000, time.count() % 1000 * 1'000'000};
    return sigtimedwait(&x_ends, nullptr, &limit) > 0;
  }

 private:
  sigset_t x_ends{};
};

// How it ended, as an exit code.
int run(std::span<char*> arguments, Log& log, const Clock& clock) {
  const Signals signals;
  const auto files = posix_file_system();
  SystemRandom random;
  const DaemonConfig config = config_from(arguments, *files);
  Daemon daemon(config, {*files, clock, random}, log);
  bool told = false;
  while (!told && daemon.verdict() == Errand::Verdict::going) told = signals.wait(daemon.step());
  log.info("stopping");
  daemon.stop();
  if (config.once) log.info(daemon.summary());
  log.info("stopped");
  if (!config.once) return exit_ok;
  if (told) return exit_interrupted;
  return daemon.verdict() == Errand::Verdict::complete ? exit_ok : exit_partly;
}

}  // namespace

}  // namespace muniment::sync

int main(int argc, char** argv) {
  using namespace muniment;
  forbid_core_files();
  sync::keep_memory();
  const std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
  if (arguments.size() == 1 && std::string_view(arguments[0]) == "--help") {
    std::fputs(sync::help, stdout);
    return 0;
  }
  if (arguments.size() == 1 && std::string_view(arguments[0]) == "--version") {
    std::puts("munimentd " MUNIMENT_VERSION);
    return 0;
  }
  const SystemClock clock;
  sync::Log log(2, clock);
  try {
    return sync::run(arguments, log, clock);
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : "\n  " + error.hint();
    std::fprintf(stderr, "munimentd: error: %s%s\n", error.what(), hint.c_str());
    return sync::exit_code(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "munimentd: error: %s\n", escape(error.what()).c_str());
    return 1;
  }
}
