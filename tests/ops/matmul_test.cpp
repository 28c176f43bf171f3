#include <boost/test/unit_test.hpp>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

using Index = std::size_t;

// `count` products of [m, k] and [k, n], one after another.
Numbers products(const Numbers& a, const Numbers& b, Index count, Index m, Index k, Index n,
                 bool transpose_b = false) {
  Numbers y(count * m * n);
  for (Index c = 0; c < count; ++c)
    for (Index i = 0; i < m; ++i)
      for (Index j = 0; j < n; ++j)
        for (Index l = 0; l < k; ++l)
          y[(c * m + i) * n + j] +=
              a[(c * m + i) * k + l] * b[c * k * n + (transpose_b ? j * k + l : l * n + j)];
  return y;
}

struct Shapes {
  std::string what;
  Dims a, b;
  bool a_shared, b_shared;
  Index count, m, k, n;
};

void add_products(std::vector<Sample>& out, const Shapes& s, bool transpose_b) {
  Dims right = s.b;
  if (transpose_b) std::swap(right[right.size() - 2], right[right.size() - 1]);
  out.push_back({.op = "matmul",
                 .what = s.what + (transpose_b ? ", transposed" : ""),
                 .build =
                     [=](Graph& g, std::int64_t) {
                       const auto source = [&](const char* name, const Dims& dims, bool is_shared) {
                         return is_shared ? shared(g, name, sizes(dims))
                                          : real(g, name, sizes(dims));
                       };
                       const Value a = source("a", s.a, s.a_shared),
                                   b = source("b", right, s.b_shared);
                       return transpose_b ? matmul_transposed(a, b) : matmul(a, b);
                     },
                 .naive =
                     [=](const Example& e) {
                       return products(e["a"], e["b"], s.count, s.m, s.k, s.n, transpose_b);
                     }});
}

std::vector<Shapes> shapes() {
  return {{"a row and weights", {3}, {3, 4}, false, true, 1, 1, 3, 4},
          {"a shared row and weights for each example", {3}, {3, 2}, true, false, 1, 1, 3, 2},
          {"both for each example", {2, 3}, {3, 2}, false, false, 1, 2, 3, 2},
          {"both shared", {2, 3}, {3, 2}, true, true, 1, 2, 3, 2},
          {"sizes of 1", {1}, {1, 1}, false, true, 1, 1, 1, 1},
          {"one column", {2, 3}, {3, 1}, false, true, 1, 2, 3, 1},
          {"three dimensions on the left", {2, 2, 3}, {3, 2}, false, true, 1, 4, 3, 2},
          {"stacks of matrices", {2, 2, 3}, {2, 3, 2}, false, false, 2, 2, 3, 2},
          {"stacks, the right one shared", {2, 2, 3}, {2, 3, 2}, false, true, 2, 2, 3, 2},
          {"stacks, the left one shared", {2, 1, 3}, {2, 3, 2}, true, false, 2, 1, 3, 2},
          {"stacks of one", {1, 2, 3}, {1, 3, 2}, false, true, 1, 2, 3, 2}};
}

Sample outer_of(const std::string& what, const Dims& leading, bool a_shared, bool b_shared) {
  return {.op = "outer",
          .what = what,
          .build =
              [=](Graph& g, std::int64_t) {
                Dims a = leading, b = leading;
                a.push_back(3);
                b.push_back(2);
                return outer(a_shared ? shared(g, "a", sizes(a)) : real(g, "a", sizes(a)),
                             b_shared ? shared(g, "b", sizes(b)) : real(g, "b", sizes(b)));
              },
          .naive =
              [](const Example& e) {
                Numbers y(6);
                for (Index r = 0; r < e["a"].size() / 3; ++r)
                  for (Index i = 0; i < 3; ++i)
                    for (Index j = 0; j < 2; ++j)
                      y[2 * i + j] += e["a"][3 * r + i] * e["b"][2 * r + j];
                return y;
              }};
}

}  // namespace

