#pragma once

#include "graph/graph.h"

namespace unfold {

/// Puts nodes in the order in which reading the outputs meets them: the operands of a node before
/// it, the first operand first; what no output needs follows as it was. A commutative operation
/// takes first the operand whose expression sorts first by its operations and sizes, to a depth of
/// four; of equal ones the first stays. So equations become the same graph in whatever order a
/// program writes its lines, its parameters and the terms of a sum, and what is joined later is
/// joined in the same order. Values do not change at all.
Graph order_by_use(const Graph& graph);

}  // namespace unfold
