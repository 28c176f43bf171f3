#include "graph/execute.h"

#include <boost/test/unit_test.hpp>
#include <cstdio>

#include "graph/autodiff.h"
#include "graph/interpret.h"
#include "ops/gemm.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;
using support::execute;
using support::Feeds;
using support::Results;
using support::small_graph;

namespace {

bool same_bits(const Results& a, const Results& b) { return a == b; }

}  // namespace

BOOST_AUTO_TEST_SUITE(execution)

BOOST_AUTO_TEST_CASE(any_batch_and_shards_give_what_the_interpreter_gives) {
  for (std::uint32_t seed = 0; seed < 120; ++seed) {
    const Graph g = support::random_graph(seed, {.operations = 30, .gradients = seed % 2 == 0});
    const std::int64_t batch = 1 + seed % 5;
    const Feeds feeds(g, batch, seed);
    const Results expected = interpret_outputs(g, feeds.feed(), DType::f64);
    for (const int shards : {1, 2, 3, 7}) {
      const double worst = support::distance(execute(g, feeds.feed(), shards), expected);
      BOOST_TEST(worst < 1e-9, "seed " << seed << ", batch " << batch << ", shards " << shards
                                       << ": off by " << worst);
    }
  }
}

// Plans of several sizes, one after another and back, each with numbers of its own in the memory.
BOOST_AUTO_TEST_CASE(executors_may_share_a_workspace) {
  Scheduler scheduler(2);
  Workspace workspace;
  std::vector<Plan> plans;
  for (std::uint32_t seed = 0; seed < 6; ++seed)
    plans.push_back(make_plan(
        support::random_graph(
            seed, {.operations = 20 + 10 * static_cast<int>(seed % 3), .gradients = true}),
        DType::f64));
  std::vector<Executor> executors;
  for (const Plan& plan : plans) executors.emplace_back(plan, scheduler, 2, &workspace);
  for (const std::size_t k : {0, 3, 1, 0, 2, 5, 4, 5, 0, 3}) {
    const Feeds feeds(plans[k].graph, 1 + static_cast<std::int64_t>(k), 9);
    Results results;
    executors[k].run(feeds.feed(), results);
    BOOST_TEST(support::distance(results, execute(plans[k], feeds.feed(), 2, 1)) == 0);
  }
}

BOOST_AUTO_TEST_CASE(what_depends_on_parameters_alone_is_kept_for_a_version) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(3)}, true)), w = parameter(g, "w", {plain(3)});
  g.outputs.push_back({"y", (x * exp(w + w)).id});
  const Plan plan = make_plan(std::move(g), DType::f64);
  BOOST_TEST(plan.keeps_first_phase());
  Scheduler scheduler(2);
  Executor executor(plan, scheduler, 2);
  Feeds feeds(plan.graph, 4, 1);
  const auto run = [&](std::uint64_t version) {
    Results results;
    Feed feed = feeds.feed();
    feed.version = version;
    executor.run(feed, results);
    return results.at("y");
  };
  const Tensor before = run(1);
  feeds["w"].set(0, feeds["w"].at(0) + 1);
  BOOST_TEST((run(1) == before));
  const Tensor after = run(2);
  BOOST_TEST(!(after == before));
  feeds["w"].set(0, feeds["w"].at(0) - 1);
  BOOST_TEST((run(0) == before));  // without a version always
  BOOST_TEST((run(2) == before));
  feeds["x"].set(0, 7);
  BOOST_TEST(!(run(2) == before));
}

// A large sum of what few numbers give: no shard has a part of its own, unless the sum has other
// terms that need one.
BOOST_AUTO_TEST_CASE(large_sums_are_made_for_all_shards_at_once) {
  for (const bool other_terms : {false, true}) {
    Graph g;
    const Value x = input(g, "x", real_type({plain(65)}, true));
    const Value y = input(g, "y", real_type({plain(1090)}, true));
    std::vector<Value> terms{outer(x, y), outer(x * x, y)};
    if (other_terms) terms.push_back(input(g, "z", real_type({plain(65), plain(1090)}, true)));
    g.outputs.push_back({"sum", g.add(batch_sum_op, terms).id});
    const Plan plan = make_plan(std::move(g), DType::f64);
    BOOST_TEST(plan.phases.front().direct_sums.size() == (other_terms ? 0u : 2u));
    const Feeds feeds(plan.graph, 5, 1);
    const Results expected = interpret_outputs(plan.graph, feeds.feed(), DType::f64);
    for (const int shards : {1, 2, 3, 7}) {
      const Results one = execute(plan, feeds.feed(), shards, 1);
      BOOST_TEST(support::distance(one, expected) < 1e-12, shards << " shards");
      BOOST_TEST(same_bits(one, execute(plan, feeds.feed(), shards, 3)), shards << " shards");
    }
  }
}

