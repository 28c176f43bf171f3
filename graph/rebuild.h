#pragma once

#include <functional>
#include <vector>

#include "graph/graph.h"

namespace unfold {

/// Copies `from` node by node, in order. `visit(to, id, map)` returns what stands for node `id` in
/// the copy, `map` holding the ids of the nodes before it; no_node drops the node (nothing may use
/// it). Outputs and states follow their nodes; those whose nodes were dropped are dropped too.
Graph rebuild(
    const Graph& from,
    const std::function<NodeId(Graph& to, NodeId id, const std::vector<NodeId>& map)>& visit);

/// Copies node `id` as it is, with its operands mapped. For use inside `rebuild`.
NodeId copy_node(const Graph& from, Graph& to, NodeId id, const std::vector<NodeId>& map);

}  // namespace unfold
