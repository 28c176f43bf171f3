// Plans as text: for comparing (names and order of lines left out) and for people (steps folded).

#include "tools/inspect/plan_text.h"

#include <boost/test/unit_test.hpp>

#include "ops/ops.h"
#include "tests/tools/inspect/small_program.h"
#include "tools/inspect/canonical.h"
#include "tools/inspect/rolled_plan.h"
#include "tools/train/training_step.h"

using namespace unfold;
using unfold::testing::SmallProgram;

namespace {

std::string joined(const std::vector<PlanLine>& lines) {
  std::string text;
  for (const PlanLine& line : lines) text += line.text + "\n";
  return text;
}

Graph small_graph(const std::string& layer, const std::string& label) {
  Graph g;
  g.current.site.path = layer;
  const Value unused = parameter(g, layer + ".unused", {plain(7)});
  exp(unused);
  const Value w = parameter(g, "w", {plain(3, label)});
  const Value x = input(g, "x", real_type({plain(2), plain(3, label)}, true));
  g.outputs.push_back({"y", batch_sum(outer(x * (w + w), x)).id});
  return g;
}

Plan trained(const Model& model, std::int64_t steps) {
  Diagnostics diagnostics;
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  BuildOptions options;
  options.default_steps = steps;
  const PassOptions passes = training_passes(model, settings);
  return make_plan(optimise(training_graph(build(model, options).model.graph, model.parameters, {},
                                           false, passes)
                                .graph,
                            passes),
                   DType::f32);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_texts)

BOOST_AUTO_TEST_CASE(say_what_is_done_and_where) {
  BOOST_TEST(joined(plan_text(make_plan(small_graph("a", "n"), DType::f32))) ==
             "shared phase\n"
             "v1 = parameter {name=\"w\"} : shared real [3]\n"
             "fused add v1 v1 -> v2, v2 in slot 0 : shared real [3]\n"
             "batched phase\n"
             "v3 = input {name=\"x\"} : batched real [2, 3]\n"
             "fused mul v3 v2 -> v4, v4 in slot 0 : batched real [2, 3]\n"
             "sum outer v4 v3 -> s1 in slot 1\n"
             "reduce s1 in slot 1 to v5 in the results : shared real [3, 3]\n"
             "output y v5\n");
}

BOOST_AUTO_TEST_CASE(do_not_depend_on_places_labels_and_numbers_of_nodes) {
  BOOST_TEST(joined(plan_text(make_plan(small_graph("a", "n"), DType::f32))) ==
             joined(plan_text(make_plan(small_graph("another.layer", "units"), DType::f32))));
}

BOOST_AUTO_TEST_CASE(calls_are_counted_by_kind) {
  const auto counts = calls_by_kind(make_plan(small_graph("a", "n"), DType::f32));
  BOOST_TEST((counts == std::map<std::string, std::int64_t>{{"fused", 2}, {"sum of outer", 1}}));
}

// Sums that are made for all shards at once are calls like others, of which the first sets them.
BOOST_AUTO_TEST_CASE(all_texts_count_the_same_calls) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(65)}, true));
  const Value y = input(g, "y", real_type({plain(1090)}, true));
  g.outputs.push_back({"sum", g.add(batch_sum_op, std::vector{outer(x, y), outer(exp(x), y)}).id});
  const Plan plan = make_plan(std::move(g), DType::f32);
  BOOST_TEST_REQUIRE(plan.phases.size() == 1u);
  BOOST_TEST_REQUIRE(plan.phases[0].direct_sums.size() == 2u);
  std::int64_t calls = 0;
  for (const auto& [kind, count] : calls_by_kind(plan)) calls += count;
  BOOST_TEST(calls == 3);
  const std::string rolled = rolled_text(plan), printed = print(plan);
  BOOST_TEST(rolled.starts_with("3 calls in 1 phases\n"), rolled);
  BOOST_TEST(rolled.find("for each shard of the batch: 3 calls\n") != std::string::npos, rolled);
  BOOST_TEST(printed.starts_with("plan: 1 phases, 3 calls;"), printed);
  BOOST_TEST(printed.find("batched phase, 3 calls") != std::string::npos, printed);
  const std::string text = joined(plan_text(plan));
  BOOST_TEST(text.find("\nset outer ") < text.find("\nadd outer "), text);
}

