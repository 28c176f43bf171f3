#include "graph/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "graph/passes/drop_dead_nodes.h"
#include "graph/rebuild.h"
#include "graph/verify.h"

namespace unfold {

namespace {

// An input for each example in place of node `id`.
NodeId input_for(const Graph& graph, Graph& to, NodeId id, Symbol name, bool batched,
                 const CoreOps& ops) {
  Type type = graph.type(id);
  type.batched = type.batched || batched;
  return ops.input(to, name, std::move(type)).id;
}

// Copies a node, asking its rule again: what was shared may be batched now.
NodeId add_again(const Graph& graph, Graph& to, NodeId id, const std::vector<NodeId>& map) {
  if (graph.node(id).op->shape == nullptr) return copy_node(graph, to, id, map);
  std::vector<Value> in;
  for (const NodeId i : graph.inputs(id)) in.push_back(to.value(map[i]));
  return to.add(*graph.node(id).op, in, graph.attributes(id)).id;
}

// Splits a graph of one step; see split_step.
class Splitter {
 public:
  Splitter(const Graph& graph, Symbol axis, const CoreOps& ops)
      : graph_(graph), ops_(ops), axis_(axis), start_of_(graph.size()), each_(graph.size()) {
    for (const State& s : graph.states)
      if (s.axis == axis) start_of_[s.in] = &s;
    for (NodeId id = 0; id < graph.size(); ++id) each_[id] = belongs_to_steps(id);
    find_handed_over();
  }

  SplitStep split() const { return {once(), step()}; }

 private:
  bool belongs_to_steps(NodeId id) const {
    const auto in = graph_.inputs(id);
    const bool computed = std::ranges::any_of(in, [&](NodeId i) { return each_[i]; });
    if (start_of_[id] == nullptr) {
      const auto& dims = graph_.type(id).dims;
      return computed || (in.empty() && graph_.type(id).batched &&
                          std::ranges::any_of(dims, [&](const Dim& d) { return d.axis == axis_; }));
    }
    if (computed)
      throw Error(fmt::format("{} starts from what the steps over {} compute",
                              start_of_[id]->name.str(), axis_.str()),
                  location_of(graph_.place(id).site));
    return true;
  }

  // What steps use, or is an output, without belonging to a step. Sources are in both graphs.
  void find_handed_over() {
    std::vector<bool> used(graph_.size());
    for (const Output& o : graph_.outputs) used[o.node] = true;
    for (const State& s : graph_.states)
      if (s.axis == axis_) used[s.out] = true;
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (each_[id] && start_of_[id] == nullptr)
        for (const NodeId in : graph_.inputs(id)) used[in] = true;
    names_.resize(graph_.size());
    int count = 0;
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (used[id] && !each_[id] && !graph_.inputs(id).empty())
        names_[id] = fmt::format("once:{}", count++);
  }

  Graph once() const {
    std::vector<NodeId> copies(graph_.size(), no_node);
    Graph out = rebuild(graph_, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
      const bool kept = !each_[id] || start_of_[id] != nullptr;
      return copies[id] = kept ? copy_node(graph_, to, id, map) : no_node;
    });
    out.outputs.clear();
    out.states.clear();
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!names_[id].empty()) out.outputs.push_back({names_[id], copies[id]});
      if (start_of_[id] != nullptr) out.outputs.push_back({start_of_[id]->name, copies[id]});
    }
    return drop_dead_nodes(out);
  }

  Graph step() const {
    Graph out = rebuild(graph_, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
      if (start_of_[id] != nullptr)
        return input_for(graph_, to, id, start_of_[id]->name, true, ops_);
      if (each_[id]) return add_again(graph_, to, id, map);
      if (!names_[id].empty()) return input_for(graph_, to, id, names_[id], false, ops_);
      return graph_.inputs(id).empty() ? copy_node(graph_, to, id, map) : no_node;
    });
    std::erase_if(out.states, [&](const State& s) { return !(s.axis == axis_); });
    return drop_dead_nodes(export_states(std::move(out), axis_, ops_));
  }

  const Graph& graph_;
  const CoreOps& ops_;
  Symbol axis_;
  std::vector<const State*> start_of_;  ///< the state that begins at a node
  std::vector<bool> each_;              ///< belongs to single steps
  std::vector<Symbol> names_;           ///< of what is handed from one graph to the other
};

}  // namespace

SplitStep split_step(const Graph& graph, Symbol axis, const CoreOps& ops) {
  return Splitter(graph, axis, ops).split();
}

Graph carry_states(const Graph& graph, Symbol axis, const CoreOps& ops) {
  std::vector<const State*> by_node(graph.size(), nullptr);
  for (const State& s : graph.states)
    if (s.axis == axis) by_node[s.in] = &s;
  Graph out = rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    if (by_node[id] != nullptr) return input_for(graph, to, id, by_node[id]->name, true, ops);
    return add_again(graph, to, id, map);
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
