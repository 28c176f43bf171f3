#pragma once

#include <algorithm>
#include <cstdint>

#include "graph/op_def.h"

namespace unfold {

/// A row-major matrix in memory: rows `stride` elements apart, at least its number of columns.
template <class T>
struct Matrix {
  T* data;
  std::int64_t stride;
};

/// The one seam to a matrix product library: c [m, n] = op(a) @ op(b) (+ c when `accumulate`), op
/// transposing where asked. a is [m, k] ([k, m] when transposed), b [k, n] ([n, k]). `products`
/// says how single precision takes its operands; throws Error for what this processor has not. Runs
/// on the calling thread.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          Matrix<const T> a, Matrix<const T> b, Matrix<T> c, bool accumulate,
          Products products = Products::full);

/// Whether this processor has products in bfloat16.
bool has_bfloat16_products();
/// What is said where it has none.
inline constexpr const char* no_bfloat16_products =
    "this processor has no products in bfloat16 (they need AVX-512)";

/// How a large product is made: block by block of its columns, whether one thread makes all of them
/// or several share them, because a library may round a product of other sizes otherwise. Blocks
/// are as wide as they have to be to cost nothing.
class ColumnBlocks {
 public:
  /// Of a product of so many rows with a matrix of `columns`. One row is a walk through the matrix,
  /// for which a library has other kernels, and is not cut.
  ColumnBlocks(std::int64_t rows, std::int64_t columns) : columns_(columns) {
    const std::int64_t least = rows <= 256 ? 256 : 1024;
    constexpr std::int64_t line = 64;  // a width that suits the library
    const std::int64_t most = rows < 2 ? 1 : std::max<std::int64_t>(1, columns / least);
    width_ = std::max<std::int64_t>(1, (columns + most * line - 1) / (most * line) * line);
    count_ = (columns + width_ - 1) / width_;
  }

  std::int64_t count() const { return count_; }
  /// Calls f(first column, number of columns) for each block of the share.
  template <class F>
  void each(Share share, const F& f) const {
    const std::int64_t last = count_ * (share.index + 1) / share.count;
    for (std::int64_t b = count_ * share.index / share.count; b < last; ++b) {
      const std::int64_t from = std::min(b * width_, columns_);
      f(from, std::min(width_, columns_ - from));
    }
  }

 private:
  std::int64_t columns_, count_, width_;
};

}  // namespace unfold
