#pragma once

// Operands as a matrix library reads them. For kernels only.

#include <array>

#include "graph/op_def.h"

namespace unfold {

/// A view, or a dense copy of it where the library could not read its last dimensions.
class Readable {
 public:
  Readable(const View& v, bool fits) : view_(v) {
    if (fits) return;
    copy_ = Tensor(v.dtype, {v.size()});
    dense_strides(v.sizes, v.batched, v.batch, false, strides_);
    view_.data = copy_.data();
    view_.strides = std::span(strides_).first(v.strides.size());
    copy(v, view_);
  }
  const View& view() const { return view_; }

 private:
  View view_;
  Tensor copy_;
  std::array<std::int64_t, max_rank + 1> strides_;
};

/// Whether the numbers of a line, along the last dimension, lie together.
inline bool lines_fit(const View& v) { return v.strides.back() == 1 || v.sizes.back() == 1; }

/// Whether the last two dimensions are a matrix that lies row by row, or column by column, each
/// after the one before: equal rows that are one in memory do not.
inline bool rows_fit(const View& v) {
  const std::size_t last = v.sizes.size() - 1;
  return lines_fit(v) && (last == 0 || v.sizes[last - 1] == 1 || v.strides[last] >= v.sizes[last]);
}
inline bool columns_fit(const View& v) {
  const std::size_t last = v.sizes.size() - 1;
  return last > 0 && v.strides[last] == 1 && v.strides[last + 1] >= v.sizes[last - 1];
}

}  // namespace unfold
