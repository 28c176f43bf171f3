#include "graph/plan.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "ops/ops.h"

using namespace unfold;

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(what_no_output_needs_is_not_computed) {
  Graph g;
  const Value x = input(g, "x", real_type({}, true)),
              unused = input(g, "unused", real_type({}, true));
  exp(unused);
  g.outputs.push_back({"y", tanh(x).id});
  const Plan plan = make_plan(std::move(g), DType::f64);
  BOOST_TEST(plan.phases.size() == 1u);
  BOOST_TEST(plan.phases[0].calls.size() == 1u);
  BOOST_TEST((plan.bound == std::vector<NodeId>{x.id}));
}

BOOST_AUTO_TEST_CASE(phases_are_cut_at_sums_over_the_batch) {
  Graph g;
  const Value x = input(g, "x", real_type({}, true)), w = parameter(g, "w", {});
  const Value mean = batch_sum(x * (w * 2.0)) * 0.5;
  g.outputs.push_back({"y", batch_sum(x - mean).id});
  const Plan plan = make_plan(std::move(g), DType::f64);
  std::vector<bool> batched;
  std::vector<std::size_t> sums;
  for (const Phase& p : plan.phases) {
    batched.push_back(p.batched);
    sums.push_back(p.sums.size());
  }
  BOOST_TEST(batched == (std::vector<bool>{false, true, false, true}),
             boost::test_tools::per_element());
  BOOST_TEST(sums == (std::vector<std::size_t>{0, 1, 0, 1}), boost::test_tools::per_element());
}

// Two elementwise operations on what a product gives, one of which waits for another product.
BOOST_AUTO_TEST_CASE(what_reads_the_same_numbers_is_one_call_unless_one_needs_the_other) {
  for (const bool in_turn : {false, true}) {
    Graph g;
    const Value x = input(g, "x", real_type({plain(2), plain(3)}, true)),
                w = parameter(g, "w", {plain(3), plain(3)});
    const Value read_twice = matmul(x, w), first = tanh(read_twice);
    const Value second = read_twice * (in_turn ? matmul(first, w) : x);
    g.outputs = {{"first", first.id}, {"second", second.id}};
    const Plan plan = make_plan(std::move(g), DType::f64);
    std::size_t fused = 0;
    for (const Phase& phase : plan.phases)
      for (const Call& call : phase.calls) fused += call.kind == Call::Kind::fused;
    BOOST_TEST(fused == (in_turn ? 2u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(a_sum_is_fused_only_with_a_value_that_nothing_else_reads) {
  for (const bool read_again : {false, true}) {
    Graph g;
    const Value x = input(g, "x", real_type({plain(4), plain(2)}, true));
    const Value product = outer(x, x);
    g.outputs.push_back({"sum", batch_sum(product).id});
    if (read_again) g.outputs.push_back({"product", product.id});
    const Plan plan = make_plan(std::move(g), DType::f64);
    const Call& last = plan.phases.back().calls.back();
    BOOST_TEST((last.kind == Call::Kind::fused_sum) == !read_again);
    BOOST_TEST((plan.value_of[product.id] == no_value) == !read_again);
  }
}

BOOST_AUTO_TEST_CASE(sparse_terms_that_are_more_than_their_sum_are_added_at_once) {
  for (const int terms : {1, 3}) {
    Graph g;
    const Value ids = input(g, "ids", index_type({plain(4)}, true));
    std::vector<Value> rows;
    for (int i = 0; i < terms; ++i)
      rows.push_back(scatter(
          input(g, "x" + std::to_string(i), real_type({plain(4), plain(2)}, true)), ids, plain(3)));
    g.outputs.push_back({"sum", batch_sum(rows).id});
    const Plan plan = make_plan(std::move(g), DType::f64);
    BOOST_TEST(plan.phases.back().direct_sums.size() == (terms == 1 ? 1u : 0u));
    BOOST_TEST(plan.phases.back().calls.size() == (terms == 1 ? 0u : 3u));
  }
}

BOOST_AUTO_TEST_CASE(what_comes_after_a_value_waits_for_it) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(4)}, true)),
              w = parameter(g, "w", {plain(4), plain(4)});
  const Value first = softmax(x);
  const Value second = matmul(after(first, softmax(matmul(x, w))), w);
  g.outputs.push_back({"y", (second + matmul(first, w)).id});
  for (const bool views : {true, false}) {
    const Plan plan = make_plan(g, DType::f64, {.views = views});
    const auto place = [&](NodeId id) {
      const auto& calls = plan.phases[0].calls;
      return std::ranges::find(calls, id, &Call::node) - calls.begin();
    };
    BOOST_TEST(place(second.id) > place(g.inputs(g.inputs(second.id)[0])[1]));
    BOOST_TEST(plan.phases[0].calls.size() == (views ? 6u : 7u));
  }
}

BOOST_AUTO_TEST_CASE(elementwise_chains_become_one_call) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(16)}, true)), b = parameter(g, "b", {plain(16)});
  Value v = x;
  for (int i = 0; i < 50; ++i) v = tanh(v * 0.5 + b);
  g.outputs.push_back({"y", v.id});
  const Plan each = make_plan(g, DType::f32, {.fuse_elementwise = false});
  BOOST_TEST(each.phases[0].calls.size() == 150u);
  const Plan plan = make_plan(std::move(g), DType::f32);
  BOOST_TEST(plan.phases.size() == 1u);
  BOOST_TEST(plan.phases[0].calls.size() == 1u);
  BOOST_TEST(plan.shard_slots.size() == 1u);
  BOOST_TEST(plan.programs[0].temporaries == 1);
}

