#include <boost/test/unit_test.hpp>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

Sample cut(const std::string& op, const std::string& what, const Dims& dims, bool is_shared,
           std::function<Value(Value)> apply, std::function<Numbers(const Numbers&)> formula) {
  return {.op = op,
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                return apply(is_shared ? shared(g, "x", sizes(dims)) : real(g, "x", sizes(dims)));
              },
          .naive = [=](const Example& e) { return formula(e["x"]); }};
}

Sample within_steps(const std::string& op, std::function<Value(Value)> apply) {
  return {.op = op, .what = "of every step", .build = [=](Graph& g, std::int64_t steps) {
            return apply(real(g, "x", {ragged(steps), plain(3)}) * shared(g, "w", sizes({3})));
          }};
}

}  // namespace

std::vector<Sample> slice_samples() {
  using N = const Numbers&;
  return {
      cut(
          "at", "first dimension", {3, 2}, false, [](Value x) { return at(x, 2); },
          [](N x) {
            return Numbers{x[4], x[5]};
          }),
      cut(
          "at", "last dimension", {2, 3}, false, [](Value x) { return at(x, 1, -1); },
          [](N x) {
            return Numbers{x[1], x[4]};
          }),
      cut(
          "at", "the only element of a shared row", {1}, true, [](Value x) { return at(x, 0); },
          [](N x) { return x; }),
      cut(
          "place", "first dimension", {2}, false, [](Value x) { return place(x, 1, plain(3), 0); },
          [](N x) { return Numbers{0, 0, x[0], x[1], 0, 0}; }),
      cut(
          "place", "last dimension, shared", {2}, true,
          [](Value x) { return place(x, 0, plain(2), 1); },
          [](N x) {
            return Numbers{x[0], 0, x[1], 0};
          }),
      cut(
          "place", "a number", {}, false, [](Value x) { return place(x, 0, full(1), 0); },
          [](N x) { return x; }),
      cut(
          "slice", "first dimension", {4, 2}, false, [](Value x) { return slice(x, 0, 1, 3); },
          [](N x) {
            return Numbers{x[2], x[3], x[4], x[5]};
          }),
      cut(
          "slice", "last dimension, shared", {2, 3}, true,
          [](Value x) { return slice(x, -1, 2, 3); },
          [](N x) {
            return Numbers{x[2], x[5]};
          }),
      cut(
          "slice", "everything", {3}, false, [](Value x) { return slice(x, 0, 0, 3); },
          [](N x) { return x; }),
      cut(
          "pad", "first dimension", {2}, false, [](Value x) { return pad(x, 0, 1, 2); },
          [](N x) {
            return Numbers{0, x[0], x[1], 0, 0};
          }),
      cut(
          "pad", "within, shared", {2, 1, 2}, true, [](Value x) { return pad(x, 1, 0, 1); },
          [](N x) { return Numbers{x[0], x[1], 0, 0, x[2], x[3], 0, 0}; }),
      cut(
          "pad", "nothing", {2}, false, [](Value x) { return pad(x, 0, 0, 0); },
          [](N x) { return x; }),
      within_steps("at", [](Value x) { return at(x, 1, 1); }),
      within_steps("place", [](Value x) { return place(x, 1, plain(2), 2); }),
      within_steps("slice", [](Value x) { return slice(x, 1, 1, 3); }),
      within_steps("pad", [](Value x) { return pad(x, 1, 1, 0); })};
}

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(slice_samples()); }

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", {full(3, "time"), plain(2)});
  BOOST_TEST(error_of([&] { at(x, 3); }) == "index 3 is outside of time=3, which goes from 0 to 2");
  BOOST_TEST(error_of([&] { at(x, -1); }) ==
             "index -1 is outside of time=3, which goes from 0 to 2");
  BOOST_TEST(error_of([&] { at(x, 0, 2); }) == "at: there is no dimension 2 in [time=3, 2]");
  BOOST_TEST(error_of([&] { slice(x, 0, 1, 4); }) == "1:4 is not a part of time=3");
  BOOST_TEST(error_of([&] { slice(x, 0, 2, 2); }) == "2:2 is not a part of time=3");
  BOOST_TEST(error_of([&] { slice(x, -3, 0, 1); }) ==
             "slice: there is no dimension -3 in [time=3, 2]");
  BOOST_TEST(error_of([&] { pad(x, 5, 1, 1); }) == "pad: there is no dimension 5 in [time=3, 2]");
  BOOST_TEST(error_of([&] { pad(x, 1, -1, 0); }) == "pad: cannot add -1 before and 0 after 2");
  BOOST_TEST(error_of([&] { place(x, 4, plain(4), 0); }) ==
             "place: [time=3, 2] does not go to element 4 of 4 as dimension 0");
  BOOST_TEST(error_of([&] { place(x, 0, plain(4), 3); }) ==
             "place: [time=3, 2] does not go to element 0 of 4 as dimension 3");
}

BOOST_AUTO_TEST_CASE(steps_are_not_cut_where_lengths_differ) {
  Graph g;
  const Value x = real(g, "x", {ragged(4, "word"), plain(2)});
  for (const auto& [name, apply] :
       {std::pair<std::string, Value (*)(Value)>{"at", [](Value v) { return at(v, 1); }},
        {"slice", [](Value v) { return slice(v, 0, 0, 2); }},
        {"pad", [](Value v) { return pad(v, 0, 1, 0); }}})
    BOOST_TEST(error_of([&, f = apply] { f(x); }) ==
               name + ": word has a length of its own in each example; operand is [word=4, 2]");
}

// A graph read from text could name dimensions that no builder does.
BOOST_AUTO_TEST_CASE(dimensions_are_stored_from_the_front) {
  Graph g;
  const Value x = real(g, "x", sizes({2, 3}));
  const Value last = slice(x, -1, 0, 2);
  BOOST_TEST(g.attributes(last.id).integer("dim") == 1);
  BOOST_TEST(error_of([&] {
               g.add(at_op, {{x}}, {{"dim", std::int64_t{-1}}, {"index", std::int64_t{0}}});
             }) == "at: dimensions are stored counted from the front");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
