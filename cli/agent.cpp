#include "cli/agent.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <array>
#include <csignal>

#include "cli/agent_client.hpp"
#include "cli/agent_message.hpp"
#include "cli/agent_socket.hpp"

namespace muniment {

namespace {

// Nobody gets at the memory of this process: no core file, no debugger, no swap where the system
// allows it.
void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::mlockall(MCL_CURRENT | MCL_FUTURE);
}

// Leaves the terminal and, where that works, the folder that it was started in.
void detach() {
  ::setsid();
  std::error_code ignored;
  std::filesystem::current_path("/", ignored);
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int stream = 0; stream <= 2; ++stream) ::dup2(nothing.get(), stream);
}

Descriptor end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return Descriptor(::signalfd(-1, &signals, SFD_CLOEXEC));
}

// Both have to work: without them the keys would stay for ever.
struct Ends {
  Descriptor timer;
  Descriptor signals;

  [[nodiscard]] static std::optional<Ends> after(std::chrono::seconds lifetime) {
    Ends ends{Descriptor(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC)), end_signals()};
    itimerspec when{};
    when.it_value.tv_sec = lifetime.count();
    const bool set = ends.timer && ::timerfd_settime(ends.timer.get(), 0, &when, nullptr) == 0;
    if (!set || !ends.signals) return std::nullopt;
    return ends;
  }
};

class Agent {
 public:
  Agent(const VaultId& vault, const DeviceKeys& keys, Ends ends)
      : x_vault(vault), x_ends(std::move(ends)) {
    // Copies, since what the parent had locked is not locked here.
    x_keys.emplace(DeviceKeys{*decode_keys<ServiceKeys>(encode_keys(keys.service).view()),
                              *decode_keys<ReadingKeys>(encode_keys(keys.reading).view())});
  }

  // Until the time is over, a signal comes or somebody asks for the end.
  void run(const Descriptor& listener) {
    while (true) {
      std::array<pollfd, 3> wanted{{{listener.get(), POLLIN, 0},
                                    {x_ends.timer.get(), POLLIN, 0},
                                    {x_ends.signals.get(), POLLIN, 0}}};
      if (::poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR) return;
      if (wanted[1].revents != 0 || wanted[2].revents != 0) return;
      if (wanted[0].revents != 0 && !serve(listener)) return;
    }
  }

 private:
  // False if it was asked to end.
  bool serve(const Descriptor& listener) {
    const std::optional<Descriptor> client = AgentSocket::accept(listener);
    if (!client) return true;
    const auto bytes = AgentSocket::receive(*client, agent_request_bytes);
    const auto request = bytes ? decode_agent_request(bytes->view()) : std::nullopt;
    AgentReply reply;
    if (!request || request->vault != x_vault) {
      reply.outcome = AgentOutcome::refused;
    } else if (request->kind == AgentRequestKind::lock) {
      x_keys.reset();
    } else {
      reply.left = seconds_left();
      reply.keys.swap(x_keys);
    }
    static_cast<void>(AgentSocket::send(*client, encode(reply).view()));
    if (reply.keys) x_keys.swap(reply.keys);
    return x_keys.has_value();
  }

  [[nodiscard]] std::chrono::seconds seconds_left() const {
    itimerspec left{};
    ::timerfd_gettime(x_ends.timer.get(), &left);
    return std::chrono::seconds(left.it_value.tv_sec);
  }

  VaultId x_vault;
  std::optional<DeviceKeys> x_keys;
  Ends x_ends;
};

}  // namespace

void start_agent(const VaultId& vault, DeviceKeys keys, std::chrono::seconds lifetime) {
  const auto path = AgentSocket::find_path(vault);
  if (!path) {
    throw Error(ErrorCode::io, "no folder for the agent's socket that is yours alone",
                "set XDG_RUNTIME_DIR to a folder of yours with mode 0700");
  }
  end_agent(vault);
  const AgentSocket::Listener listener = AgentSocket::listen(*path);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw io_error("the agent", "start", errno);
  const Descriptor ready(ends[0]);
  Descriptor say_ready(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw io_error("the agent", "start", errno);
  if (child > 0) {
    // Until it has left the terminal, whose closing would end it.
    static_cast<void>(say_ready.close());
    char byte = 0;
    while (::read(ready.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    if (byte != 0) return;
    throw Error(ErrorCode::io, "the agent ended as soon as it was started");
  }
  protect_memory();
  detach();
  auto agent_ends = Ends::after(lifetime);
  if (!agent_ends) {
    AgentSocket::remove(*path, listener);
    ::_exit(1);
  }
  constexpr char yes = 1;
  static_cast<void>(::write(say_ready.get(), &yes, 1) == 1);
  static_cast<void>(say_ready.close());
  {
    std::optional<DeviceKeys> inherited(std::move(keys));
    Agent agent(vault, *inherited, std::move(*agent_ends));
    inherited.reset();
    agent.run(listener.socket);
  }
  AgentSocket::remove(*path, listener);
  // Not exit: what the parent has yet to write to its streams is the parent's.
  ::_exit(0);
}

}  // namespace muniment
