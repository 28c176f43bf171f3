#include "ops/gemm.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <array>
#include <new>
#include <xtensor-blas/xblas.hpp>
#include <xtensor/xadapt.hpp>

extern "C" void openblas_set_num_threads(int);

namespace unfold {

namespace {

// A library's own threads beside the scheduler's would fight for the cores: one thread a call.
// OpenMP keeps the number for each thread by itself; OpenBLAS has one for all, and setting it is
// not safe from two threads at once.
void use_one_thread() {
  static const bool set_for_all = (openblas_set_num_threads(1), true);
  thread_local const bool set = (omp_set_num_threads(1), true);
  static_cast<void>(set_for_all);
  static_cast<void>(set);
}

template <class T>
auto matrix(T* data, std::int64_t rows, std::int64_t columns) {
  const std::array<std::size_t, 2> shape{static_cast<std::size_t>(rows),
                                         static_cast<std::size_t>(columns)};
  return xt::adapt(data, shape[0] * shape[1], xt::no_ownership(), shape);
}

// The plain provider, in double precision.
void product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             const double* a, const double* b, double* c, bool accumulate) {
  auto left = matrix(const_cast<double*>(a), transpose_a ? k : m, transpose_a ? m : k);
  auto right = matrix(const_cast<double*>(b), transpose_b ? n : k, transpose_b ? k : n);
  auto result = matrix(c, m, n);
  // Strides are given here: xtensor's are 0 for sizes of 1, which BLAS does not take.
  using Index = xt::blas_index_t;
  const auto columns = [](const auto& e) { return static_cast<Index>(e.shape()[1]); };
  const auto transposed = [](bool yes) {
    return yes ? cxxblas::Transpose::Trans : cxxblas::Transpose::NoTrans;
  };
  cxxblas::gemm<Index>(cxxblas::StorageOrder::RowMajor, transposed(transpose_a),
                       transposed(transpose_b), static_cast<Index>(m), static_cast<Index>(n),
                       static_cast<Index>(k), 1.0, left.data(), columns(left), right.data(),
                       columns(right), accumulate ? 1.0 : 0.0, result.data(), columns(result));
}

// In single precision oneDNN, which makes its kernels for the processor it finds itself on.
void product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             const float* a, const float* b, float* c, bool accumulate) {
  const auto status =
      dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                 transpose_a ? m : k, b, transpose_b ? k : n, accumulate ? 1.0f : 0.0f, c, n);
  if (status != dnnl_success) throw std::bad_alloc();
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, const T* b, T* c, bool accumulate) {
  use_one_thread();
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (!accumulate) std::fill_n(c, m * n, T(0));
    return;
  }
  product(transpose_a, transpose_b, m, n, k, a, b, c, accumulate);
}

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                   float*, bool);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, const double*,
                   const double*, double*, bool);

}  // namespace unfold
