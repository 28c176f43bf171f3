#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "graph/plan.h"

namespace unfold {

/// Runs the lanes of a phase on threads that meet through counters of steps done. A thread keeps to
/// one lane, but goes on with another where nobody is: so nothing waits for a thread that has not
/// come (yet), and one thread alone does everything.
class LaneRun {
 public:
  using Step = std::function<void(std::size_t lane, const LaneStep& step)>;

  /// `step` runs a step of a lane, one at a time for each lane. Both must outlive this.
  LaneRun(const Lanes& lanes, const Step& step);

  /// What each thread calls, with the lane it is to keep to. Returns when all steps are done, by
  /// whom ever; throws what the first step that failed has thrown, on the thread that ran it, while
  /// the others return early.
  void work(std::size_t lane);

 private:
  struct alignas(64) Lane {
    std::atomic<std::uint32_t> done = 0;  ///< steps
    std::atomic<bool> taken = false;      ///< a thread is in it
  };

  bool finished(std::size_t lane) const;
  bool advance(std::size_t lane);

  const Lanes& lanes_;
  const Step& step_;
  std::vector<Lane> state_;
  std::atomic<bool> failed_ = false;
};

}  // namespace unfold
