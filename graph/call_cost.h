#pragma once

#include "graph/plan.h"

namespace unfold {

/// Floating-point operations of a node for one example, none for a source (OpDef::cost).
double work_of(const Graph& graph, NodeId node);

/// About how many microseconds a call takes for one example, on one thread. Only good for weighing
/// calls against each other and against the few microseconds it takes threads to meet.
double estimated_microseconds(const Plan& plan, const Call& call);

/// Of how many blocks of columns that can be computed apart its result consists, for one example.
std::int64_t column_blocks(const Plan& plan, const Call& call);

/// Examples that may be left together where weights are large.
inline constexpr std::int64_t least_of_shard = 4;

/// Into how many of at most `shards` shards a batch is cut. Where the weights of a step are larger
/// than a core's own cache they come from farther away, and a few examples take hardly longer than
/// one: no shard then has fewer than `least_of_shard`. The same on any number of threads.
std::int64_t shards_of_batch(const Plan& plan, std::int64_t batch, std::int64_t shards);

}  // namespace unfold
