#include "graph/lanes.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <thread>

#include "graph/autodiff.h"
#include "graph/call_cost.h"
#include "graph/interpret.h"
#include "graph/lane_run.h"
#include "graph/scheduler.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;
using support::execute;
using support::Feeds;
using support::Results;

namespace {

// Two lanes of `steps` steps; each step of a lane waits for the one before it on the other.
Lanes in_turn(std::uint32_t steps) {
  Lanes lanes;
  lanes.steps.resize(2);
  lanes.after.resize(2);
  for (std::uint32_t k = 0; k < steps; ++k) {
    lanes.steps[0].push_back({2 * k, {}});
    lanes.after[0].insert(lanes.after[0].end(), {0, k});
    lanes.steps[1].push_back({2 * k + 1, {}});
    lanes.after[1].insert(lanes.after[1].end(), {k + 1, 0});
  }
  return lanes;
}

// h[t] = tanh(x[t] + h[t-1] W) from the first step on, or from the last.
Value recurrence(Value x, Value w, Dim time, bool backward) {
  std::vector<Value> steps(static_cast<std::size_t>(time.size));
  Value h;
  for (std::int64_t i = 0; i < time.size; ++i) {
    const std::int64_t t = backward ? time.size - 1 - i : i;
    h = i == 0 ? tanh(at(x, t)) : tanh(at(x, t) + matmul(h, w) * 0.1);
    steps[static_cast<std::size_t>(t)] = h;
  }
  return stack(steps, time);
}

struct Shape {
  std::int64_t units, labels;
  bool both_ways;
};

// Labels for each step of a sequence, a loss and its gradients.
Graph tagger(const Shape& shape) {
  Graph g;
  const Dim time{5, "time", false, 0, {}};
  const auto sequence = [&](const char* name) {
    return input(g, name, real_type({time, plain(shape.units)}, true));
  };
  const auto weights = [&](const char* name, std::int64_t n, std::int64_t m) {
    return parameter(g, name, {plain(n), plain(m)});
  };
  std::vector<Value> learnt{weights("w", shape.units, shape.units)};
  Value h = recurrence(sequence("x"), learnt[0], time, false);
  if (shape.both_ways) {
    learnt.push_back(weights("v", shape.units, shape.units));
    h = concat(h, recurrence(sequence("z"), learnt[1], time, true));
  }
  learnt.push_back(weights("out", h.type().dims[1].size, shape.labels));
  const Value y = matmul(h, learnt.back());
  g.outputs = {{"y", y.id}};
  const Value loss = batch_sum(sum(y * y));
  const std::vector<Value> found = gradients(loss, std::span<const Value>(learnt), core_ops());
  for (std::size_t k = 0; k < found.size(); ++k)
    g.outputs.push_back({Symbol("gradient " + std::to_string(k)), found[k].id});
  return optimise(std::move(g));
}

bool has_lanes(const Plan& plan) {
  return std::ranges::any_of(plan.phases, [](const Phase& p) { return !p.lanes.empty(); });
}

bool has_shares(const Plan& plan) {
  for (const Phase& phase : plan.phases)
    for (const auto& lane : phase.lanes.steps)
      for (const LaneStep& step : lane)
        if (step.share.count > 1) return true;
  return false;
}

Plan plan_of(const Graph& g, DType precision, int lanes, double meeting = 10) {
  PlanOptions options;
  options.lanes = lanes;
  options.meeting = meeting;
  return make_plan(g, precision, options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lanes)

BOOST_AUTO_TEST_CASE(steps_run_once_and_after_those_they_wait_for) {
  constexpr std::uint32_t steps = 2000;
  const Lanes lanes = in_turn(steps);
  for (const int threads : {1, 2, 3}) {
    std::vector<std::uint32_t> order;
    const LaneRun::Step note = [&](std::size_t, const LaneStep& s) { order.push_back(s.call); };
    LaneRun run(lanes, note);
    Scheduler scheduler(threads);
    scheduler.run_together(2, [&](std::int64_t k) { run.work(static_cast<std::size_t>(k)); });
    BOOST_TEST_REQUIRE(order.size() == 2 * steps);
    for (std::uint32_t k = 0; k < order.size(); ++k) BOOST_TEST_REQUIRE(order[k] == k);
  }
}

BOOST_AUTO_TEST_CASE(a_thread_that_never_comes_is_not_waited_for) {
  const Lanes lanes = in_turn(10);
  int calls = 0;
  const LaneRun::Step count = [&](std::size_t, const LaneStep&) { ++calls; };
  LaneRun(lanes, count).work(1);
  BOOST_TEST(calls == 20);
}

BOOST_AUTO_TEST_CASE(what_a_step_throws_arrives_and_the_other_lane_stops) {
  const Lanes lanes = in_turn(10);
  for (const int threads : {1, 2}) {
    std::atomic<int> calls = 0;
    const LaneRun::Step fail = [&](std::size_t, const LaneStep& s) {
      if (s.call == 7) throw std::runtime_error("call 7");
      ++calls;
    };
    LaneRun run(lanes, fail);
    Scheduler scheduler(threads);
    BOOST_CHECK_EXCEPTION(
        scheduler.run_together(2, [&](std::int64_t k) { run.work(static_cast<std::size_t>(k)); }),
        std::runtime_error, [](const auto& e) { return std::string(e.what()) == "call 7"; });
    BOOST_TEST(calls == 7);
  }
}

BOOST_AUTO_TEST_CASE(large_products_in_a_row_are_cut_by_columns) {
  const Plan plan = plan_of(tagger({512, 16, false}), DType::f32, 2);
  BOOST_TEST(has_shares(plan));
  // The same columns on the same lane.
  for (const Phase& phase : plan.phases)
    for (std::size_t lane = 0; lane < phase.lanes.steps.size(); ++lane)
      for (const LaneStep& step : phase.lanes.steps[lane])
        if (step.share.count > 1) BOOST_TEST(step.share.index == static_cast<std::int64_t>(lane));
}

// Neither direction waits for the other, nor for its memory.
BOOST_AUTO_TEST_CASE(directions_that_do_not_depend_on_each_other_run_side_by_side) {
  Graph g = tagger({256, 16, true});
  std::erase_if(g.outputs, [](const Output& o) { return !(o.name == Symbol("y")); });
  const Plan plan = plan_of(g, DType::f32, 2);
  const auto batched = std::ranges::find_if(plan.phases, &Phase::batched);
  BOOST_TEST_REQUIRE(batched->lanes.steps.size() == 2u);
  const auto products = [&](std::size_t lane) {
    std::size_t whole = 0;
    for (const LaneStep& s : batched->lanes.steps[lane])
      whole += batched->calls[s.call].prepared && s.share.count == 1;
    return whole;
  };
  BOOST_TEST(products(0) == 4u);
  BOOST_TEST(products(1) == 4u);
  for (std::size_t lane = 0; lane < 2; ++lane)
    for (std::size_t k = 0; k < 8; ++k)
      BOOST_TEST(batched->lanes.after[lane][2 * k + 1 - lane] == 0u, "step " << k);
}

BOOST_AUTO_TEST_CASE(what_is_small_has_no_lanes) {
  BOOST_TEST(!has_lanes(plan_of(tagger({8, 4, true}), DType::f32, 2)));
  BOOST_TEST(!has_lanes(plan_of(tagger({512, 16, false}), DType::f32, 1)));
  PlanOptions options;
  options.lanes = 2;
  options.cut_batches = true;
  for (const Phase& phase : make_plan(tagger({512, 16, false}), DType::f32, options).phases)
    BOOST_TEST((phase.lanes.empty() || !phase.batched));
}

BOOST_AUTO_TEST_CASE(a_few_examples_stay_together_where_weights_are_large) {
  const Plan large = plan_of(tagger({512, 16, false}), DType::f32, 1);
  const Plan small = plan_of(tagger({64, 16, false}), DType::f32, 1);
  for (const auto& [batch, expected] : {std::pair{0, 1}, {1, 1}, {2, 1}, {7, 1}, {8, 2}, {64, 4}})
    BOOST_TEST(shards_of_batch(large, batch, 4) == expected, "batch " << batch);
  for (const auto& [batch, expected] : {std::pair{0, 1}, {1, 1}, {2, 2}, {7, 4}, {64, 4}})
    BOOST_TEST(shards_of_batch(small, batch, 4) == expected, "batch " << batch);
}

BOOST_AUTO_TEST_CASE(lanes_change_no_bit) {
  for (const Shape& shape : {Shape{701, 7, false}, {257, 16, true}, {129, 8001, false}})
    for (const DType precision : {DType::f32, DType::f64}) {
      const Graph g = tagger(shape);
      const Plan plain = plan_of(g, precision, 1);
      for (const std::int64_t batch : {1, 3}) {
        const Feeds feeds(g, batch, 1, precision);
        const Results expected = execute(plain, feeds.feed(), 1, 1);
        if (precision == DType::f64 && batch == 1)
          BOOST_TEST(support::distance(expected, interpret_outputs(g, feeds.feed(), DType::f64)) <
                     1e-9);
        for (const int lanes : {2, 3}) {
          const Plan plan = plan_of(g, precision, lanes);
          if (precision == DType::f32) BOOST_TEST(has_lanes(plan), shape.units << " units");
          for (const int threads : {1, 2, 3})
            for (const int shards : {1, 2}) {
              if (shards == 2 && batch > 1) continue;  // sums in another order
              BOOST_TEST((execute(plan, feeds.feed(), shards, threads) == expected),
                         shape.units << " units, batch " << batch << ", " << lanes << " lanes, "
                                     << threads << " threads");
            }
        }
      }
    }
}

// Where meeting costs nothing everything is dealt out.
BOOST_AUTO_TEST_CASE(lanes_change_no_bit_of_random_graphs) {
  int dealt = 0;
  for (std::uint32_t seed = 0; seed < 80; ++seed) {
    const Graph g = optimise(support::random_graph(
        seed, {.operations = 40, .gradients = true, .recurrent = seed % 2 == 0}));
    const Feeds feeds(g, 1 + seed % 2, seed, DType::f32);
    const Results expected = execute(plan_of(g, DType::f32, 1), feeds.feed(), 1, 1);
    for (const int lanes : {2, 3}) {
      const Plan plan = plan_of(g, DType::f32, lanes, 0);
      dealt += has_lanes(plan);
      for (int repeat = 0; repeat < 4; ++repeat)
        BOOST_TEST((execute(plan, feeds.feed(), 1, repeat % 4) == expected), "seed " << seed);
    }
  }
  BOOST_TEST(dealt > 40);
}

BOOST_AUTO_TEST_SUITE_END()
