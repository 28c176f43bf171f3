#pragma once

#include "graph/core_ops.h"

namespace unfold {

/// A graph cut at its sums over the batch. Adding up the outputs of `parts` over many batches and
/// feeding the totals to `rest` gives the outputs for all examples at once: a mean over a whole
/// data set, and expressions of such means (`exp(loss)`), whatever the batches were.
struct SplitSums {
  Graph parts;  ///< outputs `sum:0`, `sum:1`, …: the sums over a batch; and the graph's others
  Graph rest;   ///< the given outputs, with the sums as shared inputs of those names
  std::vector<Output> sums;  ///< `sum:0`, `sum:1`, …: the same sums in the graph that was cut
};

/// Cuts what the outputs `names` need. Throws Error when a sum depends on another, or when an
/// output is not shared.
SplitSums split_sums(const Graph& graph, const std::vector<Symbol>& names, const CoreOps& ops);

}  // namespace unfold
