#include "graph/gang.h"

#include <chrono>

#include "graph/patience.h"

namespace unfold {

namespace {

// About as long as what lies between two steps of a model that is run one step at a time.
constexpr std::chrono::microseconds moment(300);

}  // namespace

Gang::Gang(std::int64_t helpers, bool linger)
    : linger_(linger), helpers_(static_cast<std::size_t>(helpers + 1)) {}

void Gang::run(std::int64_t count, const Task& task,
               const std::function<void(std::int64_t)>& call) {
  dismissed_.store(false, std::memory_order_relaxed);
  task_.store(&task, std::memory_order_relaxed);
  count_.store(count, std::memory_order_relaxed);
  failed_.store(false, std::memory_order_relaxed);
  failure_ = nullptr;
  job_.fetch_add(1, std::memory_order_relaxed);
  open_.store(true);
  std::exception_ptr own;
  try {
    call_helpers(count, call);
    task(0);
  } catch (...) {
    own = std::current_exception();
  }
  // Whoever comes now finds the door closed; who came before is waited for.
  open_.store(false);
  for (Patience patience; inside_.load() != 0;) patience.wait();
  if (own) std::rethrow_exception(own);
  if (failed_.load(std::memory_order_relaxed)) std::rethrow_exception(failure_);
}

void Gang::call_helpers(std::int64_t count, const std::function<void(std::int64_t)>& call) {
  for (std::int64_t k = 1; k < count && k < std::ssize(helpers_); ++k) {
    std::atomic<bool>& called = helpers_[static_cast<std::size_t>(k)].called;
    if (called.exchange(true)) continue;
    try {
      call(k);
    } catch (...) {
      called.store(false);
      throw;
    }
  }
}

void Gang::help(std::int64_t k) {
  using Clock = std::chrono::steady_clock;
  Patience patience;
  auto since = Clock::now();
  for (int tries = 1;; ++tries) {
    if (take_part(k)) {
      patience.renew();
      since = Clock::now();
    }
    if (!linger_ || dismissed_.load(std::memory_order_relaxed)) break;
    if (tries % 32 == 0 && Clock::now() - since > moment) break;
    patience.wait();
  }
  helpers_[static_cast<std::size_t>(k)].called.store(false);
}

bool Gang::take_part(std::int64_t k) {
  Helper& helper = helpers_[static_cast<std::size_t>(k)];
  if (!open_.load(std::memory_order_relaxed) ||
      job_.load(std::memory_order_relaxed) == helper.last_job)
    return false;
  inside_.fetch_add(1);
  const bool in_time = open_.load();
  if (in_time) {
    helper.last_job = job_.load(std::memory_order_relaxed);
    if (k < count_.load(std::memory_order_relaxed)) try {
        (*task_.load(std::memory_order_relaxed))(k);
      } catch (...) {
        if (!failed_.exchange(true, std::memory_order_relaxed)) failure_ = std::current_exception();
      }
  }
  inside_.fetch_sub(1);
  return in_time;
}

}  // namespace unfold
