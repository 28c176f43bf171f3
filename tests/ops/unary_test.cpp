#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "graph/autodiff.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

using Function = double (*)(double);

// The shapes every elementwise function of one operand is tried on.
void add(std::vector<Sample>& out, const std::string& op, Value (*apply)(Value), Function f,
         double low = -2, double high = 2, double garbage = 1e6) {
  const auto naive = [f](const Example& e) {
    Numbers y = e["x"];
    for (double& v : y) v = f(v);
    return y;
  };
  const auto on = [&](const std::string& what, std::vector<Dim> dims, bool is_shared) {
    out.push_back({.op = op,
                   .what = what,
                   .build =
                       [=](Graph& g, std::int64_t) {
                         return apply(is_shared ? shared(g, "x", dims) : real(g, "x", dims));
                       },
                   .naive = naive,
                   .low = low,
                   .high = high});
  };
  on("single numbers", {}, false);
  on("a long row, so that vectors and the rest of them are used", sizes({37}), false);
  on("shared", sizes({2, 3}), true);
  on("sizes of 1", sizes({1, 3, 1}), false);
  out.push_back(
      {.op = op,
       .what = "lengths differ",
       .build =
           [=](Graph& g, std::int64_t steps) {
             return apply(real(g, "x", {ragged(steps), plain(2)}) * shared(g, "w", sizes({2})));
           },
       .low = std::max(low, 0.5),
       .high = std::max(high, 1.5),
       .garbage = garbage});
}

Numbers at(Value (*apply)(Value), const Numbers& x) {
  return evaluate(
      [&](Graph& g) { return apply(numbers(g, {static_cast<std::int64_t>(x.size())}, x)); });
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

std::vector<Sample> unary_samples() {
  std::vector<Sample> out;
  add(
      out, "neg", [](Value x) { return -x; }, [](double x) { return -x; });
  add(out, "exp", exp, std::exp, -2, 2, 50);
  add(out, "log", log, std::log, 0.5, 3);
  add(out, "sqrt", sqrt, std::sqrt, 0.5, 3);
  add(out, "abs", abs, std::fabs);
  add(out, "sign", sign, [](double x) { return double(x > 0) - double(x < 0); });
  add(out, "tanh", tanh, std::tanh);
  add(out, "sigmoid", sigmoid, logistic);
  add(out, "relu", relu, [](double x) { return x > 0 ? x : 0; });
  add(out, "softplus", softplus, [](double x) { return std::log(1 + std::exp(x)); });
  add(out, "erf", erf, std::erf);
  add(
      out, "reciprocal", reciprocal, [](double x) { return 1 / x; }, 0.5, 3);
  return out;
}

BOOST_AUTO_TEST_SUITE(unary)

BOOST_AUTO_TEST_CASE(functions_rules_and_padding) { check(unary_samples()); }

BOOST_AUTO_TEST_CASE(large_numbers_do_not_overflow) {
  BOOST_TEST(at(sigmoid, {-1e4, 0, 40, 1e4}) == (Numbers{0, 0.5, 1, 1}),
             boost::test_tools::per_element());
  // Vectors of other processors round the exponential another way.
  BOOST_TEST(at(sigmoid, {-40})[0] == logistic(-40), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(at(tanh, {-1e4, 1e4}) == (Numbers{-1, 1}), boost::test_tools::per_element());
  BOOST_TEST(at(softplus, {-1e4, 1e4}) == (Numbers{0, 1e4}), boost::test_tools::per_element());
  BOOST_TEST(at(erf, {-1e4, 1e4}) == (Numbers{-1, 1}), boost::test_tools::per_element());
  const auto x = [](Graph& g) { return numbers(g, {4}, {-200, -80, 80, 200}); };
  BOOST_TEST(evaluate_f32([&](Graph& g) { return sigmoid(x(g)); }).front() == 0);
  BOOST_TEST(evaluate_f32([&](Graph& g) { return softplus(x(g)); }).back() == 200);
  BOOST_TEST(evaluate_f32([&](Graph& g) { return tanh(x(g)); }).back() == 1);
}

BOOST_AUTO_TEST_CASE(at_zero) {
  const Numbers zero{0};
  BOOST_TEST(at(abs, zero) == zero);
  BOOST_TEST(at(sign, zero) == zero);
  BOOST_TEST(at(relu, zero) == zero);
  BOOST_TEST(at(sqrt, zero) == zero);
  BOOST_TEST(at(log, zero) == Numbers{-infinity});
  BOOST_TEST(at(reciprocal, zero) == Numbers{infinity});
}

// A NaN must reach the loss, where training looks for it. Seventeen of them, so that those that no
// vector holds are there too.
BOOST_AUTO_TEST_CASE(nan_comes_through) {
  for (const auto apply : {exp, log, sqrt, abs, tanh, sigmoid, relu, softplus, erf, reciprocal})
    for (const double y : at(apply, Numbers(17, nan))) BOOST_TEST(std::isnan(y));
}

BOOST_AUTO_TEST_CASE(slopes_at_the_kink_are_0) {
  for (const auto apply : {abs, relu}) {
    Graph g;
    const Value x = shared(g, "x", {});
    const Value y = apply(x);
    g.outputs = {{"slope", gradients(y, {{x}}, core_ops())[0].id}};
    Data data{1, {{"x", Tensor(DType::f64, {})}}};
    BOOST_TEST(execute(g, data, DType::f64, 1, 1).at("slope").at(0) == 0);
  }
}

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value word = ids(g, "word", {full(5, "time")});
  BOOST_TEST(
      error_of([&] { tanh(word); }) ==
      "tanh: needs real numbers, got ids [time=5] (embedding or one_hot makes real numbers of "
      "them)");
  BOOST_TEST(error_of([&] {
               to_real(real(g, "x", sizes({2, 3})));
             }) == "to_real: needs ids of symbols or classes, got real numbers [2, 3]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
