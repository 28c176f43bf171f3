#include "graph/lane_run.h"

#include "graph/patience.h"

namespace unfold {

LaneRun::LaneRun(const Lanes& lanes, const Step& step)
    : lanes_(lanes), step_(step), state_(lanes.steps.size()) {}

void LaneRun::work(std::size_t own) {
  const std::size_t count = state_.size();
  const bool keeps = !state_[own].taken.exchange(true, std::memory_order_acquire);
  Patience patience;
  for (;;) {
    bool all = true, moved = false;
    for (std::size_t k = 0; k < count && !moved; ++k) {
      const std::size_t lane = (own + k) % count;
      if (finished(lane)) continue;
      all = false;
      if (k == 0 && keeps) {
        moved = advance(lane);
      } else if (!state_[lane].taken.exchange(true, std::memory_order_acquire)) {
        moved = advance(lane);
        state_[lane].taken.store(false, std::memory_order_release);
      }
    }
    if (all || failed_.load(std::memory_order_relaxed)) return;
    if (moved)
      patience.renew();
    else
      patience.wait();
  }
}

bool LaneRun::finished(std::size_t lane) const {
  return state_[lane].done.load(std::memory_order_acquire) == lanes_.steps[lane].size();
}

// Runs the next step of a lane that the thread is in, if it need not wait.
bool LaneRun::advance(std::size_t lane) {
  const std::uint32_t next = state_[lane].done.load(std::memory_order_relaxed);
  if (next == lanes_.steps[lane].size()) return false;
  const std::uint32_t* after = lanes_.after[lane].data() + next * state_.size();
  for (std::size_t other = 0; other < state_.size(); ++other)
    if (state_[other].done.load(std::memory_order_acquire) < after[other]) return false;
  try {
    step_(lane, lanes_.steps[lane][next]);
  } catch (...) {
    failed_.store(true, std::memory_order_relaxed);
    throw;
  }
  state_[lane].done.store(next + 1, std::memory_order_release);
  return true;
}

}  // namespace unfold
