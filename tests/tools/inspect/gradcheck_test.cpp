// The check of gradients: right ones pass, wrong ones do not, kinks are stepped over.

#include "tools/inspect/gradcheck.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>

#include "ops/ops.h"
#include "tests/tools/inspect/small_program.h"
#include "tools/inspect/few_examples.h"

using namespace unfold;
using unfold::testing::SmallProgram;

namespace {

std::vector<GradcheckRow> check(const Model& model) {
  const data::Batch batch = few_examples(*model.program);
  BuildOptions options;
  options.steps = batch.steps;
  Scheduler scheduler(1);
  return gradcheck(build(model, options).model.graph, batch, model.parameters, 1, scheduler);
}

/// The check of dw of the sum of f(w).
GradcheckRow check_function(Value (*f)(Value), const std::vector<double>& w) {
  Graph graph;
  const auto n = static_cast<std::int64_t>(w.size());
  const Value weight = parameter(graph, "w", {plain(n)});
  graph.outputs = {{"loss", sum(f(weight)).id}};
  Scheduler scheduler(1);
  data::Batch batch;
  batch.size = 1;
  return gradcheck(graph, batch, {{"w", Tensor::of({n}, w)}}, 1, scheduler).at(0);
}

OpDef without(const char* name, std::vector<Value> (*gradient)(const GradientArgs&)) {
  OpDef op = *find_op(name);
  op.gradient = gradient;
  return op;
}

Value wrong_tanh(Value x) {
  static const OpDef op =
      without("tanh", [](const GradientArgs& a) { return std::vector<Value>{a.adjoint * 1.001}; });
  return x.graph->add(op, std::vector<Value>{x});
}

Value slightly_wrong_exp(Value x) {
  static const OpDef op = without("exp", [](const GradientArgs& a) {
    return std::vector<Value>{a.adjoint * a.self * (1 + 1e-5)};
  });
  return x.graph->add(op, std::vector<Value>{x});
}

Value silent_exp(Value x) {
  static const OpDef op =
      without("exp", [](const GradientArgs&) { return std::vector<Value>{Value()}; });
  return x.graph->add(op, std::vector<Value>{x});
}

Value not_a_number_exp(Value x) {
  static const OpDef op = without("exp", [](const GradientArgs& a) {
    return std::vector<Value>{a.adjoint * log(a.self - 1.0)};
  });
  return x.graph->add(op, std::vector<Value>{x});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradchecks)

BOOST_AUTO_TEST_CASE(right_gradients_pass) {
  for (const char* layer : {"rnn", "lstm", "gru"}) {
    std::string model = SmallProgram::sentiment;
    model.replace(model.find("rnn"), 3, layer);
    const SmallProgram program(model);
    const auto rows = check(program.load(DType::f64));
    BOOST_TEST(rows.size() >= 4);
    for (const GradcheckRow& row : rows) {
      BOOST_TEST(row.passed(), layer << ", " << row.parameter << ": " << row.error);
      BOOST_TEST(row.checked > 3);
    }
    BOOST_TEST(std::is_sorted(rows.begin(), rows.end(),
                              [](const auto& a, const auto& b) { return a.error > b.error; }));
  }
}

BOOST_AUTO_TEST_CASE(random_masks_stay_the_same) {
  const SmallProgram program(R"(  h = lstm(dropout(embedding(review, 8), 0.5), units = 4)
  p = dense(dropout(last(h), 0.5), 1)
  loss = binary_cross_entropy(p, sentiment)
)");
  for (const GradcheckRow& row : check(program.load(DType::f64)))
    BOOST_TEST(row.passed(), row.parameter << ": " << row.error);
}

BOOST_AUTO_TEST_CASE(frozen_parameters_are_left_out) {
  const SmallProgram program(R"(  frozen param U : [5, 2] = normal(1)
  y = last(one_hot(review)) @ U
  param v : [2] = ones
  loss = mean_squared_error(sum(y * v), mean(sentiment))
)");
  const auto rows = check(program.load(DType::f64));
  BOOST_REQUIRE(rows.size() == 1);
  BOOST_TEST(rows[0].parameter == "v");
}

BOOST_AUTO_TEST_CASE(a_wrong_gradient_is_caught) {
  GradcheckRow never_measured;
  never_measured.unmeasurable = 3;
  BOOST_TEST(!never_measured.passed());
  BOOST_TEST(check_function(exp, {0.3, -0.8, 1.2}).passed());
  BOOST_TEST(check_function(tanh, {0.3, -0.8, 1.2}).passed());
  const GradcheckRow wrong = check_function(wrong_tanh, {0.3, -0.8, 1.2});
  BOOST_TEST(!wrong.passed());
  BOOST_TEST(wrong.error > 0.05);
  BOOST_TEST(!check_function(slightly_wrong_exp, {0.3, -0.8, 1.2}).passed());
  BOOST_TEST(!check_function(silent_exp, {0.3, -0.8, 1.2}).passed());
  BOOST_TEST(to_table({wrong}).find("WRONG") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_not_finite_is_caught) {
  const GradcheckRow row = check_function(not_a_number_exp, {0.3, -0.8, 1.2});
  BOOST_TEST(!row.passed());
  BOOST_CHECK_THROW(check_function(log, {-1}), Error);
}

BOOST_AUTO_TEST_CASE(a_kink_is_no_mistake) {
  // One of the two sides is as good as the other at 0, and 1e-3 is too near to measure well.
  const GradcheckRow row = check_function(relu, {0, 1.5, -2, 1e-3});
  BOOST_TEST(row.passed(), row.at << ": " << row.error);
  BOOST_TEST(row.unmeasurable >= 1);
  BOOST_TEST(row.checked >= 2);
}

BOOST_AUTO_TEST_CASE(small_gradients_are_measured) {
  const GradcheckRow row =
      check_function([](Value x) { return exp(x) * 1e-6 + 1.0; }, {0.3, -0.8, 1.2});
  BOOST_TEST(row.passed());
  BOOST_TEST(row.checked >= 3);
}

BOOST_AUTO_TEST_CASE(a_model_without_a_loss_says_so) {
  Graph graph;
  const Value weight = parameter(graph, "w", {plain(2)});
  graph.outputs = {{"output:y", weight.id}};
  Scheduler scheduler(1);
  data::Batch batch;
  batch.size = 1;
  BOOST_CHECK_EXCEPTION(
      gradcheck(graph, batch, {{"w", Tensor(DType::f64, {2})}}, 1, scheduler), Error,
      [](const Error& e) { return e.message.find("no `loss`") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(few_examples_differ_in_length) {
  const SmallProgram program(SmallProgram::sentiment);
  const data::Batch batch = few_examples(*program.load().program);
  BOOST_TEST(batch.size == 3);
  const auto& lengths = batch.lengths.at("time(review)");
  BOOST_TEST(lengths.at(0) == 1);
  BOOST_TEST(lengths.at(2) == 3);
}

BOOST_AUTO_TEST_CASE(without_a_trained_parameter_there_is_nothing_to_check) {
  const auto message = [](const std::string& model) {
    try {
      check(SmallProgram(model).load(DType::f64));
    } catch (const Error& error) {
      return error.message;
    }
    return std::string();
  };
  BOOST_TEST(message("  loss = mean_squared_error(sentiment * 2, sentiment)\n") ==
             "the program has no parameters, so no gradient to check");
  BOOST_TEST(message("  frozen param w : [1]\n  loss = mean_squared_error(w, sentiment)\n") ==
             "all parameters are frozen, so there is no gradient to check");
}

BOOST_AUTO_TEST_SUITE_END()
