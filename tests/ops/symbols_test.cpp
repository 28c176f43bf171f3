#include <boost/test/unit_test.hpp>

#include <limits>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

// The rows of a table of `width` columns that ids name, zeros for ids below 0.
Numbers rows(const Numbers& table, const Numbers& named, std::size_t width) {
  Numbers out;
  for (const double id : named)
    for (std::size_t j = 0; j < width; ++j)
      out.push_back(id < 0 ? 0 : table[static_cast<std::size_t>(id) * width + j]);
  return out;
}

Sample gathered(const std::string& what, const Dims& at, bool shared_table) {
  return {.op = "gather",
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                const Value table = shared_table ? shared(g, "table", sizes({4, 2}))
                                                 : real(g, "table", sizes({4, 2}));
                return gather(table, ids(g, "ids", sizes(at)));
              },
          .naive = [](const Example& e) { return rows(e["table"], e["ids"], 2); }};
}

Sample scattered(const std::string& what, bool shared_rows) {
  return {.op = "scatter",
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                const Value x =
                    shared_rows ? shared(g, "x", sizes({5, 2})) : real(g, "x", sizes({5, 2}));
                return scatter(x, ids(g, "ids", sizes({5})), plain(4));
              },
          .naive =
              [](const Example& e) {
                Numbers y(8);
                for (std::size_t i = 0; i < 5; ++i)
                  for (std::size_t j = 0; j < 2; ++j)
                    if (e["ids"][i] >= 0)
                      y[static_cast<std::size_t>(e["ids"][i]) * 2 + j] += e["x"][2 * i + j];
                return y;
              }};
}

Sample picked(const std::string& what, bool shared_rows) {
  return {.op = "pick",
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                const Value x =
                    shared_rows ? shared(g, "x", sizes({3, 4})) : real(g, "x", sizes({3, 4}));
                return pick(x, ids(g, "ids", sizes({3})));
              },
          .naive =
              [](const Example& e) {
                Numbers y;
                for (std::size_t i = 0; i < 3; ++i)
                  y.push_back(
                      e["ids"][i] < 0 ? 0 : e["x"][4 * i + static_cast<std::size_t>(e["ids"][i])]);
                return y;
              }};
}

Value fixed_ids(Graph& g, const Dims& dims, const std::vector<std::int32_t>& values) {
  return constant(g, Tensor::of<std::int32_t>(dims, values), sizes(dims));
}

}  // namespace

std::vector<Sample> symbols_samples() {
  return {
      gathered("several ids", {3, 2}, true),
      gathered("a single id", {}, true),
      gathered("a table for each example", {3}, false),
      {.op = "gather",
       .what = "shared ids in a table for each example",
       .build =
           [](Graph& g, std::int64_t) {
             return gather(real(g, "table", sizes({4, 2})), fixed_ids(g, {3}, {2, -1, 2}));
           },
       .naive =
           [](const Example& e) {
             return rows(e["table"], {2, -1, 2}, 2);
           }},
      {.op = "gather",
       .what = "a table used twice",
       .build =
           [](Graph& g, std::int64_t steps) {
             const Value table = shared(g, "table", sizes({4, 2}));
             return gather(table, ids(g, "a", {ragged(steps)})) *
                    gather(table, ids(g, "b", {ragged(steps)}));
           }},
      scattered("rows of each example", false),
      scattered("shared rows, ids of each example", true),
      {.op = "scatter",
       .what = "rows of steps, summed over the batch",
       .build =
           [](Graph& g, std::int64_t steps) {
             return scatter(real(g, "x", {ragged(steps), plain(2)}), ids(g, "ids", {ragged(steps)}),
                            plain(4));
           }},
      {.op = "one_hot",
       .what = "several ids, one of them too large",
       .build = [](Graph& g, std::int64_t) { return one_hot(ids(g, "ids", sizes({4})), plain(3)); },
       .naive =
           [](const Example& e) {
             Numbers y;
             for (const double id : e["ids"])
               for (int k = 0; k < 3; ++k) y.push_back(id == k);
             return y;
           }},
      picked("rows of each example", false),
      picked("shared rows", true),
      {.op = "pick",
       .what = "at every step",
       .build =
           [](Graph& g, std::int64_t steps) {
             const Value x = real(g, "x", {ragged(steps), plain(4)}) * shared(g, "w", sizes({4}));
             return pick(log_softmax(x), ids(g, "ids", {ragged(steps)}));
           }},
      {.op = "argmax",
       .what = "rows",
       .build =
           [](Graph& g, std::int64_t) {
             return argmax(real(g, "x", sizes({3, 4})));
           },
       .naive =
           [](const Example& e) {
             Numbers y;
             for (std::size_t i = 0; i < 3; ++i) {
               std::size_t best = 0;
               for (std::size_t j = 1; j < 4; ++j)
                 if (e["x"][4 * i + j] > e["x"][4 * i + best]) best = j;
               y.push_back(static_cast<double>(best));
             }
             return y;
           }}};
}

