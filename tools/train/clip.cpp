#include "tools/train/clip.h"

#include <algorithm>
#include <cmath>

namespace unfold {

namespace {

template <class T>
double sum_of_squares(std::span<const T> values) {
  constexpr std::size_t lanes = 16;  // independent sums, so that the loop can be vectorised
  double sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const double value = values[i + k];
      sums[k] += value * value;
    }
  }
  double total = 0;
  for (; i < values.size(); ++i) total += static_cast<double>(values[i]) * values[i];
  for (const double sum : sums) total += sum;
  return total;
}

template <class Change>
void change_each(std::vector<Tensor>& gradients, Change change) {
  for (Tensor& gradient : gradients) {
    if (gradient.dtype() == DType::f64) {
      for (double& value : gradient.as<double>()) value = change(value);
    } else {
      for (float& value : gradient.as<float>()) value = change(value);
    }
  }
}

}  // namespace

double global_norm(const std::vector<Tensor>& gradients) {
  double total = 0;
  for (const Tensor& gradient : gradients) {
    total += gradient.dtype() == DType::f64 ? sum_of_squares(gradient.as<double>())
                                            : sum_of_squares(gradient.as<float>());
  }
  return std::sqrt(total);
}

void clip_norm(std::vector<Tensor>& gradients, double norm, double limit) {
  const double factor = limit / (norm + 1e-6);
  if (factor >= 1) return;
  change_each(gradients, [=]<class T>(T value) { return value * static_cast<T>(factor); });
}

void clip_value(std::vector<Tensor>& gradients, double limit) {
  change_each(gradients, [=]<class T>(T value) {
    return std::clamp(value, static_cast<T>(-limit), static_cast<T>(limit));
  });
}

}  // namespace unfold
