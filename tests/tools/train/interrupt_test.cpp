#include "tools/train/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>

using namespace unfold;

namespace {

constexpr int stalled = 99;  ///< exit code of a child whose second signal came late

/// Sends this process a signal and waits until it was handled.
void send(int number, const Interrupt& interrupt) {
  ::kill(::getpid(), number);
  for (int i = 0; i < 60'000 && !interrupt.requested(); ++i) ::usleep(1'000);
}

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// How a child process ends that `work` runs in; `work` returns its exit code.
template <class Work>
int status_of(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

volatile std::sig_atomic_t earlier_calls = 0;
void count_call(int) { earlier_calls = earlier_calls + 1; }

}  // namespace

BOOST_AUTO_TEST_SUITE(interrupt_suite)

BOOST_AUTO_TEST_CASE(the_first_signal_sets_a_flag) {
  for (const int number : {SIGINT, SIGTERM}) {
    const int status = status_of([&] {
      const Interrupt interrupt;
      send(number, interrupt);
      return interrupt.signal();
    });
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == number);
  }
  BOOST_TEST(status_of([] { return Interrupt().signal(); }) == 0);
}

// "At once" is a time, and a busy machine may take longer between the two: then they are sent
// again.
BOOST_AUTO_TEST_CASE(a_second_at_once_is_the_same_request) {
  int status = 0;
  for (int attempt = 0; attempt < 20; ++attempt) {
    status = status_of([] {
      const Interrupt interrupt;
      const double began = now();
      send(SIGINT, interrupt);
      ::kill(::getpid(), SIGTERM);
      sigset_t waiting;
      do ::sigpending(&waiting);
      while (::sigismember(&waiting, SIGTERM) != 0);
      return now() - began < 0.5 ? interrupt.signal() : stalled;
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) != stalled) break;
  }
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == SIGINT);
}

BOOST_AUTO_TEST_CASE(a_later_second_kills) {
  const int status = status_of([] {
    const Interrupt interrupt;
    send(SIGTERM, interrupt);
    ::sleep(3);
    ::kill(::getpid(), SIGINT);
    ::sleep(60);  // nobody waits as long: the signal ends it
    return 0;
  });
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGINT));
}

BOOST_AUTO_TEST_CASE(earlier_handlers_come_back) {
  const auto before = std::signal(SIGTERM, count_call);
  earlier_calls = 0;
  {
    const Interrupt interrupt;
    send(SIGTERM, interrupt);
    BOOST_TEST(interrupt.requested());
  }
  BOOST_TEST(earlier_calls == 0);
  std::raise(SIGTERM);
  BOOST_TEST(earlier_calls == 1);
  BOOST_TEST(!Interrupt().requested());
  std::signal(SIGTERM, before);
}

BOOST_AUTO_TEST_SUITE_END()
