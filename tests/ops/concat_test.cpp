#include <boost/test/unit_test.hpp>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

Numbers joined(std::initializer_list<Numbers> parts) {
  Numbers out;
  for (const Numbers& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}

}  // namespace

std::vector<Sample> concat_samples() {
  return {
      {.op = "concat",
       .what = "rows, one of them shared",
       .build =
           [](Graph& g, std::int64_t) {
             return concat(shared(g, "a", sizes({2})), real(g, "b", sizes({3})));
           },
       .naive =
           [](const Example& e) {
             return joined({e["a"], e["b"]});
           }},
      {.op = "concat",
       .what = "rows of matrices",
       .build =
           [](Graph& g, std::int64_t) {
             return concat(real(g, "a", sizes({2, 1})), shared(g, "b", sizes({2, 2})));
           },
       .naive =
           [](const Example& e) {
             const Numbers &a = e["a"], &b = e["b"];
             return Numbers{a[0], b[0], b[1], a[1], b[2], b[3]};
           }},
      {.op = "concat",
       .what = "the same part twice, along the first dimension",
       .build =
           [](Graph& g, std::int64_t) {
             const Value a = real(g, "a", sizes({2, 2})), b = real(g, "b", sizes({1, 2}));
             return concat(std::vector{a, b, a}, 0);
           },
       .naive =
           [](const Example& e) {
             return joined({e["a"], e["b"], e["a"]});
           }},
      {.op = "concat",
       .what = "the middle dimension, all shared",
       .build =
           [](Graph& g, std::int64_t) {
             const Value a = shared(g, "a", sizes({2, 1, 2})), b = shared(g, "b", sizes({2, 2, 2}));
             return concat(std::vector{a, b}, -2);
           },
       .naive =
           [](const Example& e) {
             const Numbers &a = e["a"], &b = e["b"];
             return Numbers{a[0], a[1], b[0], b[1], b[2], b[3], a[2], a[3], b[4], b[5], b[6], b[7]};
           }},
      {.op = "concat",
       .what = "one part",
       .build = [](Graph& g,
                   std::int64_t) { return concat(std::vector{real(g, "a", sizes({3}))}); },
       .naive = [](const Example& e) { return e["a"]; }},
      {.op = "concat",
       .what = "ids",
       .build =
           [](Graph& g, std::int64_t) {
             return concat(ids(g, "a", sizes({2})), ids(g, "b", sizes({1})));
           },
       .naive =
           [](const Example& e) {
             return joined({e["a"], e["b"]});
           }},
      {.op = "concat",
       .what = "lengths differ",
       .build =
           [](Graph& g, std::int64_t steps) {
             return concat(real(g, "a", {ragged(steps), plain(2)}),
                           real(g, "b", {ragged(steps), plain(1)}));
           }},
      {.op = "stack",
       .what = "rows, one of them shared, one twice",
       .build =
           [](Graph& g, std::int64_t) {
             const Value a = shared(g, "a", sizes({2})), b = real(g, "b", sizes({2}));
             return stack(std::vector{a, b, a}, full(3));
           },
       .naive =
           [](const Example& e) {
             return joined({e["a"], e["b"], e["a"]});
           }},
      {.op = "stack",
       .what = "shared numbers",
       .build =
           [](Graph& g, std::int64_t) {
             return stack(std::vector{shared(g, "a", {}), shared(g, "b", {})}, plain(2, "pair"));
           },
       .naive =
           [](const Example& e) {
             return joined({e["a"], e["b"]});
           }},
      {.op = "stack",
       .what = "sequences of different lengths",
       .build = [](Graph& g, std::int64_t steps) {
         return stack(std::vector{real(g, "a", {ragged(steps)}), real(g, "b", {ragged(steps)})},
                      plain(2));
       }}};
}

BOOST_AUTO_TEST_SUITE(concat_and_stack)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(concat_samples()); }

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", {plain(2), plain(3, "units")});
  BOOST_TEST(error_of([&] { concat(x, real(g, "a", sizes({3}))); }) ==
             "concat: left is [2, units=3], right is [3]: they need equally many dimensions");
  BOOST_TEST(error_of([&] {
               concat(x, real(g, "b", sizes({4, 3})));
             }) == "concat: other sizes differ (2 vs 4): left is [2, units=3], right is [4, 3]");
  BOOST_TEST(error_of([&] {
               concat(std::vector{x, x}, 2);
             }) == "concat: there is no dimension 2 in [2, units=3]");
  BOOST_TEST(error_of([&] {
               stack(std::vector{x, real(g, "c", sizes({2, 4}))}, plain(2));
             }) == "stack: left is [2, units=3], right is [2, 4]: all need the same shape");
}

BOOST_AUTO_TEST_CASE(steps_cannot_be_joined_where_lengths_differ) {
  Graph g;
  const Value x = real(g, "x", {ragged(4, "word"), plain(2)});
  BOOST_TEST(error_of([&] {
               concat(std::vector{x, x}, 0);
             }) == "concat: word has a length of its own in each example; operand is [word=4, 2]");
}

BOOST_AUTO_TEST_CASE(rank_comes_from_a_known_part_while_shapes_are_inferred) {
  Graph g;
  const Value unknown = input(g, "h", unknown_type());
  const Value joined_value = concat(unknown, real(g, "x", sizes({3})));
  BOOST_TEST(!joined_value.type().known);
  BOOST_TEST(g.attributes(joined_value.id).integer("dim") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
