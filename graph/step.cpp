#include "graph/step.h"

#include <array>

#include "graph/rebuild.h"
#include "graph/verify.h"

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
  return export_states(std::move(out), axis, ops);
}

Graph export_states(Graph graph, Symbol axis, const CoreOps& ops) {
  for (State& s : graph.states) {
    if (!(s.axis == axis)) continue;
    if (!graph.type(s.out).batched) {
      // The same for all examples so far; the next piece is fed one value for each.
      Type type = graph.type(s.out);
      type.batched = true;
      const std::array each{graph.value(s.out), ops.fill(graph, 0.0, type)};
      s.out = ops.accumulate(each).id;
    }
    graph.outputs.push_back({s.name, s.out});
  }
  verify_if_debug(graph);
  return graph;
}

}  // namespace unfold
