#include "ops/rewrites/fix_states.h"

#include "graph/rebuild.h"
#include "ops/ops.h"

namespace unfold {

Graph fix_states(const Graph& graph) {
  Graph out = rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    return graph.node(id).op == &state_op ? map[graph.inputs(id)[0]]
                                          : copy_node(graph, to, id, map);
  });
  std::erase_if(out.states, [&](const State& s) { return out.output(s.name) == no_node; });
  return out;
}

}  // namespace unfold
