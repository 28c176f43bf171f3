#pragma once

#include <functional>
#include <vector>

#include "graph/feed.h"

namespace unfold {

/// A node's values: one tensor for a shared node, one for each example for a batched one.
using NodeValues = std::vector<Tensor>;

/// Evaluates every node, in order, one example at a time, keeping everything: slow and obvious, the
/// oracle of the executor. `on_value`, if given, sees each node as soon as it is known and may stop
/// the evaluation by returning false.
std::vector<NodeValues> interpret(
    const Graph& graph, const Feed& feed, DType precision,
    const std::function<bool(NodeId, const NodeValues&)>& on_value = {});

/// The graph's outputs, by name: for a batched one the batch is the first dimension.
std::map<Symbol, Tensor> interpret_outputs(const Graph& graph, const Feed& feed, DType precision);

}  // namespace unfold
