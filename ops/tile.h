#pragma once

// Loops of elementwise formulas over a tile (TileArgs). For kernels only. A formula is applied to
// single numbers and to batches of as many as the processor takes at once, and gives the same bits
// either way: what is left over at the end of a row goes through a batch too.

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <xsimd/xsimd.hpp>

#include "graph/op_def.h"

namespace unfold::tiles {

/// Whether N operands and the result can be walked through as one row.
template <std::size_t N>
bool one_row(const TileArgs& t) {
  const auto plain = [&](const TileOperand& o) {
    return o.col_stride == 1 ? o.row_stride == t.cols : o.col_stride == 0 && o.row_stride == 0;
  };
  bool all = t.out.col_stride == 1 && t.out.row_stride == t.cols;
  for (std::size_t k = 0; k < N; ++k) all = all && plain(t.in[k]);
  return t.rows > 1 && all;
}

/// Calls row(out, in, cols) for each row, joined rows where that is possible.
template <class Out, class In, std::size_t N, class Row>
void for_each_row(const TileArgs& t, const Row& row) {
  std::array<const In*, N> in;
  for (std::size_t k = 0; k < N; ++k) in[k] = static_cast<const In*>(t.in[k].data);
  auto* out = static_cast<Out*>(t.out.data);
  if (one_row<N>(t)) {
    row(out, in, t.rows * t.cols);
    return;
  }
  for (std::int64_t r = 0; r < t.rows; ++r) {
    row(out, in, t.cols);
    out += t.out.row_stride;
    for (std::size_t k = 0; k < N; ++k) in[k] += t.in[k].row_stride;
  }
}

/// out = f(a), f a function of batches. For functions that have to be computed in many operations.
template <class T, class F>
void unary_batches(const TileArgs& t, const F& f) {
  using Batch = xsimd::batch<T>;
  constexpr auto width = static_cast<std::int64_t>(Batch::size);
  const std::int64_t step_in = t.in[0].col_stride, step_out = t.out.col_stride;
  for_each_row<T, T, 1>(t, [&](T* out, const std::array<const T*, 1>& in, std::int64_t n) {
    std::int64_t i = 0;
    if (step_in == 1 && step_out == 1)
      for (; i + width <= n; i += width)
        f(Batch::load_unaligned(in[0] + i)).store_unaligned(out + i);
    while (i < n) {
      alignas(64) std::array<T, Batch::size> some{};
      const std::int64_t count = std::min(width, n - i);
      for (std::int64_t k = 0; k < count; ++k)
        some[static_cast<std::size_t>(k)] = in[0][(i + k) * step_in];
      f(Batch::load_aligned(some.data())).store_aligned(some.data());
      for (std::int64_t k = 0; k < count; ++k)
        out[(i + k) * step_out] = some[static_cast<std::size_t>(k)];
      i += count;
    }
  });
}

/// out = f(a) for a formula that the compiler vectorises by itself.
template <class Out, class In, class F>
void unary(const TileArgs& t, const F& f) {
  const std::int64_t sa = t.in[0].col_stride, so = t.out.col_stride;
  for_each_row<Out, In, 1>(t, [&](Out* out, const std::array<const In*, 1>& in, std::int64_t n) {
    const In* a = in[0];
    if (sa == 1 && so == 1) {
#pragma GCC ivdep
      for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i]);
    } else {
      for (std::int64_t i = 0; i < n; ++i) out[i * so] = f(a[i * sa]);
    }
  });
}

/// out = f(a, b). The ways in which two operands usually move are written out, so that the compiler
/// vectorises each.
template <class Out, class In, class F>
void binary(const TileArgs& t, const F& f) {
  const std::int64_t sa = t.in[0].col_stride, sb = t.in[1].col_stride, so = t.out.col_stride;
  for_each_row<Out, In, 2>(t, [&](Out* out, const std::array<const In*, 2>& in, std::int64_t n) {
    const In *a = in[0], *b = in[1];
    if (sa == 1 && sb == 1 && so == 1) {
#pragma GCC ivdep
      for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
    } else if (sa == 1 && sb == 0 && so == 1) {
      const In y = *b;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], y);
    } else if (sa == 0 && sb == 1 && so == 1) {
      const In x = *a;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < n; ++i) out[i] = f(x, b[i]);
    } else {
      for (std::int64_t i = 0; i < n; ++i) out[i * so] = f(a[i * sa], b[i * sb]);
    }
  });
}

/// An operand's numbers in a row: every one, or the same one at each place.
template <class T, bool moves>
struct Along {
  explicit Along(const T* data) : data_(data), first_(*data) {}
  T operator[](std::int64_t i) const { return moves ? data_[i] : first_; }

 private:
  const T* data_;
  T first_;
};

/// out = f(a, b, c).
template <class T, class F>
void ternary(const TileArgs& t, const F& f) {
  const std::int64_t sa = t.in[0].col_stride, sb = t.in[1].col_stride, sc = t.in[2].col_stride,
                     so = t.out.col_stride;
  const auto moves = [](std::int64_t stride, const auto& next) {
    stride == 1 ? next(std::true_type()) : next(std::false_type());
  };
  for_each_row<T, T, 3>(t, [&](T* out, const std::array<const T*, 3>& in, std::int64_t n) {
    if (so != 1 || (sa | sb | sc) > 1 || std::min({sa, sb, sc}) < 0) {
      for (std::int64_t i = 0; i < n; ++i)
        out[i * so] = f(in[0][i * sa], in[1][i * sb], in[2][i * sc]);
      return;
    }
    moves(sa, [&](auto moves_a) {
      moves(sb, [&](auto moves_b) {
        moves(sc, [&](auto moves_c) {
          const Along<T, moves_a.value> a(in[0]);
          const Along<T, moves_b.value> b(in[1]);
          const Along<T, moves_c.value> c(in[2]);
#pragma GCC ivdep
          for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i], c[i]);
        });
      });
    });
  });
}

}  // namespace unfold::tiles
