#pragma once

#include "graph/graph.h"

namespace unfold {

/// Joins the terms of a sum over the batch that are steps of one sequence X of n steps, or the same
/// part of each step, or sums of one of these:
///
///     batch_sum(X[0], …, X[n - 1])             = batch_sum(sum_to(X))
///     batch_sum(X[0][b:e], …, X[n - 1][b:e])   = batch_sum(sum_to(X))[b:e]
///
/// where `sum_to` sums over the steps. In the second form the sum of the whole steps is the same
/// node for every part: the biases of all gates of a cell are parts of one sum. Where less than
/// half of it is wanted, the parts are summed by themselves instead. Several plain terms that are
/// in no sequence are stacked first, `segment` at a time if that is not 0. What has a kernel of its
/// own for summing over the batch (`outer`, `scatter`) stays, see `join_outers`.
///
/// The sum is rounded differently. Runs after `read_parts`.
Graph join_sums(const Graph& graph, std::int64_t segment = 0);

}  // namespace unfold
