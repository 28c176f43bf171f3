#include "graph/view.h"

#include <algorithm>
#include <cstring>

namespace unfold {

bool is_dense(const View& view) {
  std::int64_t step = 1;
  for (std::size_t d = view.sizes.size(); d-- > 0;) {
    if (view.sizes[d] != 1 && view.strides[d + 1] != step) return false;
    step *= view.sizes[d];
  }
  return !view.batched || view.batch == 1 || view.strides[0] == step;
}

void dense_strides(std::span<const std::int64_t> sizes, bool batched, std::int64_t batch,
                   bool time_major, std::span<std::int64_t> strides) {
  std::int64_t step = 1;
  for (std::size_t d = sizes.size(); d-- > 0;) {
    strides[d + 1] = step;
    if (d > 0 || !time_major) step *= sizes[d];
  }
  strides[0] = batched ? step : 0;
  if (time_major) strides[1] = step * batch;
}

int join_dimensions(int count, std::int64_t* sizes, std::array<std::int64_t, max_rank + 1>* strides,
                    int views) {
  // Sizes of 1 lead nowhere.
  int kept = 0;
  for (int d = 0; d < count; ++d) {
    if (sizes[d] == 1) continue;
    sizes[kept] = sizes[d];
    for (int k = 0; k < views; ++k) strides[k][kept] = strides[k][d];
    ++kept;
  }
  const auto farther = [&](int a, int b) {
    for (int k = 0; k < views; ++k)
      if (strides[k][a] != strides[k][b]) return strides[k][a] > strides[k][b];
    return false;
  };
  const auto swap = [&](int a, int b) {
    std::swap(sizes[a], sizes[b]);
    for (int k = 0; k < views; ++k) std::swap(strides[k][a], strides[k][b]);
  };
  for (int i = 1; i < kept; ++i)
    for (int d = i; d > 0 && farther(d, d - 1); --d) swap(d, d - 1);
  // From the outermost inwards, a dimension that the next one continues is joined with it.
  int joined = 0;
  for (int d = 1; d < kept; ++d) {
    bool continues = true;
    for (int k = 0; k < views && continues; ++k)
      continues = strides[k][joined] == strides[k][d] * sizes[d];
    if (continues)
      sizes[joined] *= sizes[d];
    else
      sizes[++joined] = sizes[d];
    for (int k = 0; k < views; ++k) strides[k][joined] = strides[k][d];
  }
  if (kept > 0) return joined + 1;
  sizes[0] = 1;
  for (int k = 0; k < views; ++k) strides[k][0] = 0;
  return 1;
}

namespace {

template <class T>
void copy_numbers(const View& from, const View& to) {
  const auto w = walk<2>({&to, &from}, to);
  const std::int64_t count = w.sizes[w.rank - 1];
  const std::int64_t step_to = w.strides[0][w.rank - 1], step = w.strides[1][w.rank - 1];
  for_each_run(w, [&](const std::array<std::int64_t, 2>& offset) {
    T* out = to.as<T>() + offset[0];
    const T* in = from.as<T>() + offset[1];
    if (step_to == 1 && step == 1)
      std::memcpy(out, in, static_cast<std::size_t>(count) * sizeof(T));
    else if (step_to == 1 && step == 0)
      std::fill_n(out, count, *in);
    else
      for (std::int64_t i = 0; i < count; ++i) out[i * step_to] = in[i * step];
  });
}

}  // namespace

void copy(const View& from, const View& to) {
  if (size_of(from.dtype) == 8)
    copy_numbers<double>(from, to);
  else
    copy_numbers<std::int32_t>(from, to);  // of four bytes, whatever they mean
}

}  // namespace unfold