// How many calls one more step of training takes.
std::int64_t calls_of_a_step(const std::string& cell) {
  const Model model = SmallProgram("  h = " + cell + R"(
  p = dense(last(h), 1)
  loss = binary_cross_entropy(p, sentiment)
)")
                          .load();
  const auto calls = [&](std::int64_t steps) {
    std::int64_t sum = 0;
    for (const auto& [kind, count] : calls_by_kind(trained(model, steps))) sum += count;
    return sum;
  };
  BOOST_TEST(calls(30) - calls(20) == 10 * (calls(12) - calls(11)));
  return calls(12) - calls(11);
}

// A product and a fused kernel each way, for every cell whose gates multiply the state itself.
BOOST_AUTO_TEST_CASE(a_step_of_a_recurrence_takes_a_product_and_a_kernel_each_way) {
  BOOST_TEST(calls_of_a_step("rnn(one_hot(review), units = 20)") == 4);
  BOOST_TEST(calls_of_a_step("lstm(one_hot(review), units = 20)") == 4);
  BOOST_TEST(calls_of_a_step("lstm(one_hot(review), units = 20, coupled = true)") == 4);
  BOOST_TEST(calls_of_a_step("lstm(one_hot(review), units = 20, layers = 2)") == 8);
  BOOST_TEST(calls_of_a_step("gru(one_hot(review), units = 20, reset = after)") == 4);
}

// Peepholes add up the gradients of their vectors, in one kernel; with `reset = before` a GRU's
// candidate needs a product of its own, so there are twice as many.
BOOST_AUTO_TEST_CASE(other_cells_take_their_own_extra_work) {
  BOOST_TEST(calls_of_a_step("lstm(one_hot(review), units = 20, peephole = true)") == 4 + 1);
  BOOST_TEST(calls_of_a_step("gru(one_hot(review), units = 20)") == 2 * 4);
}

BOOST_AUTO_TEST_CASE(parameters_are_named_by_shape_and_first_use_or_keep_their_names) {
  Graph g;
  const Value late = parameter(g, "late", {plain(2)}), unused = parameter(g, "unused", {plain(2)}),
              early = parameter(g, "early", {plain(2)}), b = parameter(g, "b", {});
  tanh(unused);
  g.outputs.push_back({"y", (early * b - late).id});
  const auto number = [](std::string name, Dims dims, bool frozen = false) {
    return TrainedParameter{std::move(name), Tensor(DType::f32, std::move(dims)), frozen};
  };
  const CanonicalGraph found = canonical(
      g, {number("late", {2}), number("unused", {2}), number("early", {2}), number("b", {}, true)},
      {"late"});
  const std::map<std::string, std::string> expected{
      {"[2] 1", "early"}, {"frozen [] 1", "b"}, {"[2] late", "late"}};
  BOOST_TEST((found.own_names == expected));
  BOOST_TEST(found.parameters.size() == 3u);
  for (NodeId id = 0; id < found.graph.size(); ++id)
    if (found.graph.node(id).op == &parameter_op)
      BOOST_TEST(found.own_names.contains(found.graph.attributes(id).text("name")));
}

BOOST_AUTO_TEST_CASE(steps_that_do_the_same_are_one_line) {
  const Model model = SmallProgram(SmallProgram::sentiment).load();
  const std::string few = rolled_text(trained(model, 20)), many = rolled_text(trained(model, 50));
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  BOOST_TEST(lines(many) <= lines(few) + 2);
  BOOST_TEST(many.find("steps 1 to 49  matmul [3] x [3, 3], fused(") != std::string::npos, many);
  BOOST_TEST(many.find("steps 48 to 1  fused(") != std::string::npos, many);
  BOOST_TEST(many.find("backward, h") != std::string::npos, many);
}

// A layer that each step calls takes turns with the recurrence around it.
BOOST_AUTO_TEST_CASE(steps_of_several_layers_are_lines_that_take_turns) {
  const Model model = SmallProgram(R"(
    x = dense(one_hot(review), 3)
    param W : [3, 3] = glorot
    for t in x { h[t] = tanh(layer_norm(x[t] + h[t-1] @ W)) }
    p = dense(last(h), 1)
    loss = binary_cross_entropy(p, sentiment)
)")
                          .load();
  const std::string few = rolled_text(trained(model, 20)), many = rolled_text(trained(model, 50));
  BOOST_TEST(std::ranges::count(many, '\n') <= std::ranges::count(few, '\n') + 2, many);
  BOOST_TEST(many.find("| layer_norm") != std::string::npos, many);
  BOOST_TEST(many.find("steps 48 to 1") != std::string::npos, many);
}

BOOST_AUTO_TEST_SUITE_END()
