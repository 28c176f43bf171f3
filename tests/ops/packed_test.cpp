#include "ops/packed.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <utility>
#include <vector>

namespace unfold::check {

namespace {

float entry(std::int64_t i, std::int64_t j) { return static_cast<float>((3 * i + 5 * j) % 7) - 3; }

// A product of small whole numbers, which float holds exactly; rows are longer than their numbers.
void check_product(bool transpose, std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr std::int64_t gap = 3;
  const std::int64_t size = packed_size(Products::full, k, n);
  if (size == 0) return;  // on a processor for which there is no code
  std::vector<float> a(static_cast<std::size_t>(m * (k + gap)));
  std::vector<float> b(static_cast<std::size_t>((transpose ? n : k) * ((transpose ? k : n) + gap)));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < k; ++j)
      a[static_cast<std::size_t>(i * (k + gap) + j)] = entry(i, j);
  for (std::int64_t i = 0; i < k; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      b[static_cast<std::size_t>(transpose ? j * (k + gap) + i : i * (n + gap) + j)] =
          entry(i + 1, j);
  std::vector<float> panels(static_cast<std::size_t>(size));
  pack(Products::full, transpose, k, n, {b.data(), (transpose ? k : n) + gap}, panels.data());
  std::vector<float> c(static_cast<std::size_t>(m * (n + gap)), 99), expected = c;
  for (const std::int64_t share : {1, 0})
    packed_gemm(Products::full, m, n, k, {a.data(), k + gap}, panels.data(), {c.data(), n + gap},
                {share, 2});
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (std::int64_t l = 0; l < k; ++l) sum += entry(i, l) * entry(l + 1, j);
      expected[static_cast<std::size_t>(i * (n + gap) + j)] = sum;
    }
  BOOST_TEST(c == expected, "transposed " << transpose << ", sizes " << m << " " << n << " " << k);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(packed_products)

BOOST_AUTO_TEST_CASE(every_shape_gives_the_plain_product) {
  for (const bool transpose : {false, true})
    for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{1, 16, 16},
                                  {1, 33, 17},
                                  {5, 100, 64},
                                  {64, 31, 65},
                                  {65, 64, 130},
                                  {130, 257, 40}})
      check_product(transpose, m, n, k);
}

BOOST_AUTO_TEST_CASE(a_single_row_needs_no_stride) {
  constexpr std::int64_t n = 70, k = 33;
  if (packed_size(Products::full, k, n) == 0) return;
  std::vector<float> a(k, 1), b(k * n, 2), c(n), panels(packed_size(Products::full, k, n));
  pack(Products::full, false, k, n, {b.data(), n}, panels.data());
  packed_gemm(Products::full, 1, n, k, {a.data(), 0}, panels.data(), {c.data(), 0});
  BOOST_TEST(c == std::vector<float>(n, 2.0F * k), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(small_matrices_gain_nothing) {
  BOOST_TEST(packed_size(Products::full, 4, 100) == 0);
  BOOST_TEST(packed_size(Products::full, 100, 4) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
