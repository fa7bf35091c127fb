#include "sync/daemon/errand.hpp"

#include <utility>

namespace muniment::sync {

Errand::Verdict Errand::look(const View& view, Steady now) {
  if (std::exchange(x_moved, view.moved) != view.moved) x_moved_at = now;
  if (view.gained != x_gained || view.moved >= x_progress_bytes + errand_progress_bytes) {
    x_gained = view.gained;
    x_progress_bytes = view.moved;
    x_progress_at = now;
  }
  const bool tried = view.untried == 0;
  const bool nobody_is_there = tried && view.connected == 0;
  const bool nothing_is_left = tried && view.settled == view.connected && view.missing_packs == 0 &&
                               now - x_moved_at >= errand_quiet;
  const bool stalled = tried && now - x_progress_at >= errand_patience;
  if (!nobody_is_there && !nothing_is_left && !stalled) return Verdict::going;
  const bool complete = view.reached == view.peers && view.missing_packs == 0;
  return complete ? Verdict::complete : Verdict::partial;
}

}  // namespace muniment::sync
