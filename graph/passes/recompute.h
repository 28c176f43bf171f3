#pragma once

#include "graph/core_ops.h"

namespace unfold {

/// Trades time for memory. The forward nodes are cut into segments of `segment` steps; what the
/// backward part needs of a segment is computed again just before that part, from the values at the
/// segment's start, instead of being kept from the forward part on (Chen et al. 2016, "Training
/// Deep Nets with Sublinear Memory Cost").
///
/// Kept are the values that go from one segment to another, parts of what is put together from
/// several segments (a sequence of states), sources and outputs. The last segment is not computed
/// again, nor are others before it as long as they keep no more than `kept` numbers of one example
/// together. What is computed again reads what it starts from by way of `after`, so that it waits
/// for the backward part of the next segment, and stays another node than the original. Values do
/// not change at all.
///
/// Runs after all that joins nodes. `segment` 0: nothing is computed again.
Graph recompute(const Graph& graph, std::int64_t segment, std::int64_t kept, const CoreOps& ops);

}  // namespace unfold
