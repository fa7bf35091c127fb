#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "vault/base/error.hpp"

namespace muniment {

namespace {

constexpr std::size_t columns_if_unknown = 80;
constexpr std::string_view erase_line = "\r\x1b[K";

void put(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

std::size_t window_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : columns_if_unknown;
}

}  // namespace

bool Terminal::shows_data() noexcept {
  return ::isatty(STDOUT_FILENO) == 1;
}

void Terminal::write(std::string_view bytes) {
  const std::lock_guard lock(x_mutex);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    throw io_error("standard output", "write", errno);
  }
}

void Terminal::write_line(std::string_view text) {
  write(text);
  write("\n");
}

void Terminal::flush() {
  const std::lock_guard lock(x_mutex);
  if (std::fflush(stdout) != 0) throw io_error("standard output", "write", errno);
}

void Terminal::say(std::string_view text) {
  if (!x_quiet) print(text);
}

void Terminal::warn(std::string_view text) {
  print("muniment: " + std::string(text));
}

void Terminal::error(std::string_view message, std::string_view hint) {
  std::string text = "muniment: error: " + std::string(message);
  if (!hint.empty()) text += "\nmuniment: hint: " + std::string(hint);
  print(text);
}

void Terminal::print(std::string_view text) {
  const std::lock_guard lock(x_mutex);
  std::string line(x_drawn ? erase_line : "");
  x_drawn = false;
  line.append(text).push_back('\n');
  put(stderr, line);
}

bool Terminal::can_draw() const noexcept {
  return !x_quiet && ::isatty(STDERR_FILENO) == 1;
}

void Terminal::draw(std::string_view line) {
  const std::lock_guard lock(x_mutex);
  if (line.empty() && !x_drawn) return;
  // What is drawn is ASCII, so that bytes are columns. A full last column would wrap on some
  // terminals.
  put(stderr, std::string(erase_line) + std::string(line.substr(0, window_columns() - 1)));
  x_drawn = !line.empty();
}

}  // namespace muniment
