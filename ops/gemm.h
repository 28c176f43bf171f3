#pragma once

#include <cstdint>

namespace unfold {

/// A row-major matrix in memory: rows `stride` elements apart, at least its number of columns.
template <class T>
struct Matrix {
  T* data;
  std::int64_t stride;
};

/// The one seam to a matrix product library: c [m, n] = op(a) @ op(b) (+ c when `accumulate`), op
/// transposing where asked. a is [m, k] ([k, m] when transposed), b [k, n] ([n, k]). Runs on the
/// calling thread.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          Matrix<const T> a, Matrix<const T> b, Matrix<T> c, bool accumulate);

}  // namespace unfold