BOOST_AUTO_TEST_CASE(a_chain_through_a_product_is_two_calls_around_it) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(4)}, true)),
              w = parameter(g, "w", {plain(4), plain(4)});
  const Value a = tanh(x);
  g.outputs.push_back({"y", (exp(matmul(a, w)) * a).id});
  const Plan plan = make_plan(std::move(g), DType::f32);
  BOOST_TEST(plan.phases[0].calls.size() == 3u);
}

// A recurrence of `steps` products with one matrix.
Graph chain(int steps) {
  Graph g;
  const Value w = parameter(g, "w", {plain(32), plain(32)});
  Value h = input(g, "x", real_type({plain(32)}, true));
  for (int t = 0; t < steps; ++t) h = tanh(matmul(h, w));
  g.outputs.push_back({"y", h.id});
  return g;
}

BOOST_AUTO_TEST_CASE(weights_that_many_kernels_read_are_prepared_once) {
  const auto prepared = [](const Plan& plan) {
    int count = 0;
    for (const Phase& phase : plan.phases)
      for (const Call& call : phase.calls) {
        if (call.kind != Call::Kind::prepare) continue;
        BOOST_TEST(!phase.batched);
        ++count;
      }
    return count;
  };
  BOOST_TEST(prepared(make_plan(chain(2), DType::f32)) == 0);
  BOOST_TEST(prepared(make_plan(chain(6), DType::f64)) == 0);
  const bool possible = find_op("matmul")->preparation->size(real_type({plain(32), plain(32)}), {},
                                                             DType::f32, Products::full) > 0;
  BOOST_TEST(prepared(make_plan(chain(6), DType::f32)) == (possible ? 1 : 0));
}

BOOST_AUTO_TEST_CASE(what_is_part_of_two_values_is_written_to_both_by_its_kernel) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(4)}, true)),
              z = input(g, "z", real_type({plain(2)}, true));
  const Value shared = tanh(x);
  g.outputs = {{"one", softmax(concat(shared, z * 2.0)).id},
               {"other", softmax(concat(shared, sigmoid(z))).id}};
  const Plan plan = make_plan(std::move(g), DType::f32);
  std::map<Call::Kind, int> count;
  for (const Call& call : plan.phases[0].calls) ++count[call.kind];
  BOOST_TEST(count[Call::Kind::copy] == 0);
  BOOST_TEST(count[Call::Kind::fused] == 2);
  BOOST_TEST(print(plan).find(" = copy(") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(steps_and_slices_are_views_and_stacks_are_filled_in_place) {
  Graph g;
  const Dim time{3, "time", false, 0, {}};
  const Value x = input(g, "x", real_type({time, plain(4)}, true));
  std::vector<Value> steps;
  for (int t = 0; t < 3; ++t) steps.push_back(tanh(slice(at(x, t), 0, 0, 2)));
  const Value sequence = stack(steps, time);
  g.outputs.push_back({"y", softmax(sequence).id});
  const auto calls = [&](const PlanOptions& options) {
    return make_plan(g, DType::f32, options).phases[0].calls.size();
  };
  BOOST_TEST(calls({.views = false}) == 4u + 3 + 3);  // each step and each slice of it
  BOOST_TEST(calls({.in_place = false}) == 4u + 3);   // a copy of each part
  const Plan plan = make_plan(std::move(g), DType::f32);
  BOOST_TEST(plan.phases[0].calls.size() == 4u);
  for (const Value& step : steps) {
    const Home& home = plan.homes[plan.value_of[step.id]];
    BOOST_TEST((home.kind == Home::Kind::part && home.of == plan.value_of[sequence.id]));
  }
}

BOOST_AUTO_TEST_CASE(products_are_rounded_in_single_precision_only) {
  const PlanOptions rounded{.products = Products::bfloat16};
  const Plan single = make_plan(chain(6), DType::f32, rounded);
  BOOST_TEST((single.products == Products::bfloat16));
  BOOST_TEST(print(single).find("; products in bfloat16\n") != std::string::npos);
  const Plan twice = make_plan(chain(6), DType::f64, rounded);
  BOOST_TEST((twice.products == Products::full));
  BOOST_TEST(print(twice) == print(make_plan(chain(6), DType::f64)));
}

BOOST_AUTO_TEST_CASE(a_plan_prints) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2), plain(3)}, true)),
              w = parameter(g, "w", {plain(3)});
  g.outputs.push_back({"y", batch_sum(outer(x * (w + w), x)).id});
  const std::string text = print(make_plan(std::move(g), DType::f32));
  BOOST_TEST(
      text ==
      "plan: 2 phases, 3 calls; 1 shared slots of 64 bytes; 2 slots a shard of 64 bytes and 24 an "
      "example\n"
      "shared phase, 1 calls\n"
      "  fused %2 slot 0: %2 = add(%1, %1);\n"
      "batched phase, 2 calls\n"
      "  fused %3 slot 0: %3 = mul(%0, %2);\n"
      "  sum %5 slot 1 fused <- outer %3 %0 : batched real [3, 3]\n"
      "  reduce %5 handed out from the shards' slot 1\n");
}

BOOST_AUTO_TEST_CASE(of_a_long_constant_a_plan_prints_the_beginning) {
  Graph g;
  const Value ids = input(g, "ids", index_type({}, true));
  g.outputs.push_back(
      {"found", equal(ids, constant(g, Tensor(DType::i32, {1000}), {plain(1000)})).id});
  const std::string text = print(make_plan(std::move(g), DType::f32));
  BOOST_TEST(text.find("= constant {values=i32[1000](0, 0, 0, ") != std::string::npos);
  BOOST_TEST(text.find("0, ...)} : shared index [1000]\n") != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
