#include "tools/train/clip.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

using namespace unfold;

namespace {

Scheduler& one_thread() {
  static Scheduler scheduler(1);
  return scheduler;
}

std::vector<Gradient> waves(DType type) {
  std::vector<Gradient> gradients = {Tensor(type, {7, 9}), Tensor(type, {3}), Tensor()};
  for (Gradient& g : gradients) {
    for (std::int64_t i = 0; i < g.values.size(); ++i)
      g.values.set(i, 2 * std::sin(static_cast<double>(i) + 1));
  }
  return gradients;
}

double naive_norm(const std::vector<Gradient>& gradients) {
  double sum = 0;
  for (const auto& [values, row_of, rows] : gradients) {
    for (std::int64_t i = 0; i < values.size(); ++i) sum += values.at(i) * values.at(i);
  }
  return std::sqrt(sum);
}

double norm_of(const std::vector<float>& values) {
  return global_norm({Tensor::of<float>({2}, values)}, one_thread());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clip_suite)

BOOST_AUTO_TEST_CASE(norm_is_over_all_gradients) {
  for (const DType type : {DType::f32, DType::f64}) {
    const std::vector<Gradient> gradients = waves(type);
    BOOST_TEST(std::abs(global_norm(gradients, one_thread()) - naive_norm(gradients)) < 1e-12);
  }
  BOOST_TEST(global_norm({}, one_thread()) == 0);
}

BOOST_AUTO_TEST_CASE(large_float_gradients_do_not_overflow) {
  BOOST_TEST(std::isfinite(norm_of({1e30F, 1e30F})));
  const float infinity = std::numeric_limits<float>::infinity();
  BOOST_TEST(!std::isfinite(norm_of({1, infinity})));
  BOOST_TEST(!std::isfinite(norm_of({NAN, 1})));
}

BOOST_AUTO_TEST_CASE(norm_does_not_depend_on_threads) {
  std::vector<Gradient> gradients = {Tensor(DType::f32, {300'000}), Tensor(DType::f32, {70'000})};
  for (auto& [values, row_of, rows] : gradients)
    for (std::int64_t i = 0; i < values.size(); ++i)
      values.set(i, std::sin(static_cast<double>(i)));
  Scheduler three(3);
  BOOST_TEST(global_norm(gradients, one_thread()) == global_norm(gradients, three));
}

BOOST_AUTO_TEST_CASE(norm_is_cut_as_in_pytorch) {
  BOOST_TEST(std::abs(clip_factor(6, 1.5) - 1.5 / (6 + 1e-6)) < 1e-15);
  BOOST_TEST(clip_factor(6, 1000) == 1);
}

BOOST_AUTO_TEST_CASE(values_are_cut) {
  std::vector<Gradient> gradients = {Tensor::of<float>({4}, {-3, -0.5F, 0.25F, 2})};
  clip_value(gradients, 0.5, one_thread());
  BOOST_TEST((gradients[0].values == Tensor::of<float>({4}, {-0.5F, -0.5F, 0.25F, 0.5F})));
}

BOOST_AUTO_TEST_SUITE_END()
