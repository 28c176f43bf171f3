#pragma once

#include "graph/graph.h"

namespace unfold {

/// Makes nodes with the same operation, attributes and operands one (operands of a commutative
/// operation in either order). Random operations carry their call site and timestep as attributes,
/// so that only the same draw is the same node. The first of equal nodes stays, with its place.
Graph merge_duplicates(const Graph& graph);

}  // namespace unfold
