#pragma once

#include <cstdint>

#include "ops/gemm.h"

namespace unfold {

// Products with a right operand that is laid out once for many of them, in float32: panels of a few
// columns, each row of a panel together, so that a small number of rows goes through it as fast as
// through memory that is near. oneDNN's plain product lays it out anew at each call.

/// Numbers that the panels of a [k, n] matrix take; 0 where this processor or this shape gains
/// nothing by them.
std::int64_t packed_size(std::int64_t k, std::int64_t n);

/// Lays op(b) [k, n] out as panels; b is [n, k] when `transpose` is set.
void pack(bool transpose, std::int64_t k, std::int64_t n, Matrix<const float> b, float* panels);

/// How many panels there are for n columns; 0 where there are none.
std::int64_t panel_count(std::int64_t n);

/// c [m, n] = a [m, k] @ the matrix in `panels`; of it, the panels from `first` to before `last`.
/// Runs on the calling thread.
void packed_gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                 const float* panels, Matrix<float> c, std::int64_t first, std::int64_t last);

/// c [m, n] = aᵀ @ b (+ c when `accumulate`), a being [k, m] and b [k, n], as in the gradients of
/// weights: many rows k, a result that stays in the second cache. b is laid out a stretch of rows
/// at a time. False, and nothing done, where this processor or this shape gains nothing by it:
/// oneDNN multiplies rows whose length is a multiple of the cache lines' without laying them out,
/// at two thirds of the speed.
bool packed_outer(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                  Matrix<const float> b, Matrix<float> c, bool accumulate);

}  // namespace unfold
