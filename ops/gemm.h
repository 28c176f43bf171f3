#pragma once

#include <cstdint>

namespace unfold {

/// The one seam to a matrix product library: c [m, n] = op(a) @ op(b) (+ c when `accumulate`),
/// dense row-major, op transposing where asked. a is [m, k] ([k, m] when transposed), b [k, n] ([n,
/// k]). Runs on the calling thread.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, T* c, bool accumulate);

}  // namespace unfold
