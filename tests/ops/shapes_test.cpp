#include <boost/test/unit_test.hpp>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

Sample moved(const std::string& op, const std::string& what, const Dims& dims, bool is_shared,
             std::function<Value(Value)> apply, std::function<Numbers(const Numbers&)> formula) {
  return {.op = op,
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                return apply(is_shared ? shared(g, "x", sizes(dims)) : real(g, "x", sizes(dims)));
              },
          .naive = [=](const Example& e) { return formula(e["x"]); }};
}

Sample at_steps(const std::string& op, const std::string& what, std::function<Value(Value)> apply) {
  return {.op = op, .what = what, .build = [=](Graph& g, std::int64_t steps) {
            return apply(real(g, "x", {ragged(steps), plain(4)}) * shared(g, "w", sizes({4})));
          }};
}

Numbers cycled(const Numbers& x) {  // [2, 1, 3] in the order 2, 0, 1
  return {x[0], x[3], x[1], x[4], x[2], x[5]};
}

}  // namespace

std::vector<Sample> shapes_samples() {
  using N = const Numbers&;
  const auto same = [](N x) { return x; };
  return {moved(
              "transpose", "a matrix", {2, 3}, false, [](Value x) { return transpose(x); },
              [](N x) { return Numbers{x[0], x[3], x[1], x[4], x[2], x[5]}; }),
          moved(
              "transpose", "a cycle of three", {2, 1, 3}, true,
              [](Value x) {
                return transpose(x, {2, 0, 1});
              },
              cycled),
          moved(
              "transpose", "a number", {}, false, [](Value x) { return transpose(x, {}); }, same),
          moved(
              "reshape", "a matrix as a row", {2, 3}, false,
              [](Value x) { return reshape(x, sizes({6})); }, same),
          moved(
              "reshape", "a number as a matrix", {}, true,
              [](Value x) {
                return reshape(x, sizes({1, 1}));
              },
              same),
          moved(
              "reshape", "more dimensions at the end", {2}, false,
              [](Value x) { return expand_trailing(x, 2); }, same),
          moved(
              "broadcast", "a row", {2}, false,
              [](Value x) {
                return broadcast_to(x, real_type(sizes({2, 2})));
              },
              [](N x) {
                return Numbers{x[0], x[1], x[0], x[1]};
              }),
          moved(
              "broadcast", "a column, shared", {2, 1}, true,
              [](Value x) {
                return broadcast_to(x, real_type(sizes({2, 2, 2})));
              },
              [](N x) { return Numbers{x[0], x[0], x[1], x[1], x[0], x[0], x[1], x[1]}; }),
          moved(
              "broadcast", "a number", {}, false,
              [](Value x) { return broadcast_to(x, real_type(sizes({3}))); },
              [](N x) {
                return Numbers{x[0], x[0], x[0]};
              }),
          at_steps("transpose", "steps as columns", [](Value x) { return transpose(x); }),
          at_steps("reshape", "every step as a matrix",
                   [](Value x) {
                     return reshape(x, {x.type().dims[0], plain(2), plain(2)});
                   }),
          at_steps("broadcast", "every step twice", [](Value x) {
            return broadcast_to(x, real_type({plain(2), x.type().dims[0], plain(4)}));
          })};
}

BOOST_AUTO_TEST_SUITE(shapes)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(shapes_samples()); }

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", {full(3, "time"), plain(2)});
  BOOST_TEST(error_of([&] {
               transpose(x, {0, 0});
             }) == "transpose: the order must name each dimension of [time=3, 2] once");
  BOOST_TEST(error_of([&] { transpose(x, {1}); }) ==
             "transpose: the order must name each dimension of [time=3, 2] once");
  BOOST_TEST(error_of([&] { transpose(real(g, "y", sizes({3}))); }) ==
             "transpose: [3] has no two dimensions to swap");
  BOOST_TEST(error_of([&] { reshape(x, sizes({4})); }) ==
             "reshape: [time=3, 2] holds 6 numbers, [4] would hold 4");
  BOOST_TEST(error_of([&] {
               broadcast_to(x, real_type(sizes({3, 1})));
             }) == "broadcast: [time=3, 2] does not broadcast to [3, 1]");
  BOOST_TEST(
      error_of([&] {
        broadcast_to(x, real_type(sizes({4, 2})));
      }) ==
      "broadcast: shapes do not broadcast (time=3 vs 4): left is [time=3, 2], right is [4, 2]");
}

BOOST_AUTO_TEST_CASE(steps_do_not_move_where_lengths_differ) {
  Graph g;
  const Value x = real(g, "x", {ragged(4, "word"), plain(2)});
  BOOST_TEST(error_of([&] { reshape(x, sizes({8})); }) ==
             "reshape: word has a length of its own in each example; operand is [word=4, 2]");
  BOOST_TEST(error_of([&] {
               reshape(x, {plain(2), ragged(4, "word")});
             }) == "reshape: word has a length of its own in each example; operand is [word=4, 2]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
