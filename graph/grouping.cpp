#include "graph/grouping.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace unfold {

namespace {

class Grouper {
 public:
  Grouper(const Graph& graph, const std::vector<bool>& needed,
          const std::vector<std::int32_t>& level, bool join)
      : graph_(graph),
        needed_(needed),
        level_(level),
        join_(join),
        height_(graph.size()),
        root_(graph.size()) {
    // Types that differ in names only are one shape.
    for (std::uint32_t t = 0; t < graph.type_count(); ++t) {
      std::uint32_t first = 0;
      while (!same_shape(graph.type_at(first), graph.type_at(t))) ++first;
      shape_.push_back(first);
    }
    std::iota(root_.begin(), root_.end(), 0u);
  }

  Grouping run() {
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (!needed_[id]) continue;
      for (const NodeId in : graph_.inputs(id))
        height_[in] = std::max(height_[in], height_[id] + (joinable(in, id) ? 0u : 1u));
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed_[id]) continue;
      for (const NodeId in : graph_.inputs(id))
        if (height_[in] == height_[id] && joinable(in, id)) root_[root(id)] = root(in);
    }
    join_readers();
    Grouping out;
    out.group.assign(graph_.size(), no_group);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed_[id] || graph_.node(id).op->tile == nullptr) continue;
      std::uint32_t& group = out.group[root(id)];
      if (group == no_group) group = out.count++;
      out.group[id] = group;
    }
    return out;
  }

 private:
  static bool same_shape(const Type& a, const Type& b) {
    return a.batched == b.batched && same_sizes(a, b);
  }

  bool joinable(NodeId a, NodeId b) const {
    if (!join_) return false;
    const Node &x = graph_.node(a), &y = graph_.node(b);
    return x.op->tile != nullptr && y.op->tile != nullptr && shape_[x.type] == shape_[y.type] &&
           x.backward == y.backward && level_[a] == level_[b];
  }

  // Nodes that read the same numbers and that no path can connect, if few others read them between.
  void join_readers() {
    constexpr std::size_t remembered = 4;
    std::array<NodeId, remembered> nobody;
    nobody.fill(no_node);
    std::vector<std::array<NodeId, remembered>> readers(graph_.size(), nobody);  // by operand
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed_[id] || graph_.node(id).op->tile == nullptr) continue;
      for (const NodeId in : graph_.inputs(id)) {
        if (shape_[graph_.node(in).type] != shape_[graph_.node(id).type]) continue;
        for (const NodeId other : readers[in])
          if (other != no_node && height_[other] == height_[id] && joinable(other, id))
            root_[root(id)] = root(other);
        std::ranges::rotate(readers[in], readers[in].end() - 1);
        readers[in][0] = id;
      }
    }
  }

  NodeId root(NodeId id) {
    while (root_[id] != id) id = root_[id] = root_[root_[id]];
    return id;
  }

  const Graph& graph_;
  const std::vector<bool>& needed_;
  const std::vector<std::int32_t>& level_;
  const bool join_;
  std::vector<std::uint32_t> height_;
  std::vector<NodeId> root_;
  std::vector<std::uint32_t> shape_;  ///< by type
};

}  // namespace

Grouping group_elementwise(const Graph& graph, const std::vector<bool>& needed,
                           const std::vector<std::int32_t>& level, bool join) {
  return Grouper(graph, needed, level, join).run();
}

}  // namespace unfold
