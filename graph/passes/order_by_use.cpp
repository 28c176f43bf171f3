#include "graph/passes/order_by_use.h"

#include <algorithm>
#include <string_view>

#include "graph/hash.h"
#include "graph/rebuild.h"

namespace unfold {

namespace {

constexpr int depth = 4;

class Ordering {
 public:
  explicit Ordering(const Graph& graph) : graph_(graph) {
    hash_expressions();
    std::vector<std::pair<NodeId, bool>> waiting;
    std::vector<bool> met(graph.size());
    for (const Output& o : graph.outputs) {
      waiting.emplace_back(o.node, false);
      while (!waiting.empty()) {
        const auto [id, ready] = waiting.back();
        waiting.pop_back();
        if (ready) order_.push_back(id);
        if (ready || met[id]) continue;
        met[id] = true;
        waiting.emplace_back(id, true);
        const std::vector<NodeId> in = operands(id);
        for (std::size_t i = in.size(); i-- > 0;)
          if (!met[in[i]]) waiting.emplace_back(in[i], false);
      }
    }
  }

  const std::vector<NodeId>& order() const { return order_; }

  // Not for hot loops: a vector each.
  std::vector<NodeId> operands(NodeId id) const {
    const auto in = graph_.inputs(id);
    std::vector<NodeId> out(in.begin(), in.end());
    if (graph_.node(id).op->commutative && out.size() == 2 && hash_[out[1]] < hash_[out[0]])
      std::swap(out[0], out[1]);
    return out;
  }

 private:
  // By operations and sizes only: an expression of one step is that of another.
  void hash_expressions() {
    std::vector<std::size_t> own;
    for (NodeId id = 0; id < graph_.size(); ++id)
      own.push_back(hash_mix(fnv1a(graph_.node(id).op->name),
                             static_cast<std::size_t>(graph_.type(id).size())));
    hash_ = own;
    for (int round = 1; round < depth; ++round) {
      const std::vector<std::size_t> before = hash_;
      for (NodeId id = 0; id < graph_.size(); ++id) {
        std::size_t in = 0;
        for (const NodeId i : graph_.inputs(id))
          in = graph_.node(id).op->commutative ? in + before[i] : hash_mix(in, before[i]);
        hash_[id] = hash_mix(own[id], in);
      }
    }
  }

  const Graph& graph_;
  std::vector<std::size_t> hash_;
  std::vector<NodeId> order_;
};

}  // namespace

Graph order_by_use(const Graph& graph) {
  const Ordering ordering(graph);
  Rebuild rebuild(graph, [&](Rebuild& r, NodeId id) {
    const Node& node = graph.node(id);
    if (!node.op->commutative) return r.copy(id);
    std::vector<NodeId> in = ordering.operands(id);
    for (NodeId& i : in) i = r.need(i);
    return r.to.add_raw(*node.op, in, node.attributes, node.type);
  });
  for (const NodeId id : ordering.order()) rebuild.need(id);
  return rebuild.finish();
}

}  // namespace unfold
