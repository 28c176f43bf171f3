#include "graph/rebuild.h"

#include <array>

namespace unfold {

namespace {

void copy_names(const Graph& from, Graph& to, const std::vector<NodeId>& map) {
  for (const Output& o : from.outputs)
    if (map[o.node] != no_node) to.outputs.push_back({o.name, map[o.node]});
  for (const State& s : from.states)
    if (map[s.in] != no_node && map[s.out] != no_node)
      to.states.push_back({s.name, s.axis, map[s.in], map[s.out]});
  to.current = from.current;
  to.pieces_of = from.pieces_of;
  to.pieces_hint = from.pieces_hint;
}

Graph empty_copy(const Graph& from) {
  Graph to = from.same_tables();
  to.reserve(from);
  return to;
}

}  // namespace

NodeId copy_node(const Graph& from, Graph& to, NodeId id, const std::vector<NodeId>& map) {
  const Node& node = from.node(id);
  bool same_types = true;
  // Most nodes have few operands, and memory for them would cost more than all the rest.
  std::array<NodeId, 8> few;
  std::vector<NodeId> many(node.input_count > few.size() ? node.input_count : 0);
  const std::span<NodeId> in(many.empty() ? few.data() : many.data(), node.input_count);
  std::size_t k = 0;
  for (const NodeId i : from.inputs(id)) {
    in[k++] = map[i];
    same_types = same_types && to.node(map[i]).type == from.node(i).type;
  }
  if (same_types) return to.add_raw(*node.op, in, node.attributes, node.type);
  std::vector<Value> values;
  for (const NodeId i : in) values.push_back(to.value(i));
  return to.add(*node.op, values, from.attributes(id)).id;
}

Graph rebuild(
    const Graph& from,
    const std::function<NodeId(Graph& to, NodeId id, const std::vector<NodeId>& map)>& visit) {
  Graph to = empty_copy(from);
  std::vector<NodeId> map(from.size(), no_node);
  for (NodeId id = 0; id < from.size(); ++id) {
    to.current = from.place(id);
    map[id] = visit(to, id, map);
  }
  copy_names(from, to, map);
  return to;
}

Rebuild::Rebuild(const Graph& graph, Visit visit)
    : from(graph),
      to(empty_copy(graph)),
      visit_(std::move(visit)),
      map_(graph.size(), no_node),
      done_(graph.size()) {}

void Rebuild::visit(NodeId id) {
  to.current = from.place(id);
  map_[id] = visit_(*this, id);
  done_[id] = true;
}

NodeId Rebuild::need(NodeId id) {
  if (done_[id]) return map_[id];
  const Place place = to.current;
  std::vector<NodeId> open{id};
  while (!open.empty()) {
    const NodeId next = open.back();
    const std::size_t before = open.size();
    for (const NodeId in : from.inputs(next))
      if (!done_[in]) open.push_back(in);
    if (open.size() > before) continue;
    open.pop_back();
    if (!done_[next]) visit(next);
  }
  to.current = place;
  return map_[id];
}

Graph Rebuild::finish() {
  for (NodeId id = 0; id < from.size(); ++id)
    if (!done_[id]) visit(id);
  copy_names(from, to, map_);
  return std::move(to);
}

}  // namespace unfold
