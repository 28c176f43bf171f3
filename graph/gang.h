#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

namespace unfold {

/// Threads that come together for one short job after another: waking a thread takes as long as a
/// small job, so those that took part in one look out for the next for a moment. Each helper has a
/// number of its own, by which it is given the same part in every job.
class Gang {
 public:
  using Task = std::function<void(std::int64_t)>;

  /// Of so many helpers, numbered from 1, who `linger` between jobs or leave after each.
  Gang(std::int64_t helpers, bool linger);

  /// Calls task(0) here, and task(k), k < count, on helper k if it comes before task(0) has
  /// returned. Returns when all that have begun are done; throws what one of them has thrown.
  /// Helpers who are away are called with `call(k)`, which is to have help(k) run on another
  /// thread, sometime.
  void run(std::int64_t count, const Task& task, const std::function<void(std::int64_t)>& call);
  /// What a helper's thread does, until there have been no jobs for a moment or it is dismissed.
  void help(std::int64_t k);
  /// Sends the helpers home, whose threads are needed for something else.
  void dismiss() { dismissed_.store(true, std::memory_order_relaxed); }

 private:
  struct alignas(64) Helper {
    std::atomic<bool> called = false;
    std::uint64_t last_job = 0;
  };

  void call_helpers(std::int64_t count, const std::function<void(std::int64_t)>& call);
  bool take_part(std::int64_t k);

  const bool linger_;
  std::vector<Helper> helpers_;  ///< by number, of which 0 is the caller
  std::atomic<bool> dismissed_ = false;
  std::atomic<std::uint64_t> job_ = 0;  ///< counts them
  std::atomic<bool> open_ = false;      ///< the job, to helpers
  std::atomic<int> inside_ = 0;         ///< helpers who may be at work on it
  std::atomic<const Task*> task_ = nullptr;
  std::atomic<std::int64_t> count_ = 0;
  std::atomic<bool> failed_ = false;
  std::exception_ptr failure_;  ///< of the helper who failed first
};

}  // namespace unfold
