#pragma once

#include "graph/plan.h"

namespace unfold {

/// Gives every value of the plan that has memory of its own a slot for as long as the value, its
/// views or its parts are read.
void assign_slots(Plan& plan);

/// Bytes rounded up to a cache line.
inline std::int64_t cache_lines(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace unfold
