#include "graph/scheduler.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "graph/gang.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace unfold {

namespace {

// Sets the thread's flush-to-zero and denormals-are-zero bits for a scope.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040u); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#endif
};

// What parallel_for guarantees and the thread sanitizer cannot see, since oneTBB's library comes
// uninstrumented: what was done before `release` is visible after `acquire`.
const char started = 0, finished = 0;

void release([[maybe_unused]] const char& event) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(const_cast<char*>(&event));
#endif
}

void acquire([[maybe_unused]] const char& event) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(const_cast<char*>(&event));
#endif
}

// Has a helper come. oneTBB copies it to where the helper's thread finds it.
class HelperCall {
 public:
  HelperCall(std::shared_ptr<Gang> gang, std::int64_t k) : who_(new Who{std::move(gang), k}) {}
  HelperCall(const HelperCall& other) {
    acquire(finished);
    who_ = other.who_;
    release(started);
  }
  void operator()() const {
    acquire(started);
    const std::unique_ptr<const Who> who(who_);
    who->gang->help(who->number);
    release(finished);
  }

 private:
  struct Who {
    std::shared_ptr<Gang> gang;
    std::int64_t number;
  };
  const Who* who_;
};

}  // namespace

struct Scheduler::Arena {
  explicit Arena(int threads) : arena(threads) {
    // oneTBB makes no more threads than there are cores unless it is told to.
    if (threads > core_count())
      allowed.emplace(tbb::global_control::max_allowed_parallelism, threads);
  }
  std::optional<tbb::global_control> allowed;
  tbb::task_arena arena;
};

Scheduler::Scheduler(int threads)
    : threads_(threads > 0 ? threads : core_count()),
      arena_(std::make_unique<Arena>(threads_)),
      gang_(std::make_shared<Gang>(threads_ - 1, threads_ <= core_count())) {}

Scheduler::~Scheduler() { gang_->dismiss(); }

void Scheduler::run(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  const auto guarded = [&](std::int64_t i) {
    acquire(started);
    const FlushDenormals flush;
    task(i);
    release(finished);
  };
  if (count == 1 || threads_ == 1) {
    for (std::int64_t i = 0; i < count; ++i) guarded(i);
    return;
  }
  gang_->dismiss();
  release(started);
  arena_->arena.execute(
      [&] { tbb::parallel_for<std::int64_t>(0, count, guarded, tbb::simple_partitioner()); });
  acquire(finished);
}

void Scheduler::run_together(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  const Gang::Task guarded = [&](std::int64_t k) {
    const FlushDenormals flush;
    task(k);
  };
  gang_->run(std::min<std::int64_t>(count, threads_), guarded,
             [&](std::int64_t k) { arena_->arena.enqueue(HelperCall(gang_, k)); });
}

int core_count() { return std::max(1, tbb::info::default_concurrency()); }

}  // namespace unfold
