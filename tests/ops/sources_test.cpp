#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

#include "graph/interpret.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

using Drawn = std::vector<double>;

Drawn draw_numbers(const Feed& feed, Symbol call, std::int32_t step, const Dims& dims,
                   DType precision = DType::f64) {
  Graph g;
  g.current.step = step;
  g.outputs = {{"y", random_uniform(g, call, sizes(dims)).id}};
  const Tensor y = interpret_outputs(g, feed, precision).at("y");
  Drawn out;
  for (std::int64_t i = 0; i < y.size(); ++i) out.push_back(y.at(i));
  return out;
}

Feed keyed(std::uint64_t seed, std::uint64_t update, std::int64_t first, std::int64_t batch = 1) {
  return {.batch = batch, .tensors = {}, .key = {seed, update, first}};
}

}  // namespace

std::vector<Sample> sources_samples() {
  return {
      {.op = "input",
       .what = "as it is",
       .build = [](Graph& g, std::int64_t) { return real(g, "x", sizes({2})); },
       .naive = [](const Example& e) { return e["x"]; }},
      {.op = "parameter",
       .what = "as it is",
       .build =
           [](Graph& g, std::int64_t) {
             return shared(g, "w", sizes({2, 1}));
           },
       .naive = [](const Example& e) { return e["w"]; }},
      {.op = "length",
       .what = "as a factor",
       .build = [](Graph& g, std::int64_t) { return real(g, "x", {}) * to_real(length(g, "t")); },
       .naive = [](const Example& e) { return Numbers{e["x"][0] * e["length(t)"][0]}; }},
      {.op = "to_real",
       .what = "ids",
       .build = [](Graph& g, std::int64_t) { return to_real(ids(g, "i", sizes({3}))); },
       .naive = [](const Example& e) { return e["i"]; }},
      {.op = "fill",
       .what = "shared and batched",
       .build =
           [](Graph& g, std::int64_t) {
             return fill(g, 2.5, real_type(sizes({2}))) * fill(g, 2, real_type({}, true)) *
                    real(g, "x", {});
           },
       .naive =
           [](const Example& e) {
             return Numbers{5 * e["x"][0], 5 * e["x"][0]};
           }},
      {.op = "constant",
       .what = "a matrix as a factor",
       .build =
           [](Graph& g, std::int64_t) {
             return numbers(g, {2, 1}, {1.5, -2}) * real(g, "x", {});
           },
       .naive =
           [](const Example& e) {
             return Numbers{1.5 * e["x"][0], -2 * e["x"][0]};
           }},
      {.op = "random",
       .what = "a mask",
       .build =
           [](Graph& g, std::int64_t steps) {
             return dropout(real(g, "x", {ragged(steps), plain(3)}), 0.5, "drop");
           }},
      {.op = "state",
       .what = "its initial value",
       .build = [](Graph& g, std::int64_t) { return state(shared(g, "h0", sizes({2})), "h", 1); },
       .naive = [](const Example& e) { return e["h0"]; }},
      {.op = "after",
       .what = "a value of another shape",
       .build =
           [](Graph& g, std::int64_t) {
             return after(real(g, "x", sizes({2})), real(g, "y", sizes({3})));
           },
       .naive = [](const Example& e) { return e["x"]; }},
      {.op = "stop_gradient",
       .what = "as it is",
       .build = [](Graph& g, std::int64_t) { return stop_gradient(real(g, "x", sizes({2}))); },
       .naive = [](const Example& e) { return e["x"]; },
       .differentiable = false}};
}

BOOST_AUTO_TEST_SUITE(sources_of_numbers)

BOOST_AUTO_TEST_CASE(long_seeds_do_not_meet_other_updates) {
  const auto draw = [](std::uint64_t seed, std::uint64_t update) {
    return draw_numbers(keyed(seed, update, 0), "d", 0, {4});
  };
  const std::uint64_t high = std::uint64_t{1} << 32;
  BOOST_TEST((draw(5, 0) != draw(5 ^ high, 1)));
  BOOST_TEST((draw(5, 0) != draw(5 ^ high, 0)));
  BOOST_TEST((draw(5, 0) != draw(5, 1)));
}

BOOST_AUTO_TEST_CASE(values_and_rules) { check(sources_samples()); }

BOOST_AUTO_TEST_CASE(nothing_flows_back_through_a_stopped_gradient) {
  const Graph g = with_gradients(sources_samples().back(), sample_steps, false);
  const Data data = draw(g, sources_samples().back(), 2);
  const Tensor gradient = execute(g, data, DType::f64, 1, 1).at("grad:x");
  for (std::int64_t i = 0; i < gradient.size(); ++i) BOOST_TEST(gradient.at(i) == 0);
}

BOOST_AUTO_TEST_CASE(random_numbers_depend_on_their_keys_alone) {
  const Drawn first = draw_numbers(keyed(1, 2, 3), "a", 4, {6});
  BOOST_TEST(draw_numbers(keyed(1, 2, 3), "a", 4, {6}) == first);
  const std::set<Drawn> different{first,
                                  draw_numbers(keyed(9, 2, 3), "a", 4, {6}),
                                  draw_numbers(keyed(1ull << 40, 2, 3), "a", 4, {6}),
                                  draw_numbers(keyed(1, 9, 3), "a", 4, {6}),
                                  draw_numbers(keyed(1, 2, 9), "a", 4, {6}),
                                  draw_numbers(keyed(1, 2, 3), "b", 4, {6}),
                                  draw_numbers(keyed(1, 2, 3), "a", 9, {6})};
  BOOST_TEST(different.size() == 7u);
}

BOOST_AUTO_TEST_CASE(more_steps_or_examples_leave_the_first_draws_as_they_are) {
  const Drawn shorter = draw_numbers(keyed(1, 2, 0), "a", -1, {3, 5}),
              longer = draw_numbers(keyed(1, 2, 0), "a", -1, {4, 5});
  BOOST_TEST(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  const Drawn batch = draw_numbers(keyed(1, 2, 0, 3), "a", -1, {5});
  const Drawn third = draw_numbers(keyed(1, 2, 2), "a", -1, {5});
  BOOST_TEST(std::equal(third.begin(), third.end(), batch.begin() + 10));
}

BOOST_AUTO_TEST_CASE(random_numbers_are_uniform_and_the_same_in_both_precisions) {
  const Drawn y = draw_numbers(keyed(7, 0, 0), "a", -1, {20000});
  BOOST_TEST(y == draw_numbers(keyed(7, 0, 0), "a", -1, {20000}, DType::f32));
  double total = 0, squares = 0;
  for (const double v : y) {
    total += v;
    squares += v * v;
  }
  BOOST_TEST(*std::min_element(y.begin(), y.end()) >= 0);
  BOOST_TEST(*std::max_element(y.begin(), y.end()) < 1);
  BOOST_TEST(total / 20000 == 0.5, boost::test_tools::tolerance(0.02));
  BOOST_TEST(squares / 20000 == 1.0 / 3, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
