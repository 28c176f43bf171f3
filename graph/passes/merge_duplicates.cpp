#include "graph/passes/merge_duplicates.h"

#include <algorithm>
#include <unordered_map>

#include "graph/rebuild.h"

namespace unfold {

Graph merge_duplicates(const Graph& graph) {
  std::unordered_multimap<std::size_t, NodeId> seen;  // by hash, ids of the copy
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    const Node& node = graph.node(id);
    std::vector<NodeId> in;
    for (const NodeId i : graph.inputs(id)) in.push_back(map[i]);
    if (node.op->commutative) std::sort(in.begin(), in.end());
    std::size_t h = hash_mix(std::hash<const void*>()(node.op), node.attributes);
    h = hash_mix(h, node.type);
    for (const NodeId i : in) h = hash_mix(h, i);
    const auto [first, last] = seen.equal_range(h);
    for (auto i = first; i != last; ++i) {
      const Node& other = to.node(i->second);
      std::vector<NodeId> others(to.inputs(i->second).begin(), to.inputs(i->second).end());
      if (node.op->commutative) std::sort(others.begin(), others.end());
      if (other.op == node.op && other.attributes == node.attributes && other.type == node.type &&
          others == in)
        return i->second;
    }
    const NodeId made = copy_node(graph, to, id, map);
    seen.emplace(h, made);
    return made;
  });
}

}  // namespace unfold
