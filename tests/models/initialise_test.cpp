#include "models/initialise.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "graph/error.h"
#include "graph/philox.h"

using namespace unfold;

namespace {

Tensor make(const Initialiser& how, const Dims& dims, std::uint64_t seed = 1,
            const std::string& name = "W", DType type = DType::f64) {
  return initialise(how, dims, type, seed, name);
}

double mean(const Tensor& t) {
  double sum = 0;
  for (std::int64_t i = 0; i < t.size(); ++i) sum += t.at(i);
  return sum / static_cast<double>(t.size());
}

double deviation(const Tensor& t) {
  const double m = mean(t);
  double sum = 0;
  for (std::int64_t i = 0; i < t.size(); ++i) sum += (t.at(i) - m) * (t.at(i) - m);
  return std::sqrt(sum / static_cast<double>(t.size()));
}

double largest(const Tensor& t) {
  double most = 0;
  for (std::int64_t i = 0; i < t.size(); ++i) most = std::max(most, std::abs(t.at(i)));
  return most;
}

/// Largest entry of |Q^T Q - 1| over columns, or of |Q Q^T - 1| over rows, whichever are fewer.
double distance_from_orthonormal(const Tensor& q, std::int64_t first_row, std::int64_t rows) {
  const std::int64_t columns = q.dims()[1];
  const bool tall = rows > columns;
  const auto entry = [&](std::int64_t vector, std::int64_t k) {
    return tall ? q.at((first_row + k) * columns + vector)
                : q.at((first_row + vector) * columns + k);
  };
  double worst = 0;
  for (std::int64_t a = 0; a < std::min(rows, columns); ++a) {
    for (std::int64_t b = 0; b < std::min(rows, columns); ++b) {
      double sum = 0;
      for (std::int64_t k = 0; k < std::max(rows, columns); ++k) sum += entry(a, k) * entry(b, k);
      worst = std::max(worst, std::abs(sum - (a == b ? 1 : 0)));
    }
  }
  return worst;
}

std::string message_of(const Initialiser& how, const Dims& dims) {
  try {
    make(how, dims);
  } catch (const Error& error) {
    return error.message;
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(initialise_suite)

BOOST_AUTO_TEST_CASE(philox_gives_the_published_numbers) {
  // Known answers of the Random123 distribution.
  const std::array<std::uint32_t, 4> zero{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  const std::array<std::uint32_t, 4> ones{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  BOOST_TEST((philox(0, {0, 0, 0, 0}) == zero));
  BOOST_TEST((philox(~0ULL, {~0U, ~0U, ~0U, ~0U}) == ones));
}

BOOST_AUTO_TEST_CASE(plain_values) {
  BOOST_TEST((make(init::Zeros{}, {2}) == Tensor::of<double>({2}, {0, 0})));
  BOOST_TEST((make(init::Ones{}, {2}) == Tensor::of<double>({2}, {1, 1})));
  BOOST_TEST((make(init::Constant{-2.5}, {}) == Tensor::of<double>({}, {-2.5})));
  BOOST_TEST(
      (make(init::Identity{0.5}, {2, 3}) == Tensor::of<double>({2, 3}, {0.5, 0, 0, 0, 0.5, 0})));
  BOOST_TEST((make(init::Literal{Tensor::of<float>({2}, {1, 3})}, {2}) ==
              Tensor::of<double>({2}, {1, 3})));
  BOOST_TEST(make(init::Normal{1}, {0, 3}).size() == 0);
}

BOOST_AUTO_TEST_CASE(distributions_have_their_moments) {
  const Tensor uniform = make(init::Uniform{-1, 3}, {200, 100});
  BOOST_TEST(std::abs(mean(uniform) - 1) < 0.04);
  BOOST_TEST(std::abs(deviation(uniform) - 4 / std::sqrt(12.0)) < 0.02);
  const Tensor normal = make(init::Normal{2}, {200, 100});
  BOOST_TEST(std::abs(mean(normal)) < 0.06);
  BOOST_TEST(std::abs(deviation(normal) - 2) < 0.04);
  BOOST_TEST(std::abs(deviation(make(init::He{}, {50, 400})) - 0.2) < 0.004);
}

BOOST_AUTO_TEST_CASE(glorot_uses_the_fans_of_its_block) {
  BOOST_TEST(largest(make(init::Glorot{}, {100, 200})) < std::sqrt(6.0 / 300));
  BOOST_TEST(largest(make(init::Glorot{}, {100, 200})) > 0.99 * std::sqrt(6.0 / 300));
  BOOST_TEST(largest(make(init::Glorot{}, {10000})) < std::sqrt(6.0 / 20000));
  BOOST_TEST(largest(make(init::Glorot{}, {10000})) > 0.99 * std::sqrt(6.0 / 20000));
  const Initialiser halves = init::ByRows{{{1, init::Zeros{}}, {50, init::Glorot{}}}};
  const Tensor t = make(halves, {51, 100});
  BOOST_TEST(t.at(99) == 0);
  BOOST_TEST(largest(t) < std::sqrt(6.0 / 150));
  BOOST_TEST(largest(t) > 0.98 * std::sqrt(6.0 / 150));
}

BOOST_AUTO_TEST_CASE(orthogonal_in_every_shape) {
  for (const Dims& dims : {Dims{1, 1}, Dims{7, 7}, Dims{64, 64}, Dims{9, 4}, Dims{4, 9}}) {
    BOOST_TEST(distance_from_orthonormal(make(init::Orthogonal{}, dims), 0, dims[0]) < 1e-14);
  }
  const Initialiser joined = init::ByRows{{{8, init::Orthogonal{}}, {5, init::Glorot{}}}};
  BOOST_TEST(distance_from_orthonormal(make(joined, {13, 8}), 0, 8) < 1e-14);
}

BOOST_AUTO_TEST_CASE(values_depend_on_seed_and_name_alone) {
  BOOST_TEST((make(init::Glorot{}, {4, 4}) == make(init::Glorot{}, {4, 4})));
  BOOST_TEST(!(make(init::Glorot{}, {4, 4}, 1) == make(init::Glorot{}, {4, 4}, 2)));
  BOOST_TEST(!(make(init::Glorot{}, {4, 4}, 1, "U") == make(init::Glorot{}, {4, 4}, 1, "V")));
  const Tensor wide = make(init::Normal{1}, {4, 4});
  BOOST_TEST((make(init::Normal{1}, {4, 4}, 1, "W", DType::f32) == wide.to(DType::f32)));
}

BOOST_AUTO_TEST_CASE(prints_as_a_program_writes_it) {
  BOOST_TEST(to_string(init::Uniform{-0.1, 0.1}) == "uniform(-0.1, 0.1)");
  BOOST_TEST(to_string(init::ByRows{{{64, init::Orthogonal{}}, {32, init::Normal{2}}}}) ==
             "rows(64: orthogonal, 32: normal(2))");
}

BOOST_AUTO_TEST_CASE(errors_name_the_parameter) {
  BOOST_TEST(message_of(init::Orthogonal{}, {3}) ==
             "parameter 'W' of shape [3]: orthogonal needs a matrix, two dimensions or more");
  BOOST_TEST(message_of(init::Identity{2}, {3}) ==
             "parameter 'W' of shape [3]: identity(2) needs a matrix, two dimensions or more");
  BOOST_TEST(message_of(init::Uniform{1, 0}, {3}) ==
             "parameter 'W' of shape [3]: uniform(1, 0) has its bounds the wrong way round");
  BOOST_TEST(message_of(init::Normal{-1}, {3}) ==
             "parameter 'W' of shape [3]: normal(-1) has a negative deviation");
  BOOST_TEST(message_of(init::Literal{Tensor(DType::f32, {2, 2})}, {2, 3}) ==
             "parameter 'W' of shape [2, 3]: its values have shape [2, 2]");
  BOOST_TEST(message_of(init::ByRows{{{2, init::Zeros{}}, {1, init::Ones{}}}}, {4, 2}) ==
             "parameter 'W' of shape [4, 2]: rows(2: zeros, 1: ones) fills 3 rows, not 4");
}

BOOST_AUTO_TEST_SUITE_END()
