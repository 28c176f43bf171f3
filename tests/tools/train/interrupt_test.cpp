#include "tools/train/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace unfold;

namespace {

/// How a child process ends in which `signals` arrive one after another.
int status_after(std::initializer_list<int> signals) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Interrupt interrupt;
    for (const int number : signals) std::raise(number);
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
    const int status = status_after({number});
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == number);
  }
  BOOST_TEST(WEXITSTATUS(status_after({})) == 0);
}

BOOST_AUTO_TEST_CASE(the_second_kills) {
  const int twice = status_after({SIGINT, SIGINT}), mixed = status_after({SIGTERM, SIGINT});
  BOOST_TEST((WIFSIGNALED(twice) && WTERMSIG(twice) == SIGINT));
  BOOST_TEST((WIFSIGNALED(mixed) && WTERMSIG(mixed) == SIGINT));
}

BOOST_AUTO_TEST_CASE(earlier_handlers_come_back) {
  const auto before = std::signal(SIGTERM, count_call);
  {
    const Interrupt interrupt;
    std::raise(SIGTERM);
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
