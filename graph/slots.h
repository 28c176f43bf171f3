#pragma once

#include "graph/plan.h"

namespace unfold {

/// Gives every value of the plan that has memory of its own a slot for as long as the value, its
/// views or its parts are read. With `in_place` a fused call's result takes over the slot of an
/// operand that it is the last to read.
void assign_slots(Plan& plan, bool in_place);

/// Bytes rounded up to a cache line.
inline std::int64_t cache_lines(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace unfold
