// The only printer. Data goes to stdout; what is said to a person goes to stderr, where a progress
// bar has the last line. Text is printed as it is given: paths must have been escaped.
#pragma once

#include <mutex>
#include <string_view>

namespace muniment {

// All members but be_quiet may be used from any thread.
class Terminal {
 public:
  // From now on no summary is said and no progress drawn; warnings and errors are still told.
  void be_quiet() noexcept { x_quiet = true; }

  // --- stdout ---

  [[nodiscard]] static bool shows_data() noexcept;
  // Error(io) if they cannot be written.
  void write(std::string_view bytes);
  void write_line(std::string_view text);
  // Hands what was written to the operating system. Error(io) if that fails.
  void flush();

  // --- stderr ---

  // Not said with --quiet. Several lines are fine.
  void say(std::string_view text);
  void warn(std::string_view text);
  void error(std::string_view message, std::string_view hint);

  [[nodiscard]] bool can_draw() const noexcept;
  // Draws `line`, cut to the window's width, over what was drawn before; an empty one only erases
  // that.
  void draw(std::string_view line);

 private:
  void print(std::string_view text);

  std::mutex x_mutex;
  bool x_quiet = false;
  bool x_drawn = false;
};

}  // namespace muniment
