#pragma once

#include <cstdint>

#include "graph/scheduler.h"
#include "graph/tensor.h"

namespace unfold {

/// The fastest that this machine multiplies matrices now: floating-point operations a second of
/// square products of float32 numbers, large enough to be limited by arithmetic, one on each
/// thread.
double product_peak(Scheduler& scheduler, Products products);
/// Rows and columns of those matrices.
inline constexpr std::int64_t product_peak_size = 1024;

}  // namespace unfold
