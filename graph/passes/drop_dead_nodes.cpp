#include "graph/passes/drop_dead_nodes.h"

#include "graph/rebuild.h"

namespace unfold {

namespace {

class Liveness {
 public:
  Liveness(const Graph& graph, std::span<const NodeId> kept) : graph_(graph), live_(graph.size()) {
    for (const NodeId id : kept) mark(id);
    for (const Output& o : graph.outputs) mark(o.node);
    // What an output hands on stays known as a state, whatever it started from.
    for (const State& s : graph.states)
      if (graph.output(s.name) != no_node) mark(s.in);
    // The end of a state is needed when its start is; ends may need the starts of others.
    for (bool more = true; more;) {
      more = false;
      for (const State& s : graph.states) {
        if (!live_[s.in] || live_[s.out]) continue;
        mark(s.out);
        more = true;
      }
    }
  }

  bool operator[](NodeId id) const { return live_[id]; }

 private:
  void mark(NodeId root) {
    waiting_.push_back(root);
    while (!waiting_.empty()) {
      const NodeId id = waiting_.back();
      waiting_.pop_back();
      if (live_[id]) continue;
      live_[id] = true;
      for (const NodeId in : graph_.inputs(id))
        if (!live_[in]) waiting_.push_back(in);
    }
  }

  const Graph& graph_;
  std::vector<bool> live_;
  std::vector<NodeId> waiting_;
};

}  // namespace

Graph drop_dead_nodes(const Graph& graph, std::span<const NodeId> kept) {
  const Liveness live(graph, kept);
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    return live[id] ? copy_node(graph, to, id, map) : no_node;
  });
}

}  // namespace unfold
