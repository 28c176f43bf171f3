// What cannot be run, and what is missing where it is.

#include <boost/test/unit_test.hpp>

#include "graph/execute.h"
#include "graph/interpret.h"
#include "ops/ops.h"
#include "tests/support/feeds.h"

using namespace unfold;
using support::error_of;
using support::execute;
using support::Feeds;
using support::Results;
using support::small_graph;

BOOST_AUTO_TEST_SUITE(execution_errors)

BOOST_AUTO_TEST_CASE(what_is_missing_or_does_not_fit_is_an_error) {
  const Graph g = small_graph();
  const Feeds feeds(g, 3);
  const auto with = [&](const char* name, const Tensor* tensor) {
    Feed feed = feeds.feed();
    if (tensor == nullptr)
      feed.tensors.erase(name);
    else
      feed.tensors[name] = tensor;
    const std::string executed = error_of([&] { execute(g, feed, 2); });
    BOOST_TEST(error_of([&] { interpret_outputs(g, feed, DType::f64); }) == executed);
    return executed;
  };
  const Tensor other_batch(DType::f64, {2, 2}), single(DType::f32, {3, 2}), row(DType::f64, {3});
  BOOST_TEST(with("x", nullptr) == "nothing was given for 'x'");
  BOOST_TEST(with("w", nullptr) == "nothing was given for 'w'");
  BOOST_TEST(with("x", &other_batch) == "'x' was given [2, 2], it is [3, 2] in a batch of 3");
  BOOST_TEST(with("w", &row) == "'w' was given [3], it is [2]");
  BOOST_TEST(with("x", &single) == "'x' was given float32 numbers, the run's are float64");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_run_is_an_error) {
  Graph g = small_graph();
  const Plan plan = make_plan(g, DType::f64);
  Scheduler scheduler(1);
  for (const int shards : {0, -1})
    BOOST_TEST(error_of([&] { Executor(plan, scheduler, shards); }) ==
               "an executor needs at least one shard");
  const Feeds feeds(g, 3);
  Feed feed = feeds.feed();
  feed.batch = -1;
  BOOST_TEST(error_of([&] { execute(g, feed, 2); }) == "a batch of -1 examples");
  feed = feeds.feed();
  feed.tensors["x"] = nullptr;
  BOOST_TEST(error_of([&] { execute(g, feed, 2); }) == "nothing was given for 'x'");
  g.outputs.push_back({"none", no_node});
  BOOST_TEST(error_of([&] { make_plan(g, DType::f64); }).find("output 'none' is no node") !=
             std::string::npos);
  Graph unknown;
  unknown.outputs = {{"x", input(unknown, "x", real_type({plain(Dim::unknown)}, true)).id}};
  BOOST_TEST(error_of([&] { make_plan(unknown, DType::f64); }).find("a size is unknown") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_after_an_error_is_right) {
  const Plan plan = make_plan(small_graph(), DType::f64);
  Scheduler scheduler(1);
  Executor executor(plan, scheduler, 2);
  const Feeds feeds(plan.graph, 3);
  Results results;
  Feed lacking = feeds.feed();
  lacking.tensors.erase("x");
  lacking.batch = 5;
  BOOST_CHECK_THROW(executor.run(lacking, results), Error);
  executor.run(feeds.feed(), results);
  BOOST_TEST((results == execute(plan, feeds.feed(), 2)));
}

BOOST_AUTO_TEST_SUITE_END()
