#pragma once

#include "graph/graph.h"

namespace unfold {

/// Keeps the nodes that an output needs, or the end of a state whose start is needed, in their
/// order; the start of a state that an output of its name hands on; and the nodes `kept`. What
/// differentiation and other passes leave behind unused disappears; values do not change.
Graph drop_dead_nodes(const Graph& graph, std::span<const NodeId> kept = {});

}  // namespace unfold
