#include "tools/train/clip.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/train/chunks.h"

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

template <class T>
std::span<T> part(Tensor& tensor, const Chunk& chunk) {
  return tensor.as<T>().subspan(static_cast<std::size_t>(chunk.begin),
                                static_cast<std::size_t>(chunk.end - chunk.begin));
}

template <class T>
std::span<const T> part(const Tensor& tensor, const Chunk& chunk) {
  return tensor.as<T>().subspan(static_cast<std::size_t>(chunk.begin),
                                static_cast<std::size_t>(chunk.end - chunk.begin));
}

// Where numbers of gradients are cut; of one by rows, its rows.
std::vector<Chunk> chunks_in(const std::vector<Gradient>& gradients) {
  std::vector<std::int64_t> sizes;
  for (const Gradient& g : gradients) sizes.push_back(g.size());
  return chunks_of(sizes);
}

}  // namespace

double global_norm(const std::vector<Gradient>& gradients, Scheduler& scheduler) {
  const std::vector<Chunk> chunks = chunks_in(gradients);
  std::vector<double> sums(chunks.size());
  for_each_chunk(scheduler, chunks, [&](const Chunk& chunk, std::size_t k) {
    const Tensor& gradient = gradients[chunk.tensor].values;
    sums[k] = gradient.dtype() == DType::f64 ? sum_of_squares(part<double>(gradient, chunk))
                                             : sum_of_squares(part<float>(gradient, chunk));
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

double clip_factor(double norm, double limit) { return std::min(1.0, limit / (norm + 1e-6)); }

void clip_value(std::vector<Gradient>& gradients, double limit, Scheduler& scheduler) {
  const auto cut = [limit]<class T>(std::span<T> values) {
    for (T& value : values)
      value = std::clamp(value, static_cast<T>(-limit), static_cast<T>(limit));
  };
  for_each_chunk(scheduler, chunks_in(gradients), [&](const Chunk& chunk, std::size_t) {
    Tensor& gradient = gradients[chunk.tensor].values;
    if (gradient.dtype() == DType::f64)
      cut(part<double>(gradient, chunk));
    else
      cut(part<float>(gradient, chunk));
  });
}

}  // namespace unfold