// The adjoint of a sum is one number for many, which views tell by strides of 0.
BOOST_AUTO_TEST_CASE(adjoints_of_sums_are_read_as_they_lie) {
  Graph g;
  const Value w = parameter(g, "w", {plain(24)}), v = parameter(g, "v", {plain(40)});
  const Value a = input(g, "a", real_type({plain(24)}, true)) * w;
  const Value b = input(g, "b", real_type({plain(40)}, true)) * v;
  const Value rows = sum(reshape(a * a, {plain(6), plain(4)}), {1});
  const Value product = matmul(reshape(a, {plain(2), plain(3), plain(4)}),
                               reshape(b, {plain(2), plain(4), plain(5)}));
  const Value loss = batch_sum(sum(tanh(rows)) + sum(tanh(sum(product, {1}))));
  const std::vector<Value> found = gradients(loss, {{w, v}}, core_ops());
  g.outputs = {{"w", found[0].id}, {"v", found[1].id}};
  const Feeds feeds(g, 3, 1);
  const Results expected = interpret_outputs(g, feeds.feed(), DType::f64);
  BOOST_TEST(support::distance(execute(g, feeds.feed(), 2), expected) < 1e-12);
  const Results optimised = execute(optimise(g), feeds.feed(), 2);
  BOOST_TEST(support::distance(optimised, expected) < 1e-12);
}

// Numbers that are compared with 0, 1, 2 look like ids that are looked for, and are none.
BOOST_AUTO_TEST_CASE(compared_numbers_are_not_taken_for_ids) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(3)}, true));
  const Value places = constant(g, Tensor::of<double>({3}, {0, 1, 2}), {plain(3)});
  const Value same = equal(reshape(x, {plain(3), plain(1)}), places);
  const Value chosen = select(same, fill(g, 5.0, real_type({})), fill(g, 0.0, real_type({})));
  g.outputs = {{"y", sum(chosen, {1}).id}};
  const Feeds feeds(g, 3, 1);
  const Results expected = interpret_outputs(g, feeds.feed(), DType::f64);
  BOOST_TEST(support::distance(execute(optimise(g), feeds.feed(), 2), expected) == 0.0);
}

// In single precision the weights of a recurrence are prepared, which the interpreter never does.
void check_prepared(Products products, double tolerance) {
  Graph g;
  constexpr std::int64_t units = 40;
  const Dim time{6, "time", false, 0, {}};
  const Value x = input(g, "x", real_type({time, plain(units)}, true));
  const Value w = parameter(g, "w", {plain(units), plain(units)});
  Value h = at(x, 0);
  std::vector<Value> steps;
  for (int t = 0; t < 6; ++t) steps.push_back(h = tanh(at(x, t) + matmul(h, w) * 0.1));
  const Value y = stack(steps, time);
  const Value loss = batch_sum(sum(y * y));
  g.outputs = {{"y", y.id}, {"grad", gradients(loss, {{w}}, core_ops())[0].id}};
  const Feeds feeds(g, 7, 3);
  const Results expected = interpret_outputs(g, feeds.feed(), DType::f64);
  const Feeds single(g, 7, 3, DType::f32);
  for (const int shards : {1, 2, 3}) {
    const Plan plan = make_plan(optimise(g), DType::f32, {.products = products});
    for (const auto& [name, found] : execute(plan, single.feed(), shards, 2))
      for (std::int64_t i = 0; i < found.size(); ++i) {
        const double right = expected.at(name).at(i);
        BOOST_TEST(std::abs(found.at(i) - right) < tolerance * std::max(1.0, std::abs(right)),
                   name.str());
      }
  }
}

BOOST_AUTO_TEST_CASE(prepared_weights_give_the_same_products) {
  check_prepared(Products::full, 1e-4);
}

