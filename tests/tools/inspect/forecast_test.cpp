// What a training step will take, against what it takes.

#include "tools/inspect/forecast.h"

#include <boost/test/unit_test.hpp>

#include "tests/tools/inspect/small_program.h"
#include "tools/inspect/bench.h"
#include "tools/train/training_step.h"

using namespace unfold;
using unfold::testing::SmallProgram;

BOOST_AUTO_TEST_SUITE(forecasts)

BOOST_AUTO_TEST_CASE(of_memory_are_what_the_executor_allocates) {
  Model model = SmallProgram(SmallProgram::sentiment).load();
  Diagnostics diagnostics;
  TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  for (const std::int64_t batch : {1, 2, 7, 64})
    for (const std::int64_t steps : {1, 3, 20}) {
      const Forecast expected = forecast(model, {.steps = steps, .batch = batch});
      BOOST_TEST(expected.steps == steps);
      BOOST_TEST(expected.batch == batch);
      settings.batch = batch;
      Scheduler scheduler;
      TrainingStep step(model, settings, scheduler, expected.shards);
      const data::Batch made_up = made_up_batch(*model.program, settings, steps);
      step.update(made_up, 0, 1);
      BOOST_TEST(step.compiled(made_up).executor.bytes() == expected.arena_bytes);
    }
}

BOOST_AUTO_TEST_CASE(count_what_is_computed_again) {
  Model model = SmallProgram(R"(  h = lstm(one_hot(review), units = 3)
  loss = binary_cross_entropy(dense(last(h), 1), sentiment)
)")
                    .load();
  Diagnostics diagnostics;
  TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  settings.batch = 4000;
  const ForecastShape shape{.steps = 100, .batch = settings.batch};
  const Forecast whole = forecast(model, shape);
  double work = 0;  // of plans in segments; the whole one looks rows up in another way
  std::int64_t bytes = whole.arena_bytes;
  // Beside what is set aside for threads and the like.
  for (const double share : {0.9, 0.7, 0.0}) {
    model.memory =
        (32 << 20) + static_cast<std::int64_t>(share * static_cast<double>(whole.arena_bytes));
    const Forecast expected = forecast(model, shape);
    BOOST_TEST(expected.arena_bytes < bytes);
    BOOST_TEST(expected.work >= work);
    bytes = expected.arena_bytes;
    work = expected.work;
    Scheduler scheduler;
    TrainingStep step(model, settings, scheduler, expected.shards);
    const data::Batch made_up = made_up_batch(*model.program, settings, 100);
    step.update(made_up, 0, 1);
    BOOST_TEST(step.compiled(made_up).executor.bytes() == expected.arena_bytes);
  }
  BOOST_TEST(work > whole.work);
}

BOOST_AUTO_TEST_CASE(of_work_are_what_bench_counts) {
  Model model = SmallProgram(SmallProgram::sentiment).load();
  BenchOptions options;
  options.shape = {.batch = 5, .steps = 9};
  options.threads = 1;
  options.window = 0;
  const BenchResult measured = bench(model, options, 0);
  const Forecast expected = forecast(model, {.steps = 9, .batch = 5});
  BOOST_TEST(expected.work == measured.work);
  BOOST_TEST(expected.arena_bytes == measured.plan_bytes);
  BOOST_TEST(expected.work > 0);
  BOOST_TEST(forecast(model, {.steps = 9, .batch = 10}).work > expected.work);
}

BOOST_AUTO_TEST_CASE(need_steps_where_there_is_time_and_a_loss) {
  Model timed = SmallProgram(SmallProgram::sentiment).load();
  BOOST_CHECK_EXCEPTION(forecast(timed, {.batch = 3}), UsageError, [](const Error& e) {
    return e.message == "what a batch takes depends on its steps: give --steps N";
  });
  Model silent = SmallProgram("  x = one_hot(review)\n  output y = dense(last(x), 1)\n").load();
  BOOST_CHECK_EXCEPTION(forecast(silent, {.steps = 3}), Error, [](const Error& e) {
    return e.message.find("no `loss`") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
