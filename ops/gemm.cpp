#include "ops/gemm.h"

#include <xtensor-blas/xblas.hpp>
#include <xtensor/xadapt.hpp>

#include <array>

extern "C" void openblas_set_num_threads(int);

namespace unfold {

namespace {

// A library's own threads beside the scheduler's would fight for the cores.
const bool one_thread_a_call = (openblas_set_num_threads(1), true);

template <class T>
auto matrix(T* data, std::int64_t rows, std::int64_t columns) {
  const std::array<std::size_t, 2> shape{static_cast<std::size_t>(rows),
                                         static_cast<std::size_t>(columns)};
  return xt::adapt(data, shape[0] * shape[1], xt::no_ownership(), shape);
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, T* c, bool accumulate) {
  static_cast<void>(one_thread_a_call);
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (!accumulate) std::fill_n(c, m * n, T(0));
    return;
  }
  auto left = matrix(const_cast<T*>(a), transpose_a ? k : m, transpose_a ? m : k);
  auto right = matrix(const_cast<T*>(b), transpose_b ? n : k, transpose_b ? k : n);
  auto result = matrix(c, m, n);
  // Strides are given here: xtensor's are 0 for sizes of 1, which BLAS does not take.
  cxxblas::gemm<std::size_t>(cxxblas::StorageOrder::RowMajor,
                             transpose_a ? cxxblas::Transpose::Trans : cxxblas::Transpose::NoTrans,
                             transpose_b ? cxxblas::Transpose::Trans : cxxblas::Transpose::NoTrans,
                             static_cast<std::size_t>(m), static_cast<std::size_t>(n),
                             static_cast<std::size_t>(k), T(1), left.data(), left.shape()[1],
                             right.data(), right.shape()[1], accumulate ? T(1) : T(0),
                             result.data(), result.shape()[1]);
}

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                   float*, bool);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*,
                   const double*, double*, bool);

}  // namespace unfold
