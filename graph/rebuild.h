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

/// Copies node `id` as it is, with its operands mapped. If what stands for an operand has another
/// type (a size without its label), the operation's shape rule is asked again.
NodeId copy_node(const Graph& from, Graph& to, NodeId id, const std::vector<NodeId>& map);

/// A copy under construction for passes that may want a node before its turn.
class Rebuild {
 public:
  /// What stands for node `id` in `rebuild.to`; its operands are mapped already.
  using Visit = std::function<NodeId(Rebuild& rebuild, NodeId id)>;

  Rebuild(const Graph& from, Visit visit);
  /// What stands for `id`, of the former graph, in the copy: visits it and whatever it needs, if
  /// that was not done yet. `id` must not depend on a node whose visit has not returned.
  NodeId need(NodeId id);
  /// Copies the node being visited as it is.
  NodeId copy(NodeId id) { return copy_node(from, to, id, map_); }
  /// Visits all nodes that were not needed so far and returns the copy.
  Graph finish();

  const Graph& from;
  Graph to;

 private:
  void visit(NodeId id);

  Visit visit_;
  std::vector<NodeId> map_;
  std::vector<bool> done_;
};

}  // namespace unfold
