#pragma once

// What the operations over a time axis share. For the operations' own files.

#include <fmt/format.h>

#include "graph/error.h"
#include "ops/loops.h"

namespace unfold {

/// Throws Error for what has no dimension that could be of steps.
inline void require_steps(const char* op, const Type& type) {
  if (type.known && type.dims.empty())
    throw Error(fmt::format("{}: needs a sequence, got a single number", op));
}

/// An example's own length or step.
inline std::int64_t index_of(const View& indices, std::int64_t example) {
  return *loops::example(indices, example).as<std::int32_t>();
}

}  // namespace unfold
