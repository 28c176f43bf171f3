#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

enum class Kind { softmax, log_softmax, log_sum_exp };

// Along the middle of [outer, n, inner], straight from the definition.
Numbers by_definition(const Numbers& x, std::size_t outer, std::size_t n, std::size_t inner,
                      Kind kind) {
  const bool keeps = kind != Kind::log_sum_exp;
  Numbers y(keeps ? x.size() : outer * inner);
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t i = 0; i < inner; ++i) {
      double total = 0;
      for (std::size_t k = 0; k < n; ++k) total += std::exp(x[(o * n + k) * inner + i]);
      if (!keeps) y[o * inner + i] = std::log(total);
      for (std::size_t k = 0; k < n && keeps; ++k) {
        const double p = std::exp(x[(o * n + k) * inner + i]) / total;
        y[(o * n + k) * inner + i] = kind == Kind::log_softmax ? std::log(p) : p;
      }
    }
  return y;
}

void add(std::vector<Sample>& out, const std::string& op, const std::string& name,
         Value (*apply)(Value, int), Kind kind) {
  const auto on = [&](const std::string& what, const Dims& dims, int dim, bool is_shared,
                      std::size_t outer, std::size_t n, std::size_t inner) {
    out.push_back(
        {.op = op,
         .what = name + ", " + what,
         .build =
             [=](Graph& g, std::int64_t) {
               return apply(is_shared ? shared(g, "x", sizes(dims)) : real(g, "x", sizes(dims)),
                            dim);
             },
         .naive = [=](const Example& e) { return by_definition(e["x"], outer, n, inner, kind); }});
  };
  on("a row", {5}, -1, false, 1, 5, 1);
  on("a long row, so that vectors and the rest of them are used", {37}, -1, false, 1, 37, 1);
  on("rows", {2, 3}, -1, false, 2, 3, 1);
  on("columns, shared", {3, 2}, 0, true, 1, 3, 2);
  on("within", {2, 2, 2}, 1, false, 2, 2, 2);
  on("a single one", {2, 1}, 1, false, 2, 1, 1);
  out.push_back(
      {.op = op, .what = name + ", over steps", .build = [=](Graph& g, std::int64_t steps) {
         return apply(real(g, "x", {ragged(steps), plain(2)}) * shared(g, "w", sizes({2})), 0);
       }});
  out.push_back(
      {.op = op, .what = name + ", at every step", .build = [=](Graph& g, std::int64_t steps) {
         return apply(real(g, "x", {ragged(steps), plain(3)}) * shared(g, "w", sizes({3})), 1);
       }});
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

std::vector<Sample> softmax_samples() {
  std::vector<Sample> out;
  add(out, "softmax", "softmax", softmax, Kind::softmax);
  add(out, "log_sum_exp", "itself", log_sum_exp, Kind::log_sum_exp);
  add(out, "log_sum_exp", "log_softmax", log_softmax, Kind::log_softmax);
  return out;
}

BOOST_AUTO_TEST_SUITE(softmax_and_logarithm)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(softmax_samples()); }

BOOST_AUTO_TEST_CASE(large_numbers) {
  for (const auto run : {evaluate, evaluate_f32}) {
    BOOST_TEST(run([](Graph& g) {
                 return softmax(numbers(g, {3}, {1e4, 1e4, -1e4}));
               }) == (Numbers{0.5, 0.5, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(run([](Graph& g) {
                 return log_softmax(numbers(g, {2}, {1e4, -1e4}));
               }) == (Numbers{0, -2e4}),
               boost::test_tools::per_element());
    BOOST_TEST(run([](Graph& g) {
                 return log_sum_exp(numbers(g, {2}, {1e4, -1e4}));
               }) == (Numbers{1e4}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(excluded_and_bad_numbers) {
  BOOST_TEST(evaluate([](Graph& g) {
               return softmax(numbers(g, {2}, {-infinity, 3}));
             }) == (Numbers{0, 1}),
             boost::test_tools::per_element());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto apply : {softmax, log_softmax, log_sum_exp})
    for (const Numbers& x : {Numbers{nan, 1}, Numbers{1, nan}})
      for (const double y : evaluate([&](Graph& g) { return apply(numbers(g, {2}, x), 0); }))
        BOOST_TEST(std::isnan(y));
}

// Wherever in a vector, or in what none holds, the largest number stands.
BOOST_AUTO_TEST_CASE(the_largest_number_is_found_in_every_place) {
  constexpr std::size_t size = 37;
  for (const auto run : {evaluate, evaluate_f32})
    for (std::size_t place = 0; place < size; ++place) {
      Numbers x(size, 100), expected(size, 0);
      x[place] = 1e4;
      expected[place] = 1;
      const Numbers found = run([&](Graph& g) { return softmax(numbers(g, {size}, x), 0); });
      BOOST_TEST(found == expected, "the largest at " << place);
    }
}

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", sizes({3}));
  BOOST_TEST(error_of([&] { softmax(x, 1); }) == "softmax: there is no dimension 1 in [3]");
  BOOST_TEST(error_of([&] { log_softmax(real(g, "s", {})); }) ==
             "log_softmax: there is no dimension -1 in []");
  BOOST_TEST(
      error_of([&] { log_softmax(ids(g, "i", sizes({3}))); }) ==
      "log_softmax: needs real numbers, got ids [3] (embedding or one_hot makes real numbers of "
      "them)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
