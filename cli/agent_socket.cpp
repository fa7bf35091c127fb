#include "cli/agent_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstdlib>

namespace muniment {

namespace {

// Both ends are programs on this machine.
constexpr time_t answer_seconds = 5;
constexpr int waiting_max = 16;

std::filesystem::path folder_path() {
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
    return std::filesystem::path(runtime) / "muniment";
  }
  std::error_code none;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(none);
  return (none ? "/tmp" : temporary) / ("muniment-" + std::to_string(::geteuid()));
}

// A folder of that name could be somebody else's, or a link to somewhere.
bool is_private(const std::filesystem::path& folder) {
  struct stat facts{};
  return ::lstat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) &&
         facts.st_uid == ::geteuid() && (facts.st_mode & 077U) == 0;
}

std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path) return std::nullopt;
  std::ranges::copy(text, address.sun_path);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

bool is_this_user(const Descriptor& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

void limit_waiting(const Descriptor& socket) {
  const timeval limit{answer_seconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

// Where a socket is made before it takes its place; each process has its own.
std::filesystem::path fresh_path(const std::filesystem::path& path) {
  return path.native() + "." + std::to_string(::getpid());
}

// Between looking whose socket a file is and acting on it, nobody else may replace it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder) noexcept
      : x_folder(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (x_folder && ::flock(x_folder.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  FolderLock(FolderLock&&) = delete;

 private:
  Descriptor x_folder;
};

Descriptor make_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

}  // namespace

std::optional<std::filesystem::path> AgentSocket::find_path(const VaultId& vault) {
  const std::filesystem::path folder = folder_path();
  ::mkdir(folder.c_str(), 0700);  // whether it worked is what is_private sees
  if (!is_private(folder)) return std::nullopt;
  std::filesystem::path path = folder / (vault.hex() + ".agent");
  if (!address_of(fresh_path(path))) return std::nullopt;
  return path;
}

// Under another name first: so the file is known to be this socket's before anybody sees it.
AgentSocket::Listener AgentSocket::listen(const std::filesystem::path& path) {
  const std::string name = escape(path.native());
  const std::filesystem::path fresh = fresh_path(path);
  const auto address = address_of(fresh);
  Listener listener{make_socket()};
  if (!address || !listener.socket) throw io_error(name, "make a socket", errno);
  ::unlink(fresh.c_str());
  const mode_t before = ::umask(0177);
  const int bound = ::bind(listener.socket.get(), generic(*address), sizeof *address);
  const int reason = errno;
  ::umask(before);
  if (bound != 0) throw io_error(name, "make a socket", reason);
  struct stat facts{};
  const FolderLock lock(path.parent_path());
  if (::lstat(fresh.c_str(), &facts) != 0 || ::listen(listener.socket.get(), waiting_max) != 0 ||
      ::rename(fresh.c_str(), path.c_str()) != 0) {
    const int failed = errno;
    ::unlink(fresh.c_str());
    throw io_error(name, "listen", failed);
  }
  listener.device = facts.st_dev;
  listener.inode = facts.st_ino;
  return listener;
}

void AgentSocket::remove(const std::filesystem::path& path, const Listener& listener) noexcept {
  const FolderLock lock(path.parent_path());
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) return;
  if (facts.st_dev == listener.device && facts.st_ino == listener.inode) ::unlink(path.c_str());
}

std::optional<Descriptor> AgentSocket::connect(const std::filesystem::path& path) {
  const auto address = address_of(path);
  Descriptor socket = make_socket();
  if (!address || !socket) return std::nullopt;
  limit_waiting(socket);
  if (::connect(socket.get(), generic(*address), sizeof *address) != 0) return std::nullopt;
  if (!is_this_user(socket)) return std::nullopt;
  return socket;
}

std::optional<Descriptor> AgentSocket::accept(const Descriptor& listener) {
  Descriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket || !is_this_user(socket)) return std::nullopt;
  limit_waiting(socket);
  return socket;
}

bool AgentSocket::send(const Descriptor& socket, ByteView message) {
  return ::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(message.size());
}

std::optional<SecretBytes> AgentSocket::receive(const Descriptor& socket, std::size_t limit) {
  SecretBytes buffer(limit + 1);
  const ssize_t size = ::recv(socket.get(), buffer.mutable_view().data(), buffer.size(), 0);
  if (size <= 0 || static_cast<std::size_t>(size) > limit) return std::nullopt;
  return SecretBytes::copy_of(buffer.view().first(static_cast<std::size_t>(size)));
}

}  // namespace muniment
