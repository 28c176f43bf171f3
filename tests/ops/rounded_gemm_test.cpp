// Products whose operands are rounded. In float, which rounds nothing, what surrounds the products
// is tested everywhere; in bfloat16 where the processor has it.

#include "ops/rounded_gemm.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "graph/error.h"
#include "ops/packed.h"

namespace unfold::check {

namespace {

float as_rounded(float x, float) { return x; }
float as_rounded(float x, Bfloat16) { return to_float(to_bfloat16(x)); }

struct Operands {
  bool transpose_a, transpose_b, accumulate;
  std::int64_t m, n, k, gap;
};

/// A product of random numbers, as it is found and as it must be within `bound`, number by number.
template <class T>
struct Trial {
  explicit Trial(const Operands& o) : operands(o) {
    const auto& [ta, tb, accumulate, m, n, k, gap] = o;
    fill(a, (ta ? k : m) * lda());
    fill(b, (tb ? n : k) * ldb());
    fill(c, m * ldc());
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = accumulate ? at(c, i * ldc() + j) : 0, size = std::abs(sum);
        for (std::int64_t l = 0; l < k; ++l) {
          const double x = as_rounded(at(a, ta ? l * lda() + i : i * lda() + l), T{}),
                       y = as_rounded(at(b, tb ? j * ldb() + l : l * ldb() + j), T{});
          sum += x * y;
          size += std::abs(x * y);
        }
        expected.push_back(sum);
        bound.push_back(size * static_cast<double>(k + 1) * 0x1p-24);
      }
  }

  void multiply() {
    rounded_gemm<T>(operands.transpose_a, operands.transpose_b, operands.m, operands.n, operands.k,
                    {a.data(), lda()}, {b.data(), ldb()}, {c.data(), ldc()}, operands.accumulate);
  }
  void multiply_laid_out() {
    std::vector<std::byte> form(
        static_cast<std::size_t>(laid_out_bytes<T>(operands.k, operands.n) + 64));
    void* at = form.data();
    std::size_t space = form.size();
    at = std::align(64, form.size() - 64, at, space);
    lay_out<T>(operands.transpose_b, operands.k, operands.n, {b.data(), ldb()}, at);
    laid_out_gemm<T>(operands.m, operands.n, operands.k, {a.data(), lda()}, at, {c.data(), ldc()});
  }
  /// How many numbers are off, those between the rows of the result included.
  int wrong(const std::vector<float>& before) const {
    int count = 0;
    for (std::int64_t i = 0; i < operands.m; ++i)
      for (std::int64_t j = 0; j < ldc(); ++j) {
        const float found = at(c, i * ldc() + j);
        if (j >= operands.n) {
          count += found != at(before, i * ldc() + j);
          continue;
        }
        const auto k = static_cast<std::size_t>(i * operands.n + j);
        count += !(std::abs(found - expected[k]) <= bound[k]);
      }
    return count;
  }

  std::int64_t lda() const {
    return (operands.transpose_a ? operands.m : operands.k) + operands.gap;
  }
  std::int64_t ldb() const {
    return (operands.transpose_b ? operands.k : operands.n) + operands.gap;
  }
  std::int64_t ldc() const { return operands.n + operands.gap; }

  Operands operands;
  std::vector<float> a, b, c;
  std::vector<double> expected, bound;

 private:
  static float at(const std::vector<float>& v, std::int64_t i) {
    return v[static_cast<std::size_t>(i)];
  }
  void fill(std::vector<float>& v, std::int64_t size) {
    std::uniform_real_distribution<float> numbers(-1, 1);
    v.resize(static_cast<std::size_t>(size));
    for (float& x : v) x = numbers(random_);
  }
  std::mt19937 random_{7};
};

template <class T>
void check(const Operands& o, bool laid_out) {
  Trial<T> trial(o);
  const std::vector<float> before = trial.c;
  if (laid_out)
    trial.multiply_laid_out();
  else
    trial.multiply();
  BOOST_TEST(trial.wrong(before) == 0, (laid_out ? "laid out, " : "")
                                           << "transposed " << o.transpose_a << o.transpose_b
                                           << ", sizes " << o.m << " " << o.n << " " << o.k
                                           << ", gap " << o.gap << ", accumulate " << o.accumulate);
}

constexpr std::array<std::array<std::int64_t, 3>, 9> sizes{{{1, 1, 1},
                                                            {1, 64, 32},
                                                            {5, 1, 3},
                                                            {4, 3, 1},
                                                            {25, 64, 48},
                                                            {33, 17, 70},
                                                            {3, 100, 65},
                                                            {130, 65, 33},
                                                            {64, 130, 128}}};

template <class T>
void check_all() {
  for (const auto& [m, n, k] : sizes)
    for (const std::int64_t gap : {0, 3})
      for (const bool tb : {false, true}) {
        for (const bool ta : {false, true})
          for (const bool accumulate : {false, true})
            check<T>({ta, tb, accumulate, m, n, k, gap}, false);
        check<T>({false, tb, false, m, n, k, gap}, true);
      }
}

// Each thread multiplies all shapes, several times.
template <class T>
void check_threads() {
  std::vector<std::thread> threads;
  std::array<int, 3> wrong{};
  for (int& mine : wrong)
    threads.emplace_back([&mine] {
      for (int repeat = 0; repeat < 3; ++repeat)
        for (const auto& [m, n, k] : sizes) {
          Trial<T> trial({false, true, false, m, n, k, 0});
          trial.multiply();
          mine += trial.wrong(trial.c);
          trial.multiply_laid_out();
          mine += trial.wrong(trial.c);
        }
    });
  for (std::thread& t : threads) t.join();
  for (const int count : wrong) BOOST_TEST(count == 0);
}

bool skipped(const char* test) {
  if (has_bfloat16_products()) return false;
  std::printf("rounded_products/%s is skipped: %s\n", test, no_bfloat16_products);
  BOOST_TEST_MESSAGE("skipped: " << no_bfloat16_products);
  return true;
}

float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }

}  // namespace

