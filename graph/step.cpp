#include "graph/step.h"

#include <algorithm>

#include "graph/rebuild.h"

namespace unfold {

Graph carry_states(const Graph& graph, Symbol axis, const CoreOps& ops) {
  std::vector<const State*> by_node(graph.size(), nullptr);
  for (const State& s : graph.states)
    if (s.axis == axis) by_node[s.in] = &s;
  Graph out = rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    if (by_node[id] != nullptr) {
      Type type = graph.type(id);
      type.batched = true;
      return ops.input(to, by_node[id]->name, std::move(type)).id;
    }
    if (graph.node(id).op->shape == nullptr) return copy_node(graph, to, id, map);
    // The rule is asked again: what was shared may be batched now.
    std::vector<Value> in;
    for (const NodeId i : graph.inputs(id)) in.push_back(to.value(map[i]));
    return to.add(*graph.node(id).op, in, graph.attributes(id)).id;
  });
  return export_states(std::move(out), axis);
}

Graph export_states(Graph graph, Symbol axis) {
  for (const State& s : graph.states)
    if (s.axis == axis) graph.outputs.push_back({s.name, s.out});
  return graph;
}

}  // namespace unfold
