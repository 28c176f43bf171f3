#include "ops/packed.h"

#include <libxsmm.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "ops/rounded_gemm.h"

namespace unfold {

namespace {

// Columns of a panel: what a row of the processor's registers holds, several times. 0 where libxsmm
// makes no code.
std::int64_t panel_width() {
  static const std::int64_t width = [] {
    libxsmm_init();
    const int target = libxsmm_get_target_archid();
    if (target >= LIBXSMM_X86_AVX512) return 64;
    return target >= LIBXSMM_X86_AVX2 ? 32 : 0;
  }();
  return width;
}

// So many rows at a time that they stay in the second cache while all panels pass.
constexpr std::int64_t rows_at_once = 64;

std::int64_t panel_size(std::int64_t k, std::int64_t n) {
  const std::int64_t width = panel_width();
  return width == 0 ? 0 : (n + width - 1) / width * width * k;
}

// Rows as they come, since those of a wide matrix lie pages apart; a panel's part of one has a
// length that the compiler knows, so that it calls nothing to copy it.
template <std::int64_t width>
void pack_rows(std::int64_t k, std::int64_t n, Matrix<const float> b, float* panels) {
  const std::int64_t whole = n / width * width;
  for (std::int64_t i = 0; i < k; ++i) {
    const float* row = b.data + i * b.stride;
    float* to = panels + i * width;
    for (std::int64_t j = 0; j < whole; j += width, to += k * width)
      std::memcpy(to, row + j, width * sizeof(float));
    std::copy_n(row + whole, n - whole, to);
  }
}

void pack_panels(bool transpose, std::int64_t k, std::int64_t n, Matrix<const float> b,
                 float* panels) {
  const std::int64_t width = panel_width();
  if (!transpose)
    return width == 64 ? pack_rows<64>(k, n, b, panels) : pack_rows<32>(k, n, b, panels);
  for (std::int64_t j = 0; j < n; j += width, panels += k * width) {
    const std::int64_t columns = std::min(width, n - j);
    // By blocks that fit the first cache, since one of the two is walked through across.
    constexpr std::int64_t block = 64;
    for (std::int64_t begin = 0; begin < k; begin += block)
      for (std::int64_t c = 0; c < columns; ++c)
        for (std::int64_t i = begin; i < std::min(begin + block, k); ++i)
          panels[i * width + c] = b.data[(j + c) * b.stride + i];
  }
}

void multiply_panels(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                     const float* panels, Matrix<float> c, std::int64_t first, std::int64_t last) {
  // The library's matrices are column-major: it sees c' = b' a'.
  const int lda = static_cast<int>(panel_width()), ldb = static_cast<int>(std::max(a.stride, k)),
            ldc = static_cast<int>(std::max(c.stride, n));  // of a single row there need be none
  const float alpha = 1, beta = 0;
  for (std::int64_t i = 0; i < m; i += rows_at_once) {
    const auto rows = static_cast<int>(std::min(rows_at_once, m - i));
    for (std::int64_t p = first; p < last; ++p) {
      const std::int64_t j = p * lda;
      const float* panel = panels + j * k;
      const auto columns = static_cast<int>(std::min<std::int64_t>(lda, n - j));
      const libxsmm_smmfunction product = libxsmm_smmdispatch(
          columns, rows, static_cast<int>(k), &lda, &ldb, &ldc, &alpha, &beta, nullptr, nullptr);
      const Matrix<const float> left{a.data + i * a.stride, a.stride};
      const Matrix<float> result{c.data + i * c.stride + j, c.stride};
      if (product != nullptr)
        product(panel, left.data, result.data);
      else  // a shape for which it makes no code
        gemm<float>(false, false, rows, columns, k, left, {panel, lda}, result, false);
    }
  }
}

}  // namespace

std::int64_t packed_size(Products products, std::int64_t k, std::int64_t n) {
  constexpr std::int64_t least = 16;
  if (k < least || n < least) return 0;
  if (products == Products::full) return panel_size(k, n);
  return has_bfloat16_products() ? (laid_out_bytes<Bfloat16>(k, n) + 3) / 4 : 0;
}

void pack(Products products, bool transpose, std::int64_t k, std::int64_t n, Matrix<const float> b,
          float* packed) {
  if (products == Products::full)
    pack_panels(transpose, k, n, b, packed);
  else
    lay_out<Bfloat16>(transpose, k, n, b, packed);
}

std::int64_t packed_blocks(Products products, std::int64_t n) {
  if (products == Products::bfloat16) return 1;
  const std::int64_t width = panel_width();
  return width == 0 ? 0 : (n + width - 1) / width;
}

void packed_gemm(Products products, std::int64_t m, std::int64_t n, std::int64_t k,
                 Matrix<const float> a, const float* packed, Matrix<float> c, Share share) {
  const std::int64_t blocks = packed_blocks(products, n);
  const std::int64_t first = blocks * share.index / share.count,
                     last = blocks * (share.index + 1) / share.count;
  if (products == Products::full)
    multiply_panels(m, n, k, a, packed, c, first, last);
  else if (first < last)
    laid_out_gemm<Bfloat16>(m, n, k, a, packed, c);
}

bool packed_outer(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<const float> a,
                  Matrix<const float> b, Matrix<float> c, bool accumulate) {
  constexpr std::int64_t least = 32, most_of_result = 1 << 17;
  // Numbers between rows that share an eighth of the first cache's sets, or less, with one another.
  constexpr std::int64_t colliding = 128;
  // A panel of so many rows leaves the first cache room for the rest, also where two threads share
  // it.
  constexpr std::int64_t stretch = 100, rows_of_result = 128;
  const std::int64_t width = panel_width();
  if (width == 0 || n % width != 0 || m < least || m * n > most_of_result) return false;
  if (b.stride % colliding != 0) return false;
  // The library's matrices are column-major: it sees c' = b' a, with a' transposed.
  const int lda = static_cast<int>(width), ldb = static_cast<int>(a.stride),
            ldc = static_cast<int>(c.stride), flags = LIBXSMM_GEMM_FLAG_TRANS_B;
  const float alpha = 1;
  const auto kernel = [&](std::int64_t rows, std::int64_t depth, bool add) {
    const float beta = add ? 1 : 0;
    return libxsmm_smmdispatch(lda, static_cast<int>(rows), static_cast<int>(depth), &lda, &ldb,
                               &ldc, &alpha, &beta, &flags, nullptr);
  };
  // All code before the first product: a shape for which there is none is multiplied as a whole.
  const std::int64_t last_rows = (m - 1) % rows_of_result + 1, last_depth = (k - 1) % stretch + 1;
  for (const std::int64_t rows : {std::min(m, rows_of_result), last_rows})
    for (const std::int64_t depth : {std::min(k, stretch), last_depth})
      for (const bool add : {false, true})
        if (kernel(rows, depth, add) == nullptr) return false;
  thread_local std::vector<float> panels;
  panels.resize(static_cast<std::size_t>(std::min(k, stretch) * n));
  for (std::int64_t at = 0; at < k; at += stretch) {
    const std::int64_t depth = std::min(stretch, k - at);
    pack_panels(false, depth, n, {b.data + at * b.stride, b.stride}, panels.data());
    for (std::int64_t i = 0; i < m; i += rows_of_result) {
      const auto product = kernel(std::min(rows_of_result, m - i), depth, accumulate || at > 0);
      for (std::int64_t j = 0; j < n; j += width)
        product(panels.data() + j * depth, a.data + at * a.stride + i, c.data + i * c.stride + j);
    }
  }
  return true;
}

}  // namespace unfold