std::vector<Sample> matmul_samples() {
  std::vector<Sample> out;
  for (const Shapes& s : shapes()) {
    add_products(out, s, false);
    add_products(out, s, true);
  }
  add_products(out, {"two rows", {3}, {3}, false, false, 1, 1, 3, 1}, false);
  add_products(out, {"a shared matrix and a row", {2, 3}, {3}, true, false, 1, 2, 3, 1}, false);
  add_products(out, {"a matrix and a shared row", {2, 2, 3}, {3}, false, true, 1, 4, 3, 1}, false);
  out.push_back(
      {.op = "matmul", .what = "weights at every step", .build = [](Graph& g, std::int64_t steps) {
         return matmul(real(g, "x", {ragged(steps), plain(2)}), shared(g, "w", sizes({2, 3})));
       }});
  out.push_back(
      {.op = "matmul", .what = "summed over steps", .build = [](Graph& g, std::int64_t steps) {
         const Value x = real(g, "x", {plain(2), ragged(steps)});
         return matmul(x, real(g, "y", {ragged(steps), plain(3)}));
       }});
  out.push_back(
      {.op = "matmul", .what = "attention", .build = [](Graph& g, std::int64_t steps) {
         const Value keys = real(g, "k", {ragged(steps, "s"), plain(2)});
         const Value asked = matmul(real(g, "q", {ragged(steps), plain(2)}), transpose(keys));
         return matmul(softmax(asked), keys);
       }});
  out.push_back(outer_of("rows", {}, false, false));
  out.push_back(outer_of("summed over a dimension", {4}, false, false));
  out.push_back(outer_of("summed over two dimensions, left shared", {2, 2}, true, false));
  out.push_back(outer_of("right shared", {2}, false, true));
  out.push_back(outer_of("both shared", {2}, true, true));
  out.push_back(
      {.op = "outer", .what = "summed over steps", .build = [](Graph& g, std::int64_t steps) {
         return outer(real(g, "a", {ragged(steps), plain(2)}),
                      real(g, "b", {ragged(steps), plain(1)}));
       }});
  return out;
}

BOOST_AUTO_TEST_SUITE(matmul_and_outer)

BOOST_AUTO_TEST_CASE(products_rules_and_padding) { check(matmul_samples()); }

BOOST_AUTO_TEST_CASE(errors_of_matmul) {
  Graph g;
  const Value x = real(g, "x", {full(5, "time"), plain(3, "units")});
  const Value w = shared(g, "w", sizes({4, 2}));
  BOOST_TEST(
      error_of([&] { matmul(x, w); }) ==
      "matmul: inner sizes differ (units=3 vs 4): left is [time=5, units=3], right is [4, 2]");
  BOOST_TEST(error_of([&] { matmul(x, shared(g, "v", sizes({4}))); }) ==
             "matmul: inner sizes differ (units=3 vs 4): left is [time=5, units=3], right is [4]");
  BOOST_TEST(error_of([&] { matmul(real(g, "s", {}), w); }) ==
             "matmul: a single number has no inner size: left is [], right is [4, 2]; use *");
  BOOST_TEST(
      error_of([&] {
        matmul(x, real(g, "t", sizes({2, 3, 4})));
      }) ==
      "matmul: left is [time=5, units=3], right is [2, 3, 4]: with more than two dimensions on "
      "the right, both need equally many");
  BOOST_TEST(error_of([&] {
               matmul(real(g, "a", sizes({2, 1, 3})), real(g, "b", sizes({4, 3, 1})));
             }) == "matmul: leading sizes differ (2 vs 4): left is [2, 1, 3], right is [4, 3, 1]");
  BOOST_TEST(
      error_of([&] { matmul(ids(g, "i", sizes({4})), w); }) ==
      "matmul: needs real numbers, got ids [4] (embedding or one_hot makes real numbers of them)");
}

BOOST_AUTO_TEST_CASE(errors_of_outer) {
  Graph g;
  const Value x = real(g, "x", sizes({5, 3}));
  BOOST_TEST(error_of([&] { outer(x, real(g, "y", sizes({3}))); }) ==
             "outer: left is [5, 3], right is [3]: both need the same leading dimensions");
  BOOST_TEST(error_of([&] {
               outer(x, real(g, "z", sizes({4, 2})));
             }) == "outer: leading sizes differ (5 vs 4): left is [5, 3], right is [4, 2]");
}

// A recurrence finds its states' shapes by what products say of them.
BOOST_AUTO_TEST_CASE(unknown_left_side) {
  Graph g;
  const Value unknown = input(g, "h", unknown_type());
  const Value w = shared(g, "w", sizes({3, 2}));
  BOOST_TEST(describe(matmul(unknown, w).type()) == "[2]");
  BOOST_TEST(describe(matmul_transposed(unknown, w).type()) == "[3]");
  BOOST_TEST(!matmul(unknown, shared(g, "v", sizes({3}))).type().known);
  BOOST_TEST(!matmul(w, unknown).type().known);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
