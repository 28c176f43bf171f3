#include "graph/passes/sum_early.h"

#include <algorithm>
#include <map>
#include <vector>

#include "graph/rebuild.h"

namespace unfold {

Graph sum_early(const Graph& graph) {
  // By node: the last of the nodes that it takes to read it, where nothing else is to be computed.
  std::vector<NodeId> ready(graph.size());
  std::multimap<NodeId, NodeId> early;  // by the node that they follow
  for (NodeId id = 0; id < graph.size(); ++id) {
    const OpDef& op = *graph.node(id).op;
    const auto in = graph.inputs(id);
    ready[id] = id;
    if (in.empty()) continue;
    NodeId last = 0;
    for (const NodeId i : in) last = std::max(last, ready[i]);
    if (op.view != nullptr || op.part != nullptr) ready[id] = last;
    if (op.sum_kernel != nullptr && graph.node(last).backward) early.emplace(last, id);
  }
  std::vector<NodeId> due;
  Rebuild rebuild(graph, [&](Rebuild& r, NodeId id) {
    const auto [first, end] = early.equal_range(id);
    for (auto i = first; i != end; ++i) due.push_back(i->second);
    return r.copy(id);
  });
  for (NodeId id = 0; id < graph.size(); ++id) {
    rebuild.need(id);
    for (std::size_t k = 0; k < due.size(); ++k) rebuild.need(due[k]);  // which may add others
    due.clear();
  }
  return rebuild.finish();
}

}  // namespace unfold
