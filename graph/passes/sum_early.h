#pragma once

#include "graph/graph.h"

namespace unfold {

/// Puts what adds itself to a sum over the batch (`OpDef::sum_kernel`) right behind the last of the
/// values of the backward part that it reads, with the views and stacks of them that it needs. So
/// the steps of a segment are summed when they are there, and their memory is free for the next.
/// Values do not change.
Graph sum_early(const Graph& graph);

}  // namespace unfold