BOOST_AUTO_TEST_SUITE(symbols)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(symbols_samples()); }

BOOST_AUTO_TEST_CASE(ids_outside_of_the_table_give_zeros) {
  const auto odd = [](Graph& g) { return fixed_ids(g, {3}, {-1, 2, 1000000}); };
  BOOST_TEST(evaluate([&](Graph& g) {
               return gather(numbers(g, {2, 1}, {5, 6}), odd(g));
             }) == (Numbers{0, 0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(evaluate([&](Graph& g) { return one_hot(odd(g), plain(1)); }) == (Numbers{0, 0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(evaluate([&](Graph& g) {
               return pick(numbers(g, {3, 1}, {5, 6, 7}), odd(g));
             }) == (Numbers{0, 0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(evaluate([&](Graph& g) {
               return scatter(numbers(g, {3, 1}, {5, 6, 7}), odd(g), plain(2));
             }) == (Numbers{0, 0}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(argmax_takes_the_first_of_equals) {
  BOOST_TEST(evaluate([](Graph& g) {
               return argmax(numbers(g, {4}, {1, 7, 7, 0}));
             }) == Numbers{1});
}

BOOST_AUTO_TEST_CASE(errors_of_gather_and_scatter) {
  Graph g;
  const Value x = real(g, "x", {plain(3), plain(2, "units")}), i = ids(g, "i", sizes({4}));
  BOOST_TEST(error_of([&] { gather(x, x); }) ==
             "embedding: needs ids of symbols or classes, got real numbers [3, units=2]");
  BOOST_TEST(
      error_of([&] { gather(i, i); }) ==
      "embedding: needs real numbers, got ids [4] (embedding or one_hot makes real numbers of "
      "them)");
  BOOST_TEST(error_of([&] { gather(real(g, "v", sizes({3})), i); }) ==
             "embedding: the table must be [rows, width], got [3]");
  BOOST_TEST(error_of([&] { scatter(x, ids(g, "j", {}), plain(2)); }) ==
             "scatter: one id is needed for each row of [3, units=2], got []");
  BOOST_TEST(error_of([&] { scatter(x, i, plain(2)); }) ==
             "scatter: leading sizes differ (3 vs 4): left is [3, units=2], right is [4]");
}

BOOST_AUTO_TEST_CASE(errors_of_one_hot_pick_and_argmax) {
  Graph g;
  const Value x = real(g, "x", {plain(3), plain(2, "units")}), i = ids(g, "i", sizes({4}));
  BOOST_TEST(error_of([&] { one_hot(x, plain(2)); }) ==
             "one_hot: needs ids of symbols or classes, got real numbers [3, units=2]");
  BOOST_TEST(error_of([&] { pick(x, i); }) ==
             "pick: leading sizes differ (3 vs 4): left is [3, units=2], right is [4]");
  BOOST_TEST(error_of([&] { pick(x, ids(g, "j", {})); }) ==
             "pick: one id is needed for each row of [3, units=2], got []");
  BOOST_TEST(error_of([&] { argmax(real(g, "s", {})); }) ==
             "argmax: there is no dimension -1 in []");
  BOOST_TEST(error_of([&] { argmax(real(g, "w", {ragged(3, "word")})); }) ==
             "argmax: word has a length of its own in each example; operand is [word=3]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
