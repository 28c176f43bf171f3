#pragma once

// Pairs of shapes that two operands of an elementwise operation are tried on. For tests/ops only.

#include <cstdlib>

#include "tests/ops/check_op.h"

namespace unfold::check {

struct Pair {
  std::string what;
  Dims a, b;
  bool a_shared = false, b_shared = false;
};

inline std::vector<Pair> pairs() {
  return {{"single numbers", {}, {}},
          {"equal shapes, more than a vector", {19}, {19}},
          {"a number and a row", {}, {5}, true},
          {"a row and a number", {5}, {}, false, true},
          {"batched matrix, shared row", {2, 3}, {3}, false, true},
          {"shared matrix, batched row", {2, 3}, {3}, true, false},
          {"shared row, batched matrix", {3}, {2, 3}, true, false},
          {"a column and a row", {2, 1}, {1, 3}},
          {"shared column, batched row", {2, 1}, {3}, true, false},
          {"a size of 1 within", {2, 1, 3}, {2, 2, 1}},
          {"sizes of 1 only", {1, 1}, {1}},
          {"both shared", {2, 2}, {2, 1}, true, true}};
}

inline std::pair<Value, Value> sources(Graph& g, const Pair& p) {
  const auto one = [&](const char* name, const Dims& dims, bool is_shared) {
    return is_shared ? shared(g, name, sizes(dims)) : real(g, name, sizes(dims));
  };
  return {one("a", p.a, p.a_shared), one("b", p.b, p.b_shared)};
}

/// f of all pairs that broadcasting brings together, in the order of the result, element by element
/// from the definition: sizes are aligned at the end, and a size of 1 stays.
inline Numbers broadcast_naively(const Pair& p, const Numbers& a, const Numbers& b,
                                 const std::function<double(double, double)>& f) {
  const std::size_t rank = std::max(p.a.size(), p.b.size());
  const auto size = [&](const Dims& d, std::size_t i) {
    return i + d.size() < rank ? 1 : d[i + d.size() - rank];
  };
  std::int64_t count = 1;
  for (std::size_t i = 0; i < rank; ++i) count *= std::max(size(p.a, i), size(p.b, i));
  Numbers out;
  for (std::int64_t n = 0; n < count; ++n) {
    std::int64_t rest = n, at_a = 0, at_b = 0, step_a = 1, step_b = 1;
    for (std::size_t i = rank; i-- > 0;) {
      const std::int64_t of_a = size(p.a, i), of_b = size(p.b, i), both = std::max(of_a, of_b);
      at_a += of_a == 1 ? 0 : rest % both * step_a;
      at_b += of_b == 1 ? 0 : rest % both * step_b;
      step_a *= of_a;
      step_b *= of_b;
      rest /= both;
    }
    out.push_back(f(a[static_cast<std::size_t>(at_a)], b[static_cast<std::size_t>(at_b)]));
  }
  return out;
}

/// Samples of one operation of two operands.
inline void add_pairs(std::vector<Sample>& out, const std::string& op, Value (*apply)(Value, Value),
                      double (*f)(double, double), double low = -2, double high = 2) {
  for (const Pair& p : pairs())
    out.push_back(
        {.op = op,
         .what = p.what,
         .build =
             [=](Graph& g, std::int64_t) {
               const auto [a, b] = sources(g, p);
               return apply(a, b);
             },
         .naive = [=](const Example& e) { return broadcast_naively(p, e["a"], e["b"], f); },
         .low = low,
         .high = high});
  out.push_back({.op = op,
                 .what = "lengths differ; a parameter for each step and one for each column",
                 .build =
                     [=](Graph& g, std::int64_t steps) {
                       const Value x = real(g, "x", {ragged(steps), plain(2)});
                       const Value column = real(g, "column", {ragged(steps), plain(1)});
                       return apply(apply(x, shared(g, "row", sizes({2}))), column);
                     },
                 .low = low,
                 .high = high,
                 .garbage = 3});
}

}  // namespace unfold::check
