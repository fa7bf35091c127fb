#include "cli/openssl.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "vault/anchor.hpp"
#include "vault/base/descriptor.hpp"
#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

extern char** environ;

namespace muniment {

namespace {

[[noreturn]] void fail(int error_number) {
  throw Error(ErrorCode::io,
              "the program openssl cannot be run: " + std::system_category().message(error_number),
              "install it; it checks what time stamp authorities sign");
}

// A file without a name, which goes away with its last descriptor.
Descriptor nameless_file(ByteView bytes) {
  Descriptor file(::memfd_create("muniment", MFD_CLOEXEC));
  if (file.get() < 0) fail(errno);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR) fail(errno);
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  return file;
}

std::string read_all(const Descriptor& file) {
  std::string text;
  std::array<char, 4096> block{};
  while (true) {
    const ssize_t count =
        ::pread(file.get(), block.data(), block.size(), static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

// What it said, on both streams. `exit_status` is not 0 if it failed.
std::string run(std::vector<std::string> words, std::span<const Descriptor* const> inputs,
                int& exit_status) {
  const Descriptor output = nameless_file({});
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ::posix_spawn_file_actions_adddup2(&actions, inputs[i]->get(), static_cast<int>(100 + i));
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail(errno);
  }
  exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return read_all(output);
}

// The line of openssl's error queue that says most: "…:error:17800067:…:certificate verify error:
// …:Verify error:unable to get local issuer certificate".
std::string reason_in(const std::string& output) {
  const std::size_t error = output.find(":error:");
  std::string line = output.substr(error == std::string::npos ? 0 : error + 1);
  line.resize(std::min(line.find('\n'), line.size()));
  return escape(line.substr(0, 300));
}

}  // namespace

void check_timestamp(const Sha256Digest& digest, ByteView reply, ByteView certificates) {
  const Descriptor reply_file = nameless_file(reply);
  const Descriptor root_file = nameless_file(root_certificate(certificates)->pem);
  const Descriptor certificates_file = nameless_file(certificates);
  const std::array inputs{&reply_file, &root_file, &certificates_file};
  int exit_status = 0;
  const std::string output =
      run({"openssl", "ts", "-verify", "-digest", digest.hex(), "-in", "/dev/fd/100", "-CAfile",
           "/dev/fd/101", "-untrusted", "/dev/fd/102"},
          inputs, exit_status);
  if (exit_status == 0 && output.find("Verification: OK") != std::string::npos) return;
  throw Error(ErrorCode::damaged,
              "openssl does not take it for the authority's time stamp: " + reason_in(output),
              "name the file with the certificate of the authority's root with --ca FILE");
}

}  // namespace muniment
