#include "graph/passes/merge_duplicates.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "graph/rebuild.h"

namespace unfold {

namespace {

// The nodes of a copy under construction, found by what they compute.
class SeenNodes {
 public:
  SeenNodes(const Graph& graph, std::size_t most)
      : graph_(graph), table_(std::bit_ceil(2 * most + 1), no_node) {}

  // The place of a node like this in the table, or the free one where it belongs.
  NodeId& find(const Node& node, std::span<const NodeId> in) {
    std::size_t at = hash(node, in);
    for (;; ++at) {
      NodeId& entry = table_[at & (table_.size() - 1)];
      if (entry == no_node || equal(entry, node, in)) return entry;
    }
  }

 private:
  static std::size_t hash(const Node& node, std::span<const NodeId> in) {
    std::size_t h = hash_mix(std::hash<const void*>()(node.op), node.attributes);
    h = hash_mix(h, node.type);
    std::size_t operands = 0;  // in any order, if the operation takes them in any order
    for (const NodeId i : in)
      operands = node.op->commutative ? operands + hash_mix(1, i) : hash_mix(operands, i);
    h = hash_mix(h, operands) * 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 32);
  }

  bool equal(NodeId id, const Node& node, std::span<const NodeId> in) const {
    const Node& other = graph_.node(id);
    if (other.op != node.op || other.attributes != node.attributes || other.type != node.type)
      return false;
    const auto others = graph_.inputs(id);
    return node.op->commutative
               ? std::is_permutation(in.begin(), in.end(), others.begin(), others.end())
               : std::equal(in.begin(), in.end(), others.begin(), others.end());
  }

  const Graph& graph_;
  std::vector<NodeId> table_;
};

}  // namespace

Graph merge_duplicates(const Graph& graph) {
  std::optional<SeenNodes> seen;
  std::vector<NodeId> in;
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    if (!seen) seen.emplace(to, graph.size());
    in.clear();
    for (const NodeId i : graph.inputs(id)) in.push_back(map[i]);
    const Node& node = graph.node(id);
    NodeId& entry = seen->find(node, in);
    if (entry == no_node) entry = to.add_raw(*node.op, in, node.attributes, node.type);
    return entry;
  });
}

}  // namespace unfold
