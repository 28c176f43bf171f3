#pragma once

#include "graph/graph.h"

namespace unfold {

/// Applies a table of identities, one line each: x + 0 = x, 0 W = 0,
/// -(-x) = x, operations on numbers that are known are numbers, moves of numbers that are equal
/// everywhere and reshapes to the same shape are nothing. A recurrence that starts from zeros thus
/// loses the products of its first step.
///
/// Values are equal as long as they are finite. A factor of 0 makes 0 even of what would be inf or
/// NaN at run time; numbers known before are computed in double precision.
///
/// What a type says of axes, batch and sizes stays; names of sizes may get lost.
Graph simplify(const Graph& graph);

}  // namespace unfold
