#pragma once

#include <cstdint>

#include "ops/gemm.h"

namespace unfold {

// Products with a right operand that is laid out once for many of them, in single precision: panels
// of a few columns, each row of a panel together, so that a small number of rows goes through it as
// fast as through memory that is near. oneDNN's plain product lays it out anew at each call. For
// products in bfloat16 it is rounded too, and lies as oneDNN would have it.

/// Float32 numbers that fit where a [k, n] matrix is laid out; 0 where this processor or this shape
/// gains nothing by it.
std::int64_t packed_size(Products products, std::int64_t k, std::int64_t n);

/// Lays op(b) [k, n] out; b is [n, k] when `transpose` is set.
void pack(Products products, bool transpose, std::int64_t k, std::int64_t n, Matrix<const float> b,
          float* packed);

/// Blocks of columns that a product with n of them is made in, each by itself; 0 where nothing is
/// laid out.
std::int64_t packed_blocks(Products products, std::int64_t n);

/// c [m, n] = a [m, k] @ the matrix in `packed`; of it, a share of the blocks. Runs on the calling
/// thread.
void packed_gemm(Products products, std::int64_t m, std::int64_t n, std::int64_t k,
                 Matrix<const float> a, const float* packed, Matrix<float> c, Share share = {});

/// c [m, n] = aᵀ @ b (+ c when `accumulate`), a being [k, m] and b [k, n], as in the gradients of
/// weights: many rows k, a result that stays in the second cache. b is laid out a stretch of rows
/// at a time. False, and nothing done, where this processor or this shape gains nothing by it:
/// oneDNN's product reads b as it lies, which is faster by 5 to 10% unless rows of b push each
/// other out of the first cache, and then takes up to twice the time.
bool packed_outer(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                  Matrix<const float> b, Matrix<float> c, bool accumulate);

}  // namespace unfold
