#include <boost/test/unit_test.hpp>

#include "tests/ops/broadcasting.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

void add_ids(std::vector<Sample>& out, const std::string& op, Value (*apply)(Value, Value),
             double (*f)(double, double)) {
  out.push_back({.op = op,
                 .what = "ids",
                 .build =
                     [=](Graph& g, std::int64_t) {
                       return apply(ids(g, "a", sizes({7})), ids(g, "b", sizes({1})));
                     },
                 .naive =
                     [=](const Example& e) {
                       return broadcast_naively({"", {7}, {1}}, e["a"], e["b"], f);
                     },
                 .ids = 2});
}

Sample chosen(const std::string& what, bool all_shared) {
  return {.op = "where",
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                const Value a = shared(g, "a", sizes({2, 3})), b = shared(g, "b", sizes({3}));
                const Value c =
                    all_shared ? shared(g, "c", sizes({2, 1})) : real(g, "c", sizes({2, 1}));
                return select(less(c, fill(g, 0.5, real_type({}))), a, b * c);
              },
          .naive =
              [](const Example& e) {
                Numbers y;
                for (std::size_t i = 0; i < 2; ++i)
                  for (std::size_t j = 0; j < 3; ++j)
                    y.push_back(e["c"][i] < 0.5 ? e["a"][3 * i + j] : e["b"][j] * e["c"][i]);
                return y;
              }};
}

}  // namespace

std::vector<Sample> compare_samples() {
  std::vector<Sample> out;
  const auto add = [&](const std::string& op, Value (*apply)(Value, Value),
                       double (*f)(double, double)) {
    add_pairs(out, op, apply, f);
    add_ids(out, op, apply, f);
  };
  add("equal", equal, [](double a, double b) { return double(a == b); });
  add("not_equal", not_equal, [](double a, double b) { return double(a != b); });
  add("less", less, [](double a, double b) { return double(a < b); });
  add("less_equal", less_equal, [](double a, double b) { return double(a <= b); });
  add("greater", greater, [](double a, double b) { return double(a > b); });
  add("greater_equal", greater_equal, [](double a, double b) { return double(a >= b); });
  out.push_back(chosen("condition for each row of each example", false));
  out.push_back(chosen("all shared", true));
  out.push_back(
      {.op = "where", .what = "lengths differ", .build = [](Graph& g, std::int64_t steps) {
         const Value x = real(g, "x", {ragged(steps)}), w = shared(g, "w", {});
         return select(greater(x, w), x * w, w);
       }});
  return out;
}

BOOST_AUTO_TEST_SUITE(compare)

BOOST_AUTO_TEST_CASE(functions_rules_and_padding) { check(compare_samples()); }

BOOST_AUTO_TEST_CASE(equal_numbers) {
  const auto at_equal = [](Value (*apply)(Value, Value)) {
    return evaluate([&](Graph& g) { return apply(numbers(g, {}, {2}), numbers(g, {}, {2})); })
        .front();
  };
  BOOST_TEST(at_equal(equal) == 1);
  BOOST_TEST(at_equal(not_equal) == 0);
  BOOST_TEST(at_equal(less) == 0);
  BOOST_TEST(at_equal(less_equal) == 1);
  BOOST_TEST(at_equal(greater) == 0);
  BOOST_TEST(at_equal(greater_equal) == 1);
}

BOOST_AUTO_TEST_CASE(any_number_but_0_is_true) {
  const Numbers y = evaluate([](Graph& g) {
    return select(numbers(g, {4}, {1, 0, -0.5, -0.0}), numbers(g, {}, {7}), numbers(g, {}, {9}));
  });
  BOOST_TEST(y == (Numbers{7, 9, 7, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", sizes({3})), i = ids(g, "i", sizes({3}));
  BOOST_TEST(error_of([&] { equal(x, i); }) == "equal: cannot compare ids with real numbers");
  BOOST_TEST(error_of([&] { less(x, real(g, "y", sizes({2}))); }) ==
             "less: shapes do not broadcast (3 vs 2): left is [3], right is [2]");
  BOOST_TEST(
      error_of([&] { select(x, x, i); }) ==
      "where: needs real numbers, got ids [3] (embedding or one_hot makes real numbers of them)");
  BOOST_TEST(error_of([&] { select(x, x, real(g, "z", sizes({2}))); }) ==
             "where: shapes do not broadcast (3 vs 2): left is [3], right is [2]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
