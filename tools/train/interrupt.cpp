#include "tools/train/interrupt.h"

#include <semaphore.h>
#include <time.h>

#include <atomic>
#include <cassert>
#include <thread>

namespace unfold {

namespace {

// The handler writes them in its thread, others read them.
std::atomic<int> signal_seen = 0;
std::atomic<time_t> seen_at = 0;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<time_t>::is_always_lock_free,
              "a signal handler may use nothing else");
bool alive = false;

// A second signal that follows at once is the same request: `timeout` and some shells send two.
constexpr time_t same_request_seconds = 1;

extern "C" void unfold_on_signal(int number) {
  struct timespec now {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (signal_seen == 0) {
    seen_at = now.tv_sec;
    signal_seen = number;
  } else if (now.tv_sec - seen_at > same_request_seconds) {
    std::signal(number, SIG_DFL);
    std::raise(number);  // delivered when this handler returns
  }
}

sigset_t the_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

// The thread that handlers run in. Threads that compute block the signals: kernels of libraries are
// not all written to be interrupted.
struct Interrupt::Watcher {
  Watcher() {
    sem_init(&stop, 0, 0);
    thread = std::thread([this] {
      const sigset_t set = the_signals();
      pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
      while (sem_wait(&stop) != 0) {
      }
    });
  }
  ~Watcher() {
    sem_post(&stop);
    thread.join();
    sem_destroy(&stop);
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  sem_t stop{};
  std::thread thread;
};

Interrupt::Interrupt() {
  assert(!alive);
  alive = true;
  signal_seen = 0;
  struct sigaction action {};
  action.sa_handler = unfold_on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &old_int_);
  ::sigaction(SIGTERM, &action, &old_term_);
  const sigset_t set = the_signals();
  pthread_sigmask(SIG_BLOCK, &set, &old_mask_);
  watcher_ = std::make_unique<Watcher>();
}

Interrupt::~Interrupt() {
  watcher_.reset();
  ::sigaction(SIGINT, &old_int_, nullptr);
  ::sigaction(SIGTERM, &old_term_, nullptr);
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  alive = false;
}

int Interrupt::signal() const { return signal_seen; }

}  // namespace unfold
