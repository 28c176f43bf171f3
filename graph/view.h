#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "graph/tensor.h"

namespace unfold {

/// Memory that a kernel reads or writes: the numbers of a value, for each example of a shard when
/// batched. Where they lie is told by strides, so that a step of a sequence, a slice or a
/// transposed matrix is a view of memory that is there already.
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  bool batched = false;
  std::int64_t batch = 1;               ///< examples in this view; 1 when shared
  std::span<const std::int64_t> sizes;  ///< of one example
  /// Elements from one example to the next (0 when shared), then from one to the next along each
  /// dimension. An element that stands for many has strides of 0.
  std::span<const std::int64_t> strides;

  std::int64_t example_size() const { return element_count(sizes); }
  std::int64_t size() const { return batch * element_count(sizes); }
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

/// Whether the numbers follow each other without gaps, the batch outermost, then row by row.
bool is_dense(const View& view);

/// Fills the strides of a dense view of these sizes: 1 + sizes.size() of them. With `time_major`
/// the first dimension is outside of the batch: a step of all examples lies together.
void dense_strides(std::span<const std::int64_t> sizes, bool batched, std::int64_t batch,
                   bool time_major, std::span<std::int64_t> strides);

/// Several views of one (broadcast) shape, walked through together: sizes of the dimensions from
/// the outermost, the batch included, and for each view the strides along them. Dimensions are
/// joined where all views walk through them as through one, and ordered so that the first view is
/// walked through as it lies in memory.
template <int N>
struct Walk {
  static constexpr int most = max_rank + 1;
  using Strides = std::array<std::int64_t, most>;

  int rank = 0;  ///< at least 1
  std::array<std::int64_t, most> sizes{};
  std::array<Strides, N> strides{};
};

/// Does for any number of views what `walk` does: joins and orders the `count` dimensions in place
/// and returns how many are left, at least 1.
int join_dimensions(int count, std::int64_t* sizes, std::array<std::int64_t, max_rank + 1>* strides,
                    int views);

/// Strides of `v` broadcast to a batch and `rank` dimensions: 1 + rank of them.
inline void aligned_strides(const View& v, int rank, std::int64_t* strides) {
  const int own = static_cast<int>(v.sizes.size());
  strides[0] = v.batched ? v.strides[0] : 0;
  for (int d = 0; d < rank; ++d) {
    const int mine = d - (rank - own);
    strides[d + 1] = mine < 0 || v.sizes[mine] == 1 ? 0 : v.strides[mine + 1];
  }
}

/// The walk through `views`, broadcast to the shape of `shape`, leaving out its last `without`
/// dimensions (and theirs).
template <int N>
Walk<N> walk(const std::array<const View*, N>& views, const View& shape, int without = 0) {
  Walk<N> w;
  const int rank = static_cast<int>(shape.sizes.size()) - without;
  w.sizes[0] = shape.batched ? shape.batch : 1;
  for (int d = 0; d < rank; ++d) w.sizes[d + 1] = shape.sizes[d];
  for (int k = 0; k < N; ++k) {
    View v = *views[k];
    v.sizes = v.sizes.first(v.sizes.size() - static_cast<std::size_t>(without));
    aligned_strides(v, rank, w.strides[k].data());
  }
  w.rank = join_dimensions(rank + 1, w.sizes.data(), w.strides.data(), N);
  return w;
}

/// Calls `run(offsets)` for every run of the innermost dimension; offsets are in elements.
template <int N, class Run>
void for_each_run(const Walk<N>& w, const Run& run) {
  for (int d = 0; d < w.rank; ++d)
    if (w.sizes[d] == 0) return;
  std::array<std::int64_t, Walk<N>::most> at{};
  std::array<std::int64_t, N> offsets{};
  for (;;) {
    run(offsets);
    int d = w.rank - 2;
    for (; d >= 0; --d) {
      for (int k = 0; k < N; ++k) offsets[k] += w.strides[k][d];
      if (++at[d] < w.sizes[d]) break;
      for (int k = 0; k < N; ++k) offsets[k] -= w.strides[k][d] * w.sizes[d];
      at[d] = 0;
    }
    if (d < 0) return;
  }
}

/// Copies `from`, broadcast to the shape of `to` where it is smaller. Both have one element type.
void copy(const View& from, const View& to);

}  // namespace unfold
