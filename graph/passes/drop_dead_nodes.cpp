#include "graph/passes/drop_dead_nodes.h"

#include "graph/rebuild.h"

namespace unfold {

Graph drop_dead_nodes(const Graph& graph) {
  std::vector<bool> live(graph.size());
  for (const Output& o : graph.outputs) live[o.node] = true;
  for (const State& s : graph.states) live[s.out] = true;
  for (NodeId id = graph.size(); id-- > 0;)
    if (live[id])
      for (const NodeId in : graph.inputs(id)) live[in] = true;
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    return live[id] ? copy_node(graph, to, id, map) : no_node;
  });
}

}  // namespace unfold
