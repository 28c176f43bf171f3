#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "graph/autodiff.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

using Apply = std::function<Value(Value)>;

Sample reduced(const std::string& op, const std::string& what, const Dims& dims, bool is_shared,
               Apply apply, std::function<Numbers(const Numbers&)> formula) {
  return {.op = op,
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                return apply(is_shared ? shared(g, "x", sizes(dims)) : real(g, "x", sizes(dims)));
              },
          .naive = [=](const Example& e) { return formula(e["x"]); }};
}

Sample over_steps(const std::string& op, const std::string& what, Apply apply) {
  return {.op = op, .what = what, .build = [=](Graph& g, std::int64_t steps) {
            return apply(real(g, "x", {plain(2), ragged(steps), plain(3)}) *
                         shared(g, "w", sizes({3})));
          }};
}

// The samples that sums and maxima share, with the function of two numbers that they fold.
void add_folds(std::vector<Sample>& out, const std::string& op,
               Value (*apply)(Value, std::vector<std::int64_t>), double (*f)(double, double)) {
  using N = const Numbers&;
  out.push_back(reduced(
      op, "everything", {2, 2}, false, [=](Value x) { return apply(x, {}); },
      [=](N x) { return Numbers{f(f(x[0], x[1]), f(x[2], x[3]))}; }));
  out.push_back(reduced(
      op, "rows", {2, 3}, false, [=](Value x) { return apply(x, {1}); },
      [=](N x) {
        return Numbers{f(f(x[0], x[1]), x[2]), f(f(x[3], x[4]), x[5])};
      }));
  out.push_back(reduced(
      op, "columns, shared", {2, 2}, true, [=](Value x) { return apply(x, {-2}); },
      [=](N x) {
        return Numbers{f(x[0], x[2]), f(x[1], x[3])};
      }));
  out.push_back(reduced(
      op, "outer and inner of three", {2, 2, 2}, false,
      [=](Value x) {
        return apply(x, {2, 0});
      },
      [=](N x) {
        return Numbers{f(f(x[0], x[1]), f(x[4], x[5])), f(f(x[2], x[3]), f(x[6], x[7]))};
      }));
  out.push_back(reduced(
      op, "a number", {}, false, [=](Value x) { return apply(x, {}); }, [](N x) { return x; }));
  out.push_back(reduced(
      op, "sizes of 1", {1, 2, 1}, false,
      [=](Value x) {
        return apply(x, {0, 2});
      },
      [](N x) { return x; }));
  out.push_back(over_steps(op, "over steps", [=](Value x) { return apply(x, {1}); }));
  out.push_back(over_steps(op, "over all but steps", [=](Value x) { return apply(x, {0, 2}); }));
  out.push_back(
      over_steps(op, "over everything, steps too", [=](Value x) { return apply(x, {}); }));
}

Sample summed_to(const std::string& what, const Dims& from, const Dims& to,
                 std::function<Numbers(const Numbers&)> formula) {
  return reduced(
      "sum_to", what, from, false, [=](Value x) { return sum_to(x, real_type(sizes(to))); },
      formula);
}

}  // namespace

std::vector<Sample> reduce_samples() {
  using N = const Numbers&;
  std::vector<Sample> out;
  add_folds(out, "sum", sum, [](double a, double b) { return a + b; });
  add_folds(out, "max", max, std::fmax);
  out.push_back(over_steps("max", "least over steps", [](Value x) { return min(x, {1}); }));
  out.push_back(over_steps("sum", "mean over steps", [](Value x) { return mean(x, {1, 2}); }));
  out.push_back(reduced(
      "sum", "mean of a row", {3}, false, [](Value x) { return mean(x); },
      [](N x) { return Numbers{(x[0] + x[1] + x[2]) / 3}; }));
  out.push_back(
      summed_to("to a number", {2, 2}, {}, [](N x) { return Numbers{x[0] + x[1] + x[2] + x[3]}; }));
  out.push_back(summed_to("to a row", {2, 2}, {2}, [](N x) {
    return Numbers{x[0] + x[2], x[1] + x[3]};
  }));
  out.push_back(summed_to("to a column", {2, 2, 2}, {2, 1}, [](N x) {
    return Numbers{x[0] + x[1] + x[4] + x[5], x[2] + x[3] + x[6] + x[7]};
  }));
  out.push_back(summed_to("nothing to sum", {2, 3}, {2, 3}, [](N x) { return x; }));
  out.push_back({.op = "batch_sum", .what = "one term", .build = [](Graph& g, std::int64_t) {
                   return batch_sum(real(g, "x", sizes({2, 2})));
                 }});
  out.push_back({.op = "batch_sum",
                 .what = "several terms, some of them twice, some shared",
                 .build = [](Graph& g, std::int64_t) {
                   const Value x = real(g, "x", sizes({2})), y = real(g, "y", sizes({2}));
                   const std::vector<Value> terms{x, x * y, shared(g, "w", sizes({2})), x};
                   return batch_sum(terms);
                 }});
  out.push_back({.op = "batch_sum",
                 .what = "of outer products with one row shared",
                 .build = [](Graph& g, std::int64_t) {
                   const Value x = real(g, "x", sizes({2, 3})), w = shared(g, "w", sizes({2, 2}));
                   return batch_sum(outer(x, w));
                 }});
  return out;
}

