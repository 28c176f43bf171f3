#include "tools/train/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace unfold;

namespace {

/// Sends this process a signal and waits until it was handled.
void send(int number, const Interrupt& interrupt) {
  ::kill(::getpid(), number);
  for (int i = 0; i < 500 && !interrupt.requested(); ++i) ::usleep(10'000);
}

/// How a child process ends in which `signals` arrive, `pause` seconds after one another.
int status_after(std::initializer_list<int> signals, unsigned pause) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Interrupt interrupt;
    for (const int number : signals) {
      send(number, interrupt);
      ::sleep(pause);
    }
    ::_exit(interrupt.signal());
  }
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
    const int status = status_after({number}, 0);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == number);
  }
  BOOST_TEST(WEXITSTATUS(status_after({}, 0)) == 0);
}

BOOST_AUTO_TEST_CASE(a_second_at_once_is_the_same_request) {
  const int status = status_after({SIGINT, SIGINT}, 0);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == SIGINT);
}

BOOST_AUTO_TEST_CASE(a_later_second_kills) {
  const int status = status_after({SIGTERM, SIGINT}, 3);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGINT));
}

BOOST_AUTO_TEST_CASE(earlier_handlers_come_back) {
  const auto before = std::signal(SIGTERM, count_call);
  {
    const Interrupt interrupt;
    send(SIGTERM, interrupt);
    BOOST_TEST(interrupt.requested());
  }
  BOOST_TEST(earlier_calls == 0);
  std::raise(SIGTERM);
  BOOST_TEST(earlier_calls == 1);
  const Interrupt fresh;
  BOOST_TEST(!fresh.requested());
  std::signal(SIGTERM, before);
}

BOOST_AUTO_TEST_SUITE_END()
