#include <boost/test/unit_test.hpp>

#include <cmath>

#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

BOOST_AUTO_TEST_SUITE(compositions)

BOOST_AUTO_TEST_CASE(gelu_is_x_times_the_normal_distribution) {
  check({.op = "erf",
         .what = "gelu",
         .build = [](Graph& g, std::int64_t) { return gelu(real(g, "x", sizes({7}))); },
         .naive =
             [](const Example& e) {
               Numbers y = e["x"];
               for (double& v : y) v *= std::erfc(-v / std::sqrt(2.0)) / 2;
               return y;
             }});
}

BOOST_AUTO_TEST_CASE(layer_norm_centres_and_scales_rows) {
  check({.op = "sqrt",
         .what = "layer_norm",
         .build =
             [](Graph& g, std::int64_t) {
               const Value x = real(g, "x", sizes({2, 3}));
               return layer_norm(x, shared(g, "scale", sizes({3})), shared(g, "shift", sizes({3})),
                                 1e-2);
             },
         .naive =
             [](const Example& e) {
               Numbers y = e["x"];
               for (std::size_t i = 0; i < 6; i += 3) {
                 const double mean = (y[i] + y[i + 1] + y[i + 2]) / 3;
                 double variance = 0;
                 for (std::size_t j = i; j < i + 3; ++j) variance += std::pow(y[j] - mean, 2) / 3;
                 for (std::size_t j = i; j < i + 3; ++j)
                   y[j] = (y[j] - mean) / std::sqrt(variance + 1e-2) * e["scale"][j - i] +
                          e["shift"][j - i];
               }
               return y;
             }});
  check(
      {.op = "sqrt", .what = "layer_norm at every step", .build = [](Graph& g, std::int64_t steps) {
         const Value x = real(g, "x", {ragged(steps), plain(3)});
         return layer_norm(x, shared(g, "scale", sizes({3})), shared(g, "shift", sizes({3})));
       }});
}

BOOST_AUTO_TEST_CASE(dropout_keeps_the_mean) {
  const Numbers y = evaluate(
      [](Graph& g) { return dropout(fill(g, 3.0, real_type(sizes({10000}))), 0.25, "drop"); });
  double total = 0;
  for (const double v : y) {
    BOOST_TEST((v == 0 || v == 4));
    total += v;
  }
  BOOST_TEST(total / 10000 == 3, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(dropout_says_nothing_of_a_shape_that_is_being_inferred) {
  Graph g;
  BOOST_TEST(!dropout(input(g, "h", unknown_type()), 0.5, "drop").type().known);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
