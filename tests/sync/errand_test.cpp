#include "sync/daemon/errand.hpp"

#include <doctest/doctest.h>

namespace muniment::sync {

namespace {

using namespace std::chrono_literals;
using Verdict = Errand::Verdict;

const Errand::Steady start{1h};

// All three are there, and know the same.
Errand::View settled_view() {
  return {3, 3, 0, 3, 3, 0, 1000, 0};
}

}  // namespace

TEST_CASE("errand: it is complete when all are at one, nothing is missing and nothing passes") {
  Errand errand(start);
  Errand::View view = settled_view();
  CHECK(errand.look(view, start) == Verdict::going);
  CHECK(errand.look(view, start + 2s) == Verdict::going);
  ++view.moved;  // a partner fetches something
  CHECK(errand.look(view, start + 3s) == Verdict::going);
  CHECK(errand.look(view, start + 5s) == Verdict::going);
  CHECK(errand.look(view, start + 6s) == Verdict::complete);
}

TEST_CASE("errand: who is still to be tried, or asks for something, is waited for") {
  for (auto change : {+[](Errand::View& view) { view.untried = 1; },
                      +[](Errand::View& view) { view.settled = 2; },
                      +[](Errand::View& view) { view.missing_packs = 1; }}) {
    Errand errand(start);
    Errand::View view = settled_view();
    change(view);
    CHECK(errand.look(view, start) == Verdict::going);
    CHECK(errand.look(view, start + 59s) == Verdict::going);
    CHECK(errand.look(settled_view(), start + 59s) == Verdict::complete);
  }
}

TEST_CASE("errand: it is partly done when nobody is there any more, or nothing comes") {
  Errand errand(start);
  Errand::View view = settled_view();
  view.reached = 2;
  view.connected = view.settled = 0;
  CHECK(errand.look(view, start) == Verdict::partial);
  view.reached = 3;
  CHECK(errand.look(view, start) == Verdict::complete);
  view.missing_packs = 1;
  CHECK(errand.look(view, start) == Verdict::partial);

  // Rounds that find nothing are no progress; what is gained is, and much that passes.
  Errand stalled(start);
  view.connected = view.settled = 3;
  Errand::Steady now = start;
  for (int i = 0; i < 5; ++i) {
    now += 50s;
    view.moved += i % 2 == 0 ? errand_progress_bytes : 10;
    view.gained += static_cast<std::uint64_t>(i % 2);
    CHECK(stalled.look(view, now) == Verdict::going);
  }
  view.moved += 5000;
  CHECK(stalled.look(view, now + 59s) == Verdict::going);
  CHECK(stalled.look(view, now + 60s) == Verdict::partial);
}

}  // namespace muniment::sync
