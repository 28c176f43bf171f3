#pragma once

#include <cstdint>

#include "ops/bfloat16.h"
#include "ops/gemm.h"

namespace unfold {

// Products whose operands are rounded to T on their way in, and whose sums and results are float32,
// by oneDNN's matmul. What that makes for a shape is kept, by each thread for itself. T is
// Bfloat16; or float, which rounds nothing and runs everywhere: for tests of all but the rounding.

/// Whether oneDNN makes such products on this processor.
template <class T>
bool has_rounded_products();

/// As gemm(), where there are such products; no size may be 0.
template <class T>
void rounded_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n,
                  std::int64_t k, Matrix<const float> a, Matrix<const float> b, Matrix<float> c,
                  bool accumulate);

/// Bytes of a right operand [k, n] that is rounded, and laid out as oneDNN would have it.
template <class T>
std::int64_t laid_out_bytes(std::int64_t k, std::int64_t n);

/// Rounds op(b) [k, n] and lays it out; b is [n, k] when `transpose` is set.
template <class T>
void lay_out(bool transpose, std::int64_t k, std::int64_t n, Matrix<const float> b, void* to);

/// c [m, n] = a [m, k] @ what was laid out in `b`.
template <class T>
void laid_out_gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                   const void* b, Matrix<float> c);

}  // namespace unfold