BOOST_AUTO_TEST_CASE(products_in_bfloat16_are_near) {
  if (has_bfloat16_products()) return check_prepared(Products::bfloat16, 0.05);
  std::printf("execution/products_in_bfloat16_are_near is skipped: %s\n", no_bfloat16_products);
}

BOOST_AUTO_TEST_CASE(whatever_the_plan_leaves_out_it_gives_what_the_interpreter_gives) {
  for (std::uint32_t seed = 0; seed < 120; ++seed) {
    Graph g = support::random_graph(seed, {.operations = 30, .gradients = seed % 2 == 0});
    const Feeds feeds(g, 1 + seed % 5, seed);
    const Results expected = interpret_outputs(g, feeds.feed(), DType::f64);
    if (seed % 3 == 0) g = optimise(std::move(g));
    for (const unsigned on : {0u, 1u, 2u, 3u, 4u, 5u, 6u}) {
      const PlanOptions options{(on & 1) != 0, (on & 2) != 0, (on & 4) != 0};
      const Plan plan = make_plan(g, DType::f64, options);
      const double worst = support::distance(execute(plan, feeds.feed(), 1 + seed % 3), expected);
      BOOST_TEST(worst < 1e-9, "seed " << seed << ", on " << on << ": off by " << worst);
    }
  }
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_the_threads) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const Plan plan = make_plan(
        optimise(support::random_graph(seed, {.operations = 40, .gradients = true})), DType::f32);
    const Feeds feeds(plan.graph, 5, seed, DType::f32);
    for (const int shards : {1, 2, 3, 7}) {
      const Results one = execute(plan, feeds.feed(), shards, 1);
      for (const int threads : {2, 4})
        for (int repeat = 0; repeat < 3; ++repeat)
          BOOST_TEST(same_bits(execute(plan, feeds.feed(), shards, threads), one));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_executor_takes_batches_of_any_size_in_turn) {
  const Plan plan = make_plan(support::random_graph(3, {.gradients = true}), DType::f64);
  Scheduler scheduler(2);
  Executor executor(plan, scheduler, 3);
  Results reused;
  for (const std::int64_t batch : {4, 1, 7, 7, 2, 100, 3, 3}) {
    const Feeds feeds(plan.graph, batch, static_cast<std::uint32_t>(batch));
    executor.run(feeds.feed(), reused);
    BOOST_TEST(same_bits(reused, execute(plan, feeds.feed(), 3)), "batch " << batch);
  }
}

BOOST_AUTO_TEST_CASE(an_executor_reads_the_tensors_of_each_run) {
  const Plan plan = make_plan(small_graph(), DType::f64);
  Scheduler scheduler(1);
  Executor executor(plan, scheduler, 2);
  Results results;
  for (std::uint32_t seed = 1; seed < 5; ++seed) {
    const Feeds feeds(plan.graph, 3, seed);
    executor.run(feeds.feed(), results);
    const Feed feed = feeds.feed();
    for (std::int64_t i = 0; i < 6; ++i)
      BOOST_TEST(results.at("y").at(i) ==
                 feed.tensors.at("x")->at(i) * feed.tensors.at("w")->at(i % 2));
  }
}

BOOST_AUTO_TEST_CASE(a_moved_executor_goes_on) {
  const Plan plan = make_plan(small_graph(), DType::f64);
  Scheduler scheduler(1);
  Executor first(plan, scheduler, 2);
  const Feeds feeds(plan.graph, 3);
  Results before, after;
  first.run(feeds.feed(), before);
  Executor second(std::move(first));
  second.run(feeds.feed(), after);
  BOOST_TEST(same_bits(before, after));
}

BOOST_AUTO_TEST_CASE(tensors_of_the_right_shape_are_used_again) {
  const Plan plan = make_plan(small_graph(), DType::f64);
  const Feeds feeds(plan.graph, 3);
  Scheduler scheduler(1);
  Executor executor(plan, scheduler, 1);
  Results results;
  executor.run(feeds.feed(), results);
  const void* memory = results.at("y").data();
  executor.run(feeds.feed(), results);
  BOOST_TEST(results.at("y").data() == memory);
}

