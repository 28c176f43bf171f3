#include "ops/gemm.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <vector>

namespace unfold::check {

namespace {

// One product of small whole numbers, whose sums both precisions hold exactly; rows are `gap`
// longer than their numbers.
template <class T>
void check_product(bool ta, bool tb, std::int64_t m, std::int64_t n, std::int64_t k,
                   bool accumulate, std::int64_t gap) {
  const auto entry = [](std::int64_t i, std::int64_t j) { return double((3 * i + 5 * j) % 7) - 3; };
  std::vector<T> a, b, c(static_cast<std::size_t>(m * (n + gap)), T(2)), expected;
  const auto end_row = [gap](std::vector<T>& v) {
    v.insert(v.end(), static_cast<std::size_t>(gap), T(2));
  };
  for (std::int64_t i = 0; i < (ta ? k : m); ++i, end_row(a))
    for (std::int64_t j = 0; j < (ta ? m : k); ++j)
      a.push_back(static_cast<T>(ta ? entry(j, i) : entry(i, j)));
  for (std::int64_t i = 0; i < (tb ? n : k); ++i, end_row(b))
    for (std::int64_t j = 0; j < (tb ? k : n); ++j)
      b.push_back(static_cast<T>(tb ? entry(j + 1, i) : entry(i + 1, j)));
  for (std::int64_t i = 0; i < m; ++i, end_row(expected))
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = accumulate ? 2 : 0;
      for (std::int64_t l = 0; l < k; ++l) sum += entry(i, l) * entry(l + 1, j);
      expected.push_back(static_cast<T>(sum));
    }
  gemm<T>(ta, tb, m, n, k, {a.data(), (ta ? m : k) + gap}, {b.data(), (tb ? k : n) + gap},
          {c.data(), n + gap}, accumulate);
  BOOST_TEST(c == expected, "transposed " << ta << tb << ", sizes " << m << " " << n << " " << k
                                          << ", accumulate " << accumulate);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(matrix_products)

BOOST_AUTO_TEST_CASE(every_way_to_ask) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const bool accumulate : {false, true})
        for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{1, 1, 1},
                                      {3, 2, 4},
                                      {1, 5, 3},
                                      {5, 1, 3},
                                      {4, 3, 1},
                                      {33, 17, 70},
                                      {32, 64, 7},
                                      {150, 192, 300},
                                      {150, 256, 300},
                                      {2, 3, 0},
                                      {0, 3, 2},
                                      {3, 0, 2}})
          for (const std::int64_t gap : {0, 3}) {
            check_product<float>(ta, tb, m, n, k, accumulate, gap);
            check_product<double>(ta, tb, m, n, k, accumulate, gap);
          }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
