#include "graph/scheduler.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace unfold;

BOOST_AUTO_TEST_SUITE(schedulers)

BOOST_AUTO_TEST_CASE(every_task_runs_once) {
  for (const int threads : {1, 2, 4}) {
    Scheduler scheduler(threads);
    BOOST_TEST(scheduler.threads() == threads);
    for (const std::int64_t count : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
      scheduler.run(count, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
      for (const auto& c : calls) BOOST_TEST(c == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_number_of_threads_means_one_for_each_core) {
  BOOST_TEST(Scheduler(0).threads() == core_count());
  BOOST_TEST(core_count() >= 1);
}

BOOST_AUTO_TEST_CASE(never_more_at_once_than_threads) {
  Scheduler scheduler(2);
  std::atomic<int> now = 0, most = 0;
  scheduler.run(200, [&](std::int64_t) {
    const int running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) continue;
    --now;
  });
  BOOST_TEST(most <= 2);
}

BOOST_AUTO_TEST_CASE(what_a_task_throws_arrives) {
  for (const int threads : {1, 2}) {
    Scheduler scheduler(threads);
    const auto fail = [](std::int64_t i) {
      if (i == 3) throw std::runtime_error("task 3");
    };
    BOOST_CHECK_EXCEPTION(scheduler.run(8, fail), std::runtime_error,
                          [](const auto& e) { return std::string(e.what()) == "task 3"; });
    int calls = 0;
    scheduler.run(1, [&](std::int64_t) { ++calls; });
    BOOST_TEST(calls == 1);
  }
}

// However many threads come: nobody is waited for who has not begun.
BOOST_AUTO_TEST_CASE(together_the_first_task_runs_here_and_each_other_at_most_once) {
  for (const int threads : {1, 2, 4}) {
    Scheduler scheduler(threads);
    for (int job = 0; job < 300; ++job) {
      std::vector<std::atomic<int>> calls(3);
      std::atomic<bool> here = false;
      const auto self = std::this_thread::get_id();
      scheduler.run_together(3, [&](std::int64_t k) {
        ++calls[static_cast<std::size_t>(k)];
        if ((k == 0) != (std::this_thread::get_id() == self)) here = true;
      });
      BOOST_TEST(calls[0] == 1);
      for (std::size_t k = 1; k < 3; ++k)
        BOOST_TEST(calls[k] <= (k < std::size_t(threads) ? 1 : 0));
      BOOST_TEST(!here);
      if (job % 7 == 0) {  // threads that look out for jobs are there for other work too
        std::atomic<int> others = 0;
        scheduler.run(5, [&](std::int64_t) { ++others; });
        BOOST_TEST(others == 5);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_task_throws_arrives_from_any_thread) {
  Scheduler scheduler(2);
  for (const std::int64_t bad : {0, 1}) {
    // On a machine that is busy the other thread may take long to come.
    std::atomic<bool> thrown = false;
    const auto fail = [&](std::int64_t k) {
      if (k == bad) {
        thrown = true;
        throw std::runtime_error("together");
      }
      while (!thrown) std::this_thread::yield();
    };
    BOOST_CHECK_EXCEPTION(scheduler.run_together(2, fail), std::runtime_error,
                          [](const auto& e) { return std::string(e.what()) == "together"; });
  }
  int calls = 0;
  scheduler.run_together(1, [&](std::int64_t) { ++calls; });
  BOOST_TEST(calls == 1);
}

#if defined(__SSE__)
BOOST_AUTO_TEST_CASE(denormal_numbers_are_flushed_in_tasks_and_nowhere_else) {
  volatile float tiny = std::numeric_limits<float>::min();
  for (const int threads : {1, 2}) {
    Scheduler scheduler(threads);
    std::vector<float> halves(4, 1.0f);
    scheduler.run(4, [&](std::int64_t i) { halves[static_cast<std::size_t>(i)] = tiny / 2.0f; });
    for (const float h : halves) BOOST_TEST(h == 0.0f);
    BOOST_TEST(tiny / 2.0f > 0.0f);
  }
}
#endif

BOOST_AUTO_TEST_SUITE_END()
