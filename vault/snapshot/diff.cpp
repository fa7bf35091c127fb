#include "vault/snapshot/diff.hpp"

#include <atomic>

#include "vault/base/queue.hpp"
#include "vault/snapshot/stages.hpp"

namespace muniment {

namespace {

struct Placed {
  std::string path;  // relative to the root that is compared
  Entry entry;
};

std::string relative_to(std::string_view root, const Entry& entry) {
  if (root.empty()) return entry.path;
  if (entry.path.size() <= root.size()) return "";
  return entry.path.substr(root.size() + 1);
}

bool same_content(const Entry& a, const Entry& b) {
  return a.kind == b.kind && a.link_target == b.link_target && a.size == b.size &&
         a.sha256 == b.sha256;
}

bool same_metadata(const Entry& a, const Entry& b) {
  return a.executable == b.executable && a.time == b.time;
}

// A snapshot's entries as another thread reads them.
class Side {
 public:
  void feed(const Reader& reader, std::string_view root) {
    reader.visit(
        root, [&](const Entry& entry) { return x_queue.push({relative_to(root, entry), entry}); });
    x_whole = true;
    x_queue.close();
  }

  // Moves to the next entry. False if the other thread failed: what is missing then was not
  // removed.
  bool advance() {
    x_front = x_queue.pop();
    return x_front || x_whole;
  }

  [[nodiscard]] const std::optional<Placed>& front() const noexcept { return x_front; }
  void cancel() { x_queue.cancel(); }

 private:
  BoundedQueue<Placed> x_queue{1024};
  std::atomic<bool> x_whole{false};
  std::optional<Placed> x_front;
};

// Both sides come in path order, so one look at the two fronts decides.
void compare(const std::optional<Placed>& before, const std::optional<Placed>& after,
             const DiffVisitor& visitor) {
  if (!after) {
    visitor({Change::removed, before->path, &before->entry, nullptr});
  } else if (!before) {
    visitor({Change::added, after->path, nullptr, &after->entry});
  } else if (!same_content(before->entry, after->entry)) {
    visitor({Change::content, before->path, &before->entry, &after->entry});
  } else if (!same_metadata(before->entry, after->entry)) {
    visitor({Change::metadata, before->path, &before->entry, &after->entry});
  }
}

}  // namespace

void diff(Reader& before, std::string_view before_path, Reader& after, std::string_view after_path,
          const DiffVisitor& visitor, Activity& activity) {
  Side a;
  Side b;
  Stages stages([&] {
    a.cancel();
    b.cancel();
  });
  stages.start([&] { a.feed(before, before_path); });
  stages.start([&] { b.feed(after, after_path); });
  stages.run([&] {
    bool whole = a.advance() && b.advance();
    while (whole && (a.front() || b.front())) {
      activity.check();
      const bool take_a = a.front() && (!b.front() || a.front()->path <= b.front()->path);
      const bool take_b = b.front() && (!a.front() || b.front()->path <= a.front()->path);
      compare(take_a ? a.front() : std::nullopt, take_b ? b.front() : std::nullopt, visitor);
      if (take_a) whole = a.advance();
      if (take_b) whole = b.advance() && whole;
    }
  });
  stages.join();
}

}  // namespace muniment
