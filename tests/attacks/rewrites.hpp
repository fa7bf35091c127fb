// What can be done to the entries of a log, of whichever kind, by who can write its files: with
// checksums that fit, under the checkpoint that was there or one that is signed anew.
//
// A Target is such a log. It has `entries`, `made_up` (one that was never written), `rewrite` and
// `rewrite_signed`, `shown`, and `third`, the index of the entry that is tampered with.
#pragma once

#include "tests/attacks/attack.hpp"

namespace muniment::test {

using Entries = std::vector<std::string>;

template <class Target>
using Rewrite = void(Target& target, Entries& entries);

template <class Target>
void edit(Target& target, Entries& entries) {
  entries[Target::third] = target.made_up();
}
template <class Target>
void remove(Target&, Entries& entries) {
  entries.erase(entries.begin() + Target::third);
}
template <class Target>
void insert(Target& target, Entries& entries) {
  entries.insert(entries.begin() + Target::third, target.made_up());
}
template <class Target>
void reorder(Target&, Entries& entries) {
  std::swap(entries[Target::third], entries[Target::third + 1]);
}
template <class Target>
void duplicate(Target&, Entries& entries) {
  entries.push_back(entries[Target::third]);
}

template <class Target, Rewrite<Target>* rewrite>
Shown rewritten() {
  Target target;
  Entries entries = target.entries();
  rewrite(target, entries);
  target.rewrite(entries);
  return target.shown();
}
template <class Target, Rewrite<Target>* rewrite>
Shown rewritten_and_signed() {
  Target target;
  Entries entries = target.entries();
  rewrite(target, entries);
  target.rewrite_signed(entries);
  return target.shown();
}

inline constexpr std::string_view not_the_root = "the entries do not give the root that was signed";

// Those that show at once, since the checkpoint is the one that was there.
template <class Target>
[[nodiscard]] std::vector<Attack> unsigned_rewrites() {
  const Shown damaged{shown_as(ErrorCode::damaged)};
  return {
      {"an entry edited, with its checksums", not_the_root, damaged, rewritten<Target, edit>},
      {"an entry removed", not_the_root, damaged, rewritten<Target, remove>},
      {"an entry inserted", not_the_root, damaged, rewritten<Target, insert>},
      {"two entries reordered", not_the_root, damaged, rewritten<Target, reorder>},
      {"an entry duplicated", not_the_root, damaged, rewritten<Target, duplicate>},
  };
}

}  // namespace muniment::test