BOOST_AUTO_TEST_CASE(an_empty_batch_gives_empty_results_and_sums_of_nothing) {
  Graph g = small_graph();
  g.outputs.push_back({"sum", batch_sum(g.value(g.output("y"))).id});
  const Results results = execute(g, Feeds(g, 0).feed(), 2);
  BOOST_TEST((results.at("y").dims() == Dims{0, 2}));
  BOOST_TEST(results.at("sum").at(0) == 0.0);
  BOOST_TEST(results.at("sum").at(1) == 0.0);
}

BOOST_AUTO_TEST_CASE(outputs_may_be_sources_intermediate_or_named_twice) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2)}, true)), w = parameter(g, "w", {plain(2)});
  const Value id = input(g, "id", index_type({}, true)), half = fill(g, 0.5, real_type({}));
  const Value y = x * w, z = tanh(y);
  for (const auto& [name, v] : {std::pair{"x", x},
                                {"w", w},
                                {"id", id},
                                {"half", half},
                                {"y", y},
                                {"z", z},
                                {"z again", z},
                                {"draw", random_uniform(g, "r", {})}})
    g.outputs.push_back({name, v.id});
  const Feeds feeds(g, 3);
  const Feed feed = feeds.feed();
  for (const int shards : {1, 2, 5}) {
    const Results r = execute(g, feed, shards);
    BOOST_CHECK(r.at("x") == *feed.tensors.at("x"));
    BOOST_CHECK(r.at("w") == *feed.tensors.at("w"));
    BOOST_CHECK(r.at("id") == *feed.tensors.at("id"));
    BOOST_TEST(r.at("half").at(0) == 0.5);
    BOOST_TEST(r.at("y").at(5) == feed.tensors.at("x")->at(5) * feed.tensors.at("w")->at(1));
    BOOST_CHECK(r.at("z") == r.at("z again"));
    BOOST_TEST(support::distance(r, interpret_outputs(g, feed, DType::f64)) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(random_numbers_depend_on_seed_update_and_example_alone) {
  Graph g;
  g.outputs.push_back({"r", random_uniform(g, "call", {plain(5)}).id});
  Feed feed;
  feed.batch = 4;
  feed.key = {7, 3, 0};
  const Tensor all = execute(g, feed).at("r");
  BOOST_CHECK(execute(g, feed, 3).at("r") == all);
  feed.batch = 2;
  feed.key.first_example = 2;
  const Tensor last = execute(g, feed).at("r");
  for (std::int64_t i = 0; i < 10; ++i) BOOST_TEST(last.at(i) == all.at(10 + i));
  feed.key.update = 4;
  BOOST_CHECK(!(execute(g, feed).at("r") == last));
}

BOOST_AUTO_TEST_CASE(a_profile_has_a_time_for_each_call_and_shard_and_changes_no_result) {
  const Plan plan = make_plan(optimise(support::random_graph(5, {.gradients = true})), DType::f64);
  const Feeds feeds(plan.graph, 4);
  Scheduler scheduler(2);
  Executor executor(plan, scheduler, 3);
  Results results;
  Profile profile;
  executor.set_profile(&profile);
  executor.run(feeds.feed(), results);
  BOOST_TEST(same_bits(results, execute(plan, feeds.feed(), 3)));
  std::size_t calls = 0;
  for (const Phase& phase : plan.phases) calls += phase.calls.size();
  BOOST_TEST_REQUIRE(profile.seconds.size() == 3u);
  for (const std::vector<double>& shard : profile.seconds) {
    BOOST_TEST(shard.size() == calls);
    for (const double seconds : shard) BOOST_TEST(seconds >= 0);
  }
  BOOST_TEST(profile.total > 0);
  const Profile former = profile;
  executor.set_profile(nullptr);
  executor.run(feeds.feed(), results);
  BOOST_TEST(profile.total == former.total);
  BOOST_TEST((profile.seconds == former.seconds));
}

BOOST_AUTO_TEST_CASE(the_interpreter_shows_each_value_and_stops_when_told) {
  const Graph g = small_graph();
  std::vector<NodeId> seen;
  interpret(g, Feeds(g, 2).feed(), DType::f64, [&](NodeId id, const NodeValues& values) {
    seen.push_back(id);
    BOOST_TEST(values.size() == (g.type(id).batched ? 2u : 1u));
    return id < 1;
  });
  BOOST_TEST((seen == std::vector<NodeId>{0, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
