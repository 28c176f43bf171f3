#include "graph/rebuild.h"

namespace unfold {

NodeId copy_node(const Graph& from, Graph& to, NodeId id, const std::vector<NodeId>& map) {
  std::vector<NodeId> in;
  in.reserve(from.node(id).input_count);
  for (const NodeId i : from.inputs(id)) in.push_back(map[i]);
  const Node& node = from.node(id);
  return to.add_raw(*node.op, in, node.attributes, node.type);
}

Graph rebuild(
    const Graph& from,
    const std::function<NodeId(Graph& to, NodeId id, const std::vector<NodeId>& map)>& visit) {
  Graph to = from.same_tables();
  to.reserve(from);
  std::vector<NodeId> map(from.size(), no_node);
  for (NodeId id = 0; id < from.size(); ++id) {
    to.current = from.place(id);
    map[id] = visit(to, id, map);
  }
  for (const Output& o : from.outputs)
    if (map[o.node] != no_node) to.outputs.push_back({o.name, map[o.node]});
  for (const State& s : from.states)
    if (map[s.in] != no_node && map[s.out] != no_node)
      to.states.push_back({s.name, s.axis, map[s.in], map[s.out]});
  to.current = from.current;
  to.pieces_of = from.pieces_of;
  to.pieces_hint = from.pieces_hint;
  return to;
}

}  // namespace unfold
