#pragma once

#include "graph/graph.h"

namespace unfold {

/// Runs the passes, in their order, on a graph that is ready to be planned. Debug builds verify the
/// graph after each.
Graph optimise(Graph graph);

}  // namespace unfold
