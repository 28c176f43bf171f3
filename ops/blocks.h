#pragma once

// How kernels that move data see a dimension: as `outer` blocks of `size` pieces of `inner`
// numbers.

#include <cstdint>

#include "graph/op_def.h"

namespace unfold::blocks {

struct Split {
  std::int64_t outer;  ///< everything before the dimension, the batch included
  std::int64_t size;   ///< of the dimension
  std::int64_t inner;  ///< everything after it
};

inline Split at(const View& v, std::size_t dim) {
  return {v.batch * element_count(v.sizes.first(dim)), v.sizes[dim],
          element_count(v.sizes.subspan(dim + 1))};
}

}  // namespace unfold::blocks
