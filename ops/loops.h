#pragma once

// How elementwise kernels walk over operands of different shapes. For kernels only.

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "graph/op_def.h"

namespace unfold::loops {

inline constexpr int max_rank = 10;

/// Steps through a result and N operands broadcast to it. Neighbouring dimensions that all operands
/// walk through alike are joined, so that most calls are a single run.
template <int N>
struct Walk {
  int rank = 0;  ///< dimensions outside of the inner run
  std::int64_t inner = 1;
  std::array<std::int64_t, N> inner_stride{};  ///< 1, or 0 for an operand that stays
  std::array<std::int64_t, max_rank> sizes{};
  std::array<std::array<std::int64_t, max_rank>, N> strides{};
};

/// Sizes of a view with the batch as first dimension, aligned to `rank` written dimensions.
inline void aligned_strides(const View& v, int rank, std::int64_t* strides) {
  const int own = static_cast<int>(v.sizes.size());
  std::int64_t step = 1;
  for (int d = rank - 1; d >= 0; --d) {
    const int mine = d - (rank - own);
    const std::int64_t size = mine >= 0 ? v.sizes[mine] : 1;
    strides[d + 1] = size == 1 ? 0 : step;
    step *= size;
  }
  strides[0] = v.batched ? step : 0;
}

template <int N>
Walk<N> walk(const std::array<const View*, N>& in, const View& out) {
  const int rank = static_cast<int>(out.sizes.size());
  assert(rank + 1 <= max_rank);
  std::array<std::array<std::int64_t, max_rank>, N> strides;
  for (int k = 0; k < N; ++k) aligned_strides(*in[k], rank, strides[k].data());
  std::array<std::int64_t, max_rank> sizes;
  sizes[0] = out.batched ? out.batch : 1;
  for (int d = 0; d < rank; ++d) sizes[d + 1] = out.sizes[d];

  // From the innermost dimension outwards, join what continues the run inside of it.
  Walk<N> w;
  bool started = false;
  for (int d = rank; d >= 0; --d) {
    if (sizes[d] == 1) continue;
    bool joins = started;
    for (int k = 0; k < N && joins; ++k) {
      const std::int64_t inside = w.rank == 0 ? w.inner_stride[k] * w.inner
                                              : w.strides[k][w.rank - 1] * w.sizes[w.rank - 1];
      joins = strides[k][d] == inside;
    }
    if (!started) {
      w.inner = sizes[d];
      for (int k = 0; k < N; ++k) w.inner_stride[k] = strides[k][d];
      started = true;
    } else if (joins && w.rank == 0) {
      w.inner *= sizes[d];
    } else if (joins) {
      w.sizes[w.rank - 1] *= sizes[d];
    } else {
      w.sizes[w.rank] = sizes[d];
      for (int k = 0; k < N; ++k) w.strides[k][w.rank] = strides[k][d];
      ++w.rank;
    }
  }
  return w;
}

/// Calls `run(out_offset, offsets)` for every inner run of the walk.
template <int N, class Run>
void for_each_run(const Walk<N>& w, const Run& run) {
  std::array<std::int64_t, max_rank> at{};
  std::array<std::int64_t, N> offsets{};
  for (std::int64_t out = 0;; out += w.inner) {
    run(out, offsets);
    int d = 0;
    for (; d < w.rank; ++d) {
      for (int k = 0; k < N; ++k) offsets[k] += w.strides[k][d];
      if (++at[d] < w.sizes[d]) break;
      for (int k = 0; k < N; ++k) offsets[k] -= w.strides[k][d] * w.sizes[d];
      at[d] = 0;
    }
    if (d == w.rank) return;
  }
}

/// out[i] = f(a[i], b[i]) with broadcasting. The inner run is written out for the ways in which two
/// operands can move, so that the compiler vectorises each.
template <class In, class Out, class F>
void binary(const KernelArgs& args, F f) {
  if (args.out.size() == 0) return;
  const auto w = walk<2>({&args.in[0], &args.in[1]}, args.out);
  const bool a_moves = w.inner_stride[0] != 0, b_moves = w.inner_stride[1] != 0;
  for_each_run(w, [&](std::int64_t at, const std::array<std::int64_t, 2>& offset) {
    Out* __restrict out = args.out.as<Out>() + at;
    const In* a = args.in[0].as<In>() + offset[0];
    const In* b = args.in[1].as<In>() + offset[1];
    if (a_moves && b_moves) {
      for (std::int64_t i = 0; i < w.inner; ++i) out[i] = f(a[i], b[i]);
    } else if (a_moves) {
      const In y = *b;
      for (std::int64_t i = 0; i < w.inner; ++i) out[i] = f(a[i], y);
    } else if (b_moves) {
      const In x = *a;
      for (std::int64_t i = 0; i < w.inner; ++i) out[i] = f(x, b[i]);
    } else {
      std::fill(out, out + w.inner, f(*a, *b));
    }
  });
}

/// out[i] = f(a[i], b[i], c[i]) with broadcasting.
template <class T, class F>
void ternary(const KernelArgs& args, F f) {
  if (args.out.size() == 0) return;
  const auto w = walk<3>({&args.in[0], &args.in[1], &args.in[2]}, args.out);
  for_each_run(w, [&](std::int64_t at, const std::array<std::int64_t, 3>& offset) {
    const auto [sa, sb, sc] = w.inner_stride;
    T* __restrict out = args.out.as<T>() + at;
    const T* a = args.in[0].as<T>() + offset[0];
    const T* b = args.in[1].as<T>() + offset[1];
    const T* c = args.in[2].as<T>() + offset[2];
    if (sa == 1 && sb == 1 && sc == 1) {
      for (std::int64_t i = 0; i < w.inner; ++i) out[i] = f(a[i], b[i], c[i]);
    } else if (sa == 0 && sb == 1 && sc == 1) {
      for (std::int64_t i = 0; i < w.inner; ++i) out[i] = f(*a, b[i], c[i]);
    } else {
      for (std::int64_t i = 0; i < w.inner; ++i) out[i] = f(a[i * sa], b[i * sb], c[i * sc]);
    }
  });
}

/// Copies one operand into the result, broadcasting it.
template <class T>
void broadcast(const KernelArgs& args) {
  if (args.out.size() == 0) return;
  const auto w = walk<1>({&args.in[0]}, args.out);
  for_each_run(w, [&](std::int64_t at, const std::array<std::int64_t, 1>& offset) {
    T* out = args.out.as<T>() + at;
    const T* a = args.in[0].as<T>() + offset[0];
    if (w.inner_stride[0] == 0)
      std::fill(out, out + w.inner, *a);
    else
      std::copy(a, a + w.inner, out);
  });
}

/// Adds the operand into a result that has fewer or smaller dimensions, which must hold zeros or a
/// sum so far. A result without a batch sums over the batch too.
template <class T>
void add_reduced(const View& in, const View& out) {
  if (in.size() == 0) return;
  const auto w = walk<1>({&out}, in);
  for_each_run(w, [&](std::int64_t at, const std::array<std::int64_t, 1>& offset) {
    const T* a = in.as<T>() + at;
    T* to = out.as<T>() + offset[0];
    if (w.inner_stride[0] == 0) {
      T sum = 0;
      for (std::int64_t i = 0; i < w.inner; ++i) sum += a[i];
      *to += sum;
    } else {
      for (std::int64_t i = 0; i < w.inner; ++i) to[i] += a[i];
    }
  });
}

/// Calls f with a value of the element type: `with_type(dtype, [&]<class T>(T) {…})`.
template <class F>
void with_type(DType type, F f) {
  switch (type) {
    case DType::f32: f(float{}); break;
    case DType::f64: f(double{}); break;
    case DType::i32: f(std::int32_t{}); break;
  }
}
template <class F>
void with_real(DType type, F f) {
  assert(type != DType::i32);
  if (type == DType::f32)
    f(float{});
  else
    f(double{});
}

}  // namespace unfold::loops