BOOST_AUTO_TEST_SUITE(rounded_products)

BOOST_AUTO_TEST_CASE(numbers_round_to_the_nearest_and_halves_to_even) {
  const std::pair<std::uint32_t, std::uint16_t> cases[] = {
      {0x00000000, 0x0000}, {0x80000000, 0x8000}, {0x3f800000, 0x3f80},  // 0, -0, 1
      {0x3f807fff, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81}, {0x3f817fff, 0x3f81},
      {0x3f818000, 0x3f82}, {0xbf818000, 0xbf82}, {0x3fffffff, 0x4000},  // into the exponent
      {0x00000001, 0x0000}, {0x00018000, 0x0002}, {0x007fffff, 0x0080},  // subnormal
      {0x7f7fffff, 0x7f80}, {0xff7fffff, 0xff80}, {0x7f7f7fff, 0x7f7f},  // to infinity, or not
      {0x7f800000, 0x7f80}, {0xff800000, 0xff80}};
  for (const auto& [bits, rounded] : cases)
    BOOST_TEST(to_bfloat16(from_bits(bits)).bits == rounded);
  for (const std::uint32_t bits : {0x7fc00000u, 0x7f800001u, 0x7fffffffu, 0xff80ffffu, 0xffffffffu})
    BOOST_TEST(std::isnan(to_float(to_bfloat16(from_bits(bits)))));
}

BOOST_AUTO_TEST_CASE(rounding_moves_no_number_by_more_than_half_of_its_last_place) {
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    const float x = from_bits(static_cast<std::uint32_t>(random()));
    const float y = to_float(to_bfloat16(x));
    if (std::isnan(x) || std::abs(x) > 3e38F || std::abs(x) < 1e-37F) continue;
    BOOST_TEST(std::abs(double(y) - x) <= std::abs(double(x)) * 0x1p-8);
    BOOST_TEST(to_bfloat16(y).bits == to_bfloat16(x).bits);
  }
}

BOOST_AUTO_TEST_CASE(every_way_to_ask) {
  BOOST_TEST(has_rounded_products<float>());
  check_all<float>();
}

BOOST_AUTO_TEST_CASE(threads_multiply_side_by_side) { check_threads<float>(); }

BOOST_AUTO_TEST_CASE(every_way_to_ask_in_bfloat16) {
  if (skipped("every_way_to_ask_in_bfloat16")) return;
  check_all<Bfloat16>();
  check_threads<Bfloat16>();
}

BOOST_AUTO_TEST_CASE(the_seam_rounds_or_refuses) {
  const std::vector<float> a(64 * 64, 1.0F + 0x1p-8F), b(64 * 64, 1.0F);
  std::vector<float> c(64 * 64);
  const auto multiply = [&] {
    gemm<float>(false, false, 64, 64, 64, {a.data(), 64}, {b.data(), 64}, {c.data(), 64}, false,
                Products::bfloat16);
  };
  if (has_bfloat16_products()) {
    multiply();
    for (const float x : c) BOOST_TEST(x == 64.0F);  // halfway between 1 and 1 + 2^-7, to even
    BOOST_TEST(packed_size(Products::bfloat16, 64, 64) >= 64 * 64 / 2);
    return;
  }
  BOOST_CHECK_THROW(multiply(), Error);
  BOOST_TEST(packed_size(Products::bfloat16, 64, 64) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
