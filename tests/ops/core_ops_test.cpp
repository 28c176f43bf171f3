// Sums of adjoints: the short ways give what adding up one by one gives.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "graph/autodiff.h"
#include "graph/passes/drop_dead_nodes.h"
#include "graph/plan.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

int count(const Graph& g, const OpDef& op) {
  int n = 0;
  for (NodeId id = 0; id < g.size(); ++id) n += g.node(id).op == &op;
  return n;
}

using Terms = std::function<std::vector<Value>(Graph&)>;

// The terms added up by the core's `accumulate`, and one by one, as outputs "y" and "plain".
Graph both_sums(const Terms& terms) {
  Graph g;
  const std::vector<Value> all = terms(g);
  const Value y = core_ops().accumulate(all);
  Value plain = all[0];
  for (std::size_t i = 1; i < all.size(); ++i) plain = plain + all[i];
  g.outputs = {{"y", y.id}, {"plain", plain.id}};
  return g;
}

void check_sum(const Terms& terms) {
  const Graph g = both_sums(terms);
  const Data data = draw(g, {.op = "add", .what = "", .build = {}}, 3);
  const Results y = execute(g, data, DType::f64, 2, 1);
  BOOST_TEST(distance(y.at("y"), y.at("plain")) <= 1e-12);
}

// How many nodes `accumulate` adds to make the sum, and of which kind, by the text form.
int kind_in_sum(const Terms& terms, const OpDef& op) {
  Graph g;
  const std::vector<Value> all = terms(g);
  const int before = count(g, op);
  core_ops().accumulate(all);
  return count(g, op) - before;
}

// The gradient of a weight that reaches the loss in the ways that `sum_kernel`s know, once with
// each of these values used a second time, so that they are made for each example.
Results weight_gradients(Value (*apply)(Graph&), bool twice, int shards) {
  Graph g;
  const Value loss = batch_sum(apply(g));
  const auto sources = real_sources(g);
  std::vector<Value> weights;
  for (const Value& v : sources)
    if (!v.type().batched) weights.push_back(v);
  const auto d = gradients(loss, weights, core_ops());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    g.outputs.push_back({name_of(weights[i]), d[i].id});
    if (!twice) continue;
    // What a batch_sum takes is shown as an output, which is a second use.
    for (const NodeId in : g.inputs(d[i].id))
      if (g.type(in).batched)
        g.outputs.push_back({fmt::format("{} {} of each", name_of(weights[i]).str(), in), in});
  }
  const Plan plan = make_plan(drop_dead_nodes(g), DType::f64);
  const std::string text = print(plan);
  const bool at_once = text.find(" fused <-") != std::string::npos ||
                       text.find("shard by shard") != std::string::npos;
  BOOST_TEST(at_once != twice);
  const Data data = draw(g, {.op = "", .what = "", .build = {}}, 3);
  Results all = execute(drop_dead_nodes(g), data, DType::f64, shards, 1);
  std::erase_if(all, [](const auto& r) { return r.first.str().ends_with("of each"); });
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(core_operations)

BOOST_AUTO_TEST_CASE(single_steps_become_a_stack) {
  const Terms steps = [](Graph& g) {
    const Value x = real(g, "x", sizes({2})), w = shared(g, "w", sizes({2}));
    const Dim t = full(4);
    return std::vector{place(x, 2, t, 0), place(w, 0, t, 0), place(x * w, 2, t, 0),
                       real(g, "rest", {t, plain(2)})};
  };
  check_sum(steps);
  BOOST_TEST(kind_in_sum(steps, stack_op) == 1);
}

BOOST_AUTO_TEST_CASE(steps_of_another_dimension_are_added) {
  const Terms steps = [](Graph& g) {
    const Value x = real(g, "x", sizes({2}));
    return std::vector{place(x, 1, plain(3), 1), place(x, 0, plain(3), 1)};
  };
  check_sum(steps);
  BOOST_TEST(kind_in_sum(steps, stack_op) == 0);
}

BOOST_AUTO_TEST_CASE(parts_side_by_side_are_joined) {
  const Terms parts = [](Graph& g) {
    const Value a = real(g, "a", sizes({2, 1})), b = shared(g, "b", sizes({2, 3}));
    return std::vector{pad(b, 1, 1, 0), pad(a, 1, 0, 3)};
  };
  check_sum(parts);
  BOOST_TEST(kind_in_sum(parts, concat_op) == 1);
}

BOOST_AUTO_TEST_CASE(gaps_between_parts_are_zeros) {
  const Terms gap = [](Graph& g) {
    const Value a = real(g, "a", sizes({2}));
    return std::vector{pad(a, 0, 0, 3), pad(a, 0, 3, 0)};
  };
  const Terms both_ends = [](Graph& g) {
    const Value a = real(g, "a", sizes({2, 2})), b = shared(g, "b", sizes({2, 1}));
    return std::vector{pad(b, 1, 3, 2), pad(a, 1, 1, 3)};
  };
  for (const Terms& terms : {gap, both_ends}) {
    check_sum(terms);
    BOOST_TEST(kind_in_sum(terms, concat_op) == 1);
    BOOST_TEST(kind_in_sum(terms, *find_op("add")) == 0);
  }
}

BOOST_AUTO_TEST_CASE(other_parts_are_added) {
  const Terms overlap = [](Graph& g) {
    const Value a = real(g, "a", sizes({2}));
    return std::vector{pad(a, 0, 0, 1), pad(a, 0, 1, 0), pad(a, 0, 0, 1)};
  };
  const Terms two_dimensions = [](Graph& g) {
    const Value a = real(g, "a", sizes({1, 2})), b = real(g, "b", sizes({2, 1}));
    return std::vector{pad(a, 0, 0, 1), pad(b, 1, 1, 0)};
  };
  for (const Terms& terms : {overlap, two_dimensions}) {
    check_sum(terms);
    BOOST_TEST(kind_in_sum(terms, concat_op) == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_sequence_read_step_by_step_has_a_short_gradient) {
  Graph g;
  const Value x = real(g, "x", {full(50), plain(2)});
  Value h = fill(g, 0, real_type(sizes({2})));
  for (std::int64_t t = 0; t < 50; ++t) h = tanh(h + core_ops().at(x, t));
  const Value d = gradients(batch_sum(sum(h)), {{x}}, core_ops())[0];
  BOOST_TEST((g.node(d.id).op == &stack_op));
  g.outputs = {{"d", d.id}};
  BOOST_TEST(count(drop_dead_nodes(g), place_op) == 0);
}

BOOST_AUTO_TEST_CASE(sums_over_the_batch_are_the_same_made_at_once) {
  const auto products = [](Graph& g) {
    const Value x = real(g, "x", sizes({3, 2})), w = shared(g, "w", sizes({2, 2}));
    return sum(tanh(matmul(x, w)));
  };
  const auto biases = [](Graph& g) {
    const Value x = real(g, "x", sizes({3, 2})), b = shared(g, "b", sizes({2}));
    return sum(tanh(x + b) * (x * b));
  };
  const auto tables = [](Graph& g) {
    const Value e = shared(g, "e", sizes({4, 2}));
    return sum(tanh(gather(e, ids(g, "i", sizes({3}))) * real(g, "x", sizes({3, 2}))));
  };
  for (Value (*const apply)(Graph&) : {+products, +biases, +tables})
    for (const int shards : {1, 2, 5})
      require_near(weight_gradients(apply, false, shards), weight_gradients(apply, true, shards),
                   1e-12, "fused and not");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
