#include "graph/passes/keep_less.h"

#include "graph/rebuild.h"

namespace unfold {

namespace {

/// Which nodes are computed again.
class Chooser {
 public:
  explicit Chooser(const Graph& graph)
      : graph_(graph),
        read_backward_(graph.size()),
        only_inside_(graph.size(), true),
        again_(graph.size()) {}

  std::vector<bool> run() {
    for (const Output& o : graph_.outputs) only_inside_[o.node] = false;
    for (const State& s : graph_.states) only_inside_[s.out] = false;
    for (NodeId id = 0; id < graph_.size(); ++id)
      for (const NodeId in : graph_.inputs(id)) {
        if (graph_.node(id).backward) read_backward_[in] = true;
        if (graph_.node(id).op->tile == nullptr || graph_.node(id).type != graph_.node(in).type)
          only_inside_[in] = false;
      }
    for (NodeId id = 0; id < graph_.size(); ++id) again_[id] = is_made_again(id);
    return std::move(again_);
  }

 private:
  bool is_made_again(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.op->tile == nullptr || node.backward || !graph_.type(id).batched ||
        !read_backward_[id] || !only_inside_[id])
      return false;
    for (const NodeId in : graph_.inputs(id))
      if (again_[in] || !(read_backward_[in] || graph_.inputs(in).empty())) return false;
    return true;
  }

  const Graph& graph_;
  std::vector<bool> read_backward_;
  std::vector<bool> only_inside_;  ///< read by nothing but elementwise operations on its shape
  std::vector<bool> again_;
};

}  // namespace

Graph keep_less(const Graph& graph) {
  std::vector<bool> again = Chooser(graph).run();
  std::vector<NodeId> stands_for(graph.size(), no_node);  // for backward readers
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    if (!graph.node(id).backward) return stands_for[id] = copy_node(graph, to, id, map);
    const Place own = to.current;
    for (const NodeId in : graph.inputs(id)) {
      if (!again[in]) continue;
      again[in] = false;
      to.current = graph.place(in);
      to.current.backward = true;
      stands_for[in] = copy_node(graph, to, in, map);
    }
    to.current = own;
    return stands_for[id] = copy_node(graph, to, id, stands_for);
  });
}

}  // namespace unfold
