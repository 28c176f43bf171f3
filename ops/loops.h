#pragma once

// How kernels walk over operands of different shapes and strides. For kernels only.

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "graph/op_def.h"

namespace unfold::loops {

/// Sets every element of `out`.
template <class T>
void fill(const View& out, T value) {
  const auto w = walk<1>({&out}, out);
  const std::int64_t count = w.sizes[w.rank - 1], step = w.strides[0][w.rank - 1];
  for_each_run(w, [&](const std::array<std::int64_t, 1>& offset) {
    T* to = out.as<T>() + offset[0];
    if (step == 1)
      std::fill_n(to, count, value);
    else
      for (std::int64_t i = 0; i < count; ++i) to[i * step] = value;
  });
}

/// Adds the operand into a result that has fewer or smaller dimensions, which must hold zeros or a
/// sum so far. A result without a batch sums over the batch too.
template <class T>
void add_reduced(const View& in, const View& out) {
  const auto w = walk<2>({&in, &out}, in);
  const std::int64_t count = w.sizes[w.rank - 1];
  const std::int64_t step = w.strides[0][w.rank - 1], step_out = w.strides[1][w.rank - 1];
  for_each_run(w, [&](const std::array<std::int64_t, 2>& offset) {
    const T* a = in.as<T>() + offset[0];
    T* to = out.as<T>() + offset[1];
    if (step_out == 0) {
      T sum = 0;
      for (std::int64_t i = 0; i < count; ++i) sum += a[i * step];
      *to += sum;
    } else if (step == 1 && step_out == 1) {
      for (std::int64_t i = 0; i < count; ++i) to[i] += a[i];
    } else {
      for (std::int64_t i = 0; i < count; ++i) to[i * step_out] += a[i * step];
    }
  });
}

/// Walks through the rows of several views at once: lines along the last dimension of the first
/// `lines` views, and what belongs to each line in the others, which have no such dimension. Calls
/// f(offsets, strides, count) for each run of rows, the strides being from row to row.
template <int N, class F>
void for_each_rows(const std::array<const View*, N>& views, int lines, const F& f) {
  // The line's own dimension is left out of each view that has it.
  std::array<View, N> cut;
  std::array<const View*, N> pointers;
  for (int k = 0; k < N; ++k) {
    cut[k] = *views[k];
    if (k < lines) {
      cut[k].sizes = cut[k].sizes.first(cut[k].sizes.size() - 1);
      cut[k].strides = cut[k].strides.first(cut[k].strides.size() - 1);
    }
    pointers[k] = &cut[k];
  }
  View shape = cut[0];
  for (const View& v : cut)
    if (v.batched && !shape.batched) {
      shape.batched = true;
      shape.batch = v.batch;
    }
  const auto w = walk<N>(pointers, shape);
  std::array<std::int64_t, N> strides;
  for (int k = 0; k < N; ++k) strides[k] = w.strides[k][w.rank - 1];
  for_each_run(w, [&](const std::array<std::int64_t, N>& offsets) {
    f(offsets, strides, w.sizes[w.rank - 1]);
  });
}

/// One example of a view; a shared view is the same for each.
inline View example(const View& v, std::int64_t e) {
  View one = v;
  const std::int64_t at = v.batched ? e * v.strides[0] : 0;
  one.data = static_cast<std::byte*>(v.data) + at * static_cast<std::int64_t>(size_of(v.dtype));
  one.batched = false;
  one.batch = 1;
  return one;
}

/// Element `index` of the first dimension, which disappears. `strides` must outlive the view.
inline View element(const View& v, std::int64_t index,
                    std::array<std::int64_t, max_rank + 1>& strides) {
  View one = v;
  const std::int64_t at = index * v.strides[1];
  one.data = static_cast<std::byte*>(v.data) + at * static_cast<std::int64_t>(size_of(v.dtype));
  one.sizes = v.sizes.subspan(1);
  strides[0] = v.strides[0];
  std::copy(v.strides.begin() + 2, v.strides.end(), strides.begin() + 1);
  one.strides = std::span(strides).first(one.sizes.size() + 1);
  return one;
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
