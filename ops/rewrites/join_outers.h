#pragma once

#include "graph/graph.h"

namespace unfold {

/// Joins the terms of a sum over the batch that are products of steps of two sequences: with A and
/// B of n steps,
///
///     batch_sum(outer(A[0], B[0]), …, outer(A[n - 1], B[n - 1])) = batch_sum(outer(A, B))
///
/// since `outer` sums over leading dimensions. The steps may be a stretch of each sequence, as in
/// the gradient of recurrent weights, h[t - 1] with dz[t]. A sequence is what the values are
/// stacked in, or were taken from; where there is none, vectors are stacked anew, `segment` at a
/// time if that is not 0. `scatter`, the sum of rows by id, is joined alike: the gradient of a
/// table looked up in every step.
///
/// Terms without a neighbour in time stay single. The sum is rounded differently. Runs after
/// `read_parts`, which shows the values themselves in place of steps of stacks.
Graph join_outers(const Graph& graph, std::int64_t segment = 0);

}  // namespace unfold
