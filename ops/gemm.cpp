#include "ops/gemm.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <xtensor-blas/xblas.hpp>

#include "graph/error.h"
#include "ops/one_thread.h"
#include "ops/packed.h"
#include "ops/rounded_gemm.h"

namespace unfold {

namespace {

// The plain provider, in double precision.
void product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             Matrix<const double> a, Matrix<const double> b, Matrix<double> c, bool accumulate,
             Products) {
  using Index = xt::blas_index_t;
  const auto transposed = [](bool yes) {
    return yes ? cxxblas::Transpose::Trans : cxxblas::Transpose::NoTrans;
  };
  cxxblas::gemm<Index>(cxxblas::StorageOrder::RowMajor, transposed(transpose_a),
                       transposed(transpose_b), static_cast<Index>(m), static_cast<Index>(n),
                       static_cast<Index>(k), 1.0, a.data, static_cast<Index>(a.stride), b.data,
                       static_cast<Index>(b.stride), accumulate ? 1.0 : 0.0, c.data,
                       static_cast<Index>(c.stride));
}

// In single precision oneDNN, which makes its kernels for the processor it finds itself on.
void product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             Matrix<const float> a, Matrix<const float> b, Matrix<float> c, bool accumulate,
             Products products) {
  if (products == Products::bfloat16) {
    if (!has_bfloat16_products()) throw Error(no_bfloat16_products);
    rounded_gemm<Bfloat16>(transpose_a, transpose_b, m, n, k, a, b, c, accumulate);
    return;
  }
  if (transpose_a && !transpose_b && packed_outer(m, n, k, a, b, c, accumulate)) return;
  const auto status =
      dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a.data, a.stride,
                 b.data, b.stride, accumulate ? 1.0f : 0.0f, c.data, c.stride);
  if (status != dnnl_success) throw std::bad_alloc();
}

// A matrix of one row may be given without a usable stride.
template <class T>
Matrix<T> with_stride(Matrix<T> m, std::int64_t rows, std::int64_t columns) {
  assert(rows == 1 || m.stride >= columns);
  return {m.data, rows == 1 ? std::max(m.stride, columns) : m.stride};
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          Matrix<const T> a, Matrix<const T> b, Matrix<T> c, bool accumulate, Products products) {
  use_one_thread();
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (std::int64_t i = 0; i < m && !accumulate; ++i) std::fill_n(c.data + i * c.stride, n, T(0));
    return;
  }
  product(transpose_a, transpose_b, m, n, k,
          with_stride(a, transpose_a ? k : m, transpose_a ? m : k),
          with_stride(b, transpose_b ? n : k, transpose_b ? k : n), with_stride(c, m, n),
          accumulate, products);
}

bool has_bfloat16_products() { return has_rounded_products<Bfloat16>(); }

template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, Matrix<const float>,
                   Matrix<const float>, Matrix<float>, bool, Products);
template void gemm(bool, bool, std::int64_t, std::int64_t, std::int64_t, Matrix<const double>,
                   Matrix<const double>, Matrix<double>, bool, Products);

}  // namespace unfold
