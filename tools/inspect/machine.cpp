#include "tools/inspect/machine.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "graph/tensor.h"
#include "ops/gemm.h"

namespace unfold {

double product_peak(Scheduler& scheduler, Products products) {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t n = product_peak_size;
  constexpr int tries = 8;
  const int threads = scheduler.threads();
  Tensor left(DType::f32, {n, n}), right(DType::f32, {n, n});
  std::ranges::fill(left.as<float>(), 0.5F);
  std::ranges::fill(right.as<float>(), 0.25F);
  std::vector<Tensor> results(static_cast<std::size_t>(threads), Tensor(DType::f32, {n, n}));
  double best = 0;
  for (int i = 0; i < tries; ++i) {
    const auto began = Clock::now();
    scheduler.run(threads, [&](std::int64_t k) {
      gemm<float>(false, false, n, n, n, {left.as<float>().data(), n},
                  {right.as<float>().data(), n},
                  {results[static_cast<std::size_t>(k)].as<float>().data(), n}, false, products);
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    best = std::max(best, 2.0 * static_cast<double>(n * n * n * threads) / seconds);
  }
  return best;
}

}  // namespace unfold