BOOST_AUTO_TEST_SUITE(reduce)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(reduce_samples()); }

BOOST_AUTO_TEST_CASE(batch_sums) {
  Graph g;
  const Value x = real(g, "x", sizes({2}));
  g.outputs = {{"sum", batch_sum(x).id}, {"count", batch_sum(fill(g, 1.0, real_type({}))).id}};
  const Data data{3, {{"x", Tensor::of<double>({3, 2}, {1, 2, 10, 20, 100, 200})}}};
  for (const int shards : {1, 2, 5}) {
    const Results y = execute(g, data, DType::f64, shards, 1);
    BOOST_TEST(y.at("sum").at(0) == 111);
    BOOST_TEST(y.at("sum").at(1) == 222);
    BOOST_TEST(y.at("count").at(0) == 3);
  }
}

BOOST_AUTO_TEST_CASE(nan_comes_through_a_maximum_wherever_it_stands) {
  for (const int place : {0, 1, 2}) {
    Numbers x{1, 2, 3};
    x[static_cast<std::size_t>(place)] = nan;
    BOOST_TEST(std::isnan(evaluate([&](Graph& g) { return max(numbers(g, {3}, x)); }).front()));
    BOOST_TEST(std::isnan(evaluate([&](Graph& g) {
                            return max(numbers(g, {3, 1}, x), {0});
                          }).front()));
    BOOST_TEST(std::isnan(evaluate([&](Graph& g) { return min(numbers(g, {3}, x)); }).front()));
  }
}

BOOST_AUTO_TEST_CASE(equal_largest_share_the_gradient) {
  const Numbers y = evaluate([](Graph& g) {
    const Value x = numbers(g, {4}, {2, 5, 5, 1});
    return gradients(max(x), {{x}}, core_ops())[0];
  });
  BOOST_TEST(y == (Numbers{0, 0.5, 0.5, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_negative_numbers) {
  BOOST_TEST(evaluate([](Graph& g) { return max(numbers(g, {2}, {-3, -4})); }) == Numbers{-3});
}

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", {full(3, "time"), plain(2)}), i = ids(g, "i", sizes({2}));
  BOOST_TEST(error_of([&] { sum(x, {2}); }) == "sum: there is no dimension 2 in [time=3, 2]");
  BOOST_TEST(error_of([&] { max(x, {-3}); }) == "max: there is no dimension -3 in [time=3, 2]");
  BOOST_TEST(error_of([&] { mean(x, {7}); }) == "mean: there is no dimension 7 in [time=3, 2]");
  const std::string ids_given =
      ": needs real numbers, got ids [2] (embedding or one_hot makes real numbers of them)";
  BOOST_TEST(error_of([&] { sum(i); }) == "sum" + ids_given);
  BOOST_TEST(error_of([&] { max(i); }) == "max" + ids_given);
  BOOST_TEST(error_of([&] { batch_sum(i); }) == "batch_sum" + ids_given);
  BOOST_TEST(error_of([&] {
               batch_sum(std::vector{x, real(g, "y", sizes({2}))});
             }) == "batch_sum: left is [time=3, 2], right is [2]: all need the same shape");
  BOOST_TEST(error_of([&] { g.add(batch_sum_op, {{shared(g, "w", sizes({2}))}}); }) ==
             "batch_sum: needs a value for each example, got a shared one [2]");
  BOOST_TEST(error_of([&] {
               sum_to(x, real_type(sizes({1, 3, 2})));
             }) == "sum_to: [time=3, 2] has fewer dimensions than the 3 to sum to");
  BOOST_TEST(error_of([&] {
               sum_to(x, real_type(sizes({2, 2})));
             }) == "sum_to: time=3 of [time=3, 2] sums to 1, not to 2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
