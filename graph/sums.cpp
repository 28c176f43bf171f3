#include "graph/sums.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/passes/drop_dead_nodes.h"
#include "graph/rebuild.h"

namespace unfold {

namespace {

bool contains(const std::vector<Symbol>& names, Symbol name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Which nodes the outputs `names` need.
std::vector<bool> needed_by(const Graph& graph, const std::vector<Symbol>& names) {
  std::vector<bool> needed(graph.size());
  for (const Symbol& name : names) {
    const NodeId id = graph.output(name);
    if (graph.type(id).batched)
      throw Error(fmt::format("'{}' has a value for each example; it needs one for the whole batch",
                              name.str()),
                  location_of(graph.place(id).site));
    needed[id] = true;
  }
  for (NodeId id = graph.size(); id-- > 0;)
    if (needed[id])
      for (const NodeId in : graph.inputs(id)) needed[in] = true;
  return needed;
}

}  // namespace

SplitSums split_sums(const Graph& graph, const std::vector<Symbol>& names, const CoreOps& ops) {
  const std::vector<bool> needed = needed_by(graph, names);
  std::vector<bool> on_sum(graph.size());
  SplitSums out;
  std::vector<Output>& sums = out.sums;
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (const NodeId in : graph.inputs(id)) on_sum[id] = on_sum[id] || on_sum[in];
    if (!needed[id] || !graph.node(id).op->sums_batch) continue;
    if (on_sum[id])
      throw Error(
          "a sum over the batch of something that itself sums over the batch has no value "
          "for a whole data set",
          location_of(graph.place(id).site));
    on_sum[id] = true;
    sums.push_back({fmt::format("sum:{}", sums.size()), id});
  }
  std::size_t next = 0;
  out.rest = rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    if (!needed[id]) return no_node;
    if (!graph.node(id).op->sums_batch) return copy_node(graph, to, id, map);
    return ops.input(to, sums[next++].name, graph.type(id)).id;
  });
  std::erase_if(out.rest.outputs, [&](const Output& o) { return !contains(names, o.name); });
  out.rest.states.clear();
  out.rest = drop_dead_nodes(out.rest);
  out.parts = graph;
  std::erase_if(out.parts.outputs, [&](const Output& o) { return contains(names, o.name); });
  out.parts.outputs.insert(out.parts.outputs.end(), sums.begin(), sums.end());
  out.parts = drop_dead_nodes(out.parts);
  return out;
}

}  // namespace unfold
