#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace unfold {

class Gang;

/// Runs independent pieces of work on a fixed number of threads. The only user of oneTBB. Threads
/// flush denormal numbers to zero: the gradients of long sequences are full of them, and they are
/// slow to compute with.
class Scheduler {
 public:
  /// `threads` of 0 means one for each core.
  explicit Scheduler(int threads = 0);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  int threads() const { return threads_; }
  /// Calls task(0) … task(count - 1), in any order, at most `threads` at a time; returns when all
  /// are done. An exception thrown by a task is rethrown here.
  void run(std::int64_t count, const std::function<void(std::int64_t)>& task);
  /// Calls task(0) on this thread and the others at the same time as far as other threads come
  /// before it returns: none may wait for another to begin. The number of a task always meets the
  /// same thread, if it can. For jobs that are short beside the time it takes to wake a thread. An
  /// exception thrown by a task is rethrown here.
  void run_together(std::int64_t count, const std::function<void(std::int64_t)>& task);

 private:
  struct Arena;
  int threads_;
  std::unique_ptr<Arena> arena_;
  std::shared_ptr<Gang> gang_;  ///< shared with helpers who come after all is over
};

/// Number of cores this process may use.
int core_count();

}  // namespace unfold
