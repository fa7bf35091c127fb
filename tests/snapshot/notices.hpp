// An Activity that remembers what was said to it.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "vault/base/activity.hpp"

namespace muniment::test {

class Notices final : public Activity {
 public:
  void notice(const std::string& text) override {
    const std::lock_guard lock(x_mutex);
    x_texts.push_back(text);
  }

  [[nodiscard]] std::vector<std::string> texts() const {
    const std::lock_guard lock(x_mutex);
    return x_texts;
  }

  // How many of them have `part` in them.
  [[nodiscard]] std::size_t count(std::string_view part) const {
    const std::lock_guard lock(x_mutex);
    return static_cast<std::size_t>(std::ranges::count_if(
        x_texts, [&](const std::string& text) { return text.find(part) != text.npos; }));
  }

 private:
  mutable std::mutex x_mutex;
  std::vector<std::string> x_texts;
};

}  // namespace muniment::test
