#include <array>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <limits>

#include "graph/autodiff.h"
#include "tests/ops/broadcasting.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

// Numbers of a slope at single points: d apply(a, b) / da and / db.
// Of an overloaded function the one of two values.
constexpr auto two(Value (*apply)(Value, Value)) { return apply; }

Numbers slopes(const std::function<Value(Value, Value)>& apply, double a, double b) {
  return evaluate([&](Graph& g) {
    const Value x = numbers(g, {}, {a}), y = numbers(g, {}, {b});
    const auto d = gradients(apply(x, y), {{x, y}}, core_ops());
    return stack({{d[0], d[1]}}, plain(2));
  });
}

}  // namespace

std::vector<Sample> binary_samples() {
  std::vector<Sample> out;
  add_pairs(out, "add", operator+, [](double a, double b) { return a + b; });
  add_pairs(out, "sub", operator-, [](double a, double b) { return a - b; });
  add_pairs(out, "mul", operator*, [](double a, double b) { return a * b; });
  add_pairs(
      out, "div", operator/, [](double a, double b) { return a / b; }, 0.5, 2);
  add_pairs(out, "pow", pow, std::pow, 0.5, 2);
  add_pairs(out, "maximum", maximum, std::fmax);
  add_pairs(out, "minimum", minimum, std::fmin);
  return out;
}

BOOST_AUTO_TEST_SUITE(binary)

BOOST_AUTO_TEST_CASE(functions_rules_and_padding) { check(binary_samples()); }

BOOST_AUTO_TEST_CASE(numbers_on_either_side) {
  const auto at_3 = [](Value (*f)(Value)) {
    return evaluate([&](Graph& g) { return f(numbers(g, {}, {3})); }).front();
  };
  BOOST_TEST(at_3([](Value x) { return x + 2; }) == 5);
  BOOST_TEST(at_3([](Value x) { return x - 2; }) == 1);
  BOOST_TEST(at_3([](Value x) { return 2 - x; }) == -1);
  BOOST_TEST(at_3([](Value x) { return x * 2; }) == 6);
  BOOST_TEST(at_3([](Value x) { return x / 2; }) == 1.5);
  BOOST_TEST(at_3([](Value x) { return clip(x, -1, 2); }) == 2);
  BOOST_TEST(at_3([](Value x) { return clip(-x, -1, 2); }) == -1);
}

BOOST_AUTO_TEST_CASE(nan_comes_through_from_either_side) {
  for (const auto apply : std::array<Value (*)(Value, Value), 3>{maximum, minimum, pow})
    for (const bool left : {false, true}) {
      const Numbers row(17, nan), other(17, 2);
      const Numbers y = evaluate([&](Graph& g) {
        return apply(numbers(g, {17}, left ? row : other), numbers(g, {17}, left ? other : row));
      });
      for (const double v : y) BOOST_TEST(std::isnan(v));
    }
}

BOOST_AUTO_TEST_CASE(gradient_goes_to_the_first_of_equals) {
  BOOST_TEST(slopes(two(maximum), 2, 2) == (Numbers{1, 0}));
  BOOST_TEST(slopes(two(minimum), 2, 2) == (Numbers{1, 0}));
}

// Passes may exchange operands where neither result nor gradient tells.
BOOST_AUTO_TEST_CASE(what_is_commutative_has_equal_gradients_for_equal_operands) {
  for (const OpDef& op : binary_ops())
    if (op.commutative) {
      const auto apply = [&](Value a, Value b) { return a.graph->add(op, {{a, b}}); };
      const Numbers at = slopes(apply, 2, 2);
      BOOST_TEST(at[0] == at[1], op.name);
    }
}

BOOST_AUTO_TEST_CASE(numbers_stand_on_either_side) {
  const Numbers y = evaluate([](Graph& g) {
    const Value x = numbers(g, {1}, {4});
    return concat(std::vector<Value>{2.0 * x, 1.0 + x, 2.0 / x, pow(x, 2.0), maximum(x, 5.0),
                                     minimum(x, 5.0)});
  });
  BOOST_TEST(y == (Numbers{8, 5, 0.5, 16, 5, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(powers_at_and_below_zero) {
  BOOST_TEST(slopes(two(pow), 0, 2) == (Numbers{0, 0}));
  BOOST_TEST(slopes(two(pow), 0, 1) == (Numbers{1, 0}));
  BOOST_TEST(slopes(two(pow), 0, 0) == (Numbers{0, 0}));
  BOOST_TEST(slopes(two(pow), -3, 2) == (Numbers{-6, 0}));
  BOOST_TEST(slopes(two(pow), -3, 0) == (Numbers{0, 0}));
}

BOOST_AUTO_TEST_CASE(second_derivative_of_a_power_at_zero) {
  for (const double exponent : {1.0, 2.0, 3.0}) {
    const Numbers y = evaluate([&](Graph& g) {
      const Value x = numbers(g, {}, {0}), n = numbers(g, {}, {exponent});
      const Value slope = gradients(pow(x, n), {{x}}, core_ops())[0];
      return gradients(slope, {{x}}, core_ops())[0];
    });
    BOOST_TEST(y == Numbers{exponent == 2 ? 2.0 : 0.0});
  }
}

BOOST_AUTO_TEST_CASE(division_by_zero) {
  const auto over_0 = [](double x) {
    return evaluate([&](Graph& g) { return numbers(g, {}, {x}) / numbers(g, {}, {0}); }).front();
  };
  BOOST_TEST(over_0(1) == std::numeric_limits<double>::infinity());
  BOOST_TEST(std::isnan(over_0(0)));
}

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", {full(5, "time"), plain(3, "units")});
  BOOST_TEST(
      error_of([&] { x + real(g, "y", sizes({4})); }) ==
      "add: shapes do not broadcast (units=3 vs 4): left is [time=5, units=3], right is [4]");
  BOOST_TEST(
      error_of([&] { x* ids(g, "i", {full(5, "time")}); }) ==
      "mul: needs real numbers, got ids [time=5] (embedding or one_hot makes real numbers of "
      "them)");
  BOOST_TEST(error_of([&] {
               x - real(g, "z", {full(5, "line"), plain(1)});
             }) ==
             "sub: time and line are different time axes: left is [time=5, units=3], right is "
             "[line=5, 1]");
  const Value lengths_differ = real(g, "w", {ragged(5, "word"), plain(3)});
  BOOST_TEST(
      error_of([&] {
        maximum(lengths_differ, real(g, "v", sizes({5, 1})));
      }) ==
      "maximum: word differs from example to example, the other size is fixed (word=5 vs 5): "
      "left is [word=5, 3], right is [5, 1]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
