#include "graph/sums.h"

#include <fmt/format.h>

#include "graph/passes/drop_dead_nodes.h"
#include "graph/rebuild.h"

namespace unfold {

namespace {

Graph with_outputs(const Graph& graph, const std::vector<Symbol>& names) {
  Graph out = graph;
  out.outputs.clear();
  out.states.clear();
  for (const Symbol& name : names) {
    const NodeId id = graph.output(name);
    if (graph.type(id).batched)
      throw Error(fmt::format("'{}' has a value for each example; it needs one for the whole batch",
                              name.str()),
                  location_of(graph.place(id).site));
    out.outputs.push_back({name, id});
  }
  return drop_dead_nodes(out);
}

}  // namespace

SplitSums split_sums(const Graph& graph, const std::vector<Symbol>& names, const CoreOps& ops) {
  SplitSums out;
  out.parts = with_outputs(graph, names);
  std::vector<bool> on_sum(out.parts.size());
  std::vector<Output> sums;
  for (NodeId id = 0; id < out.parts.size(); ++id) {
    for (const NodeId in : out.parts.inputs(id)) on_sum[id] = on_sum[id] || on_sum[in];
    if (!out.parts.node(id).op->sums_batch) continue;
    if (on_sum[id])
      throw Error(
          "a sum over the batch of something that itself sums over the batch has no value "
          "for a whole data set",
          location_of(out.parts.place(id).site));
    on_sum[id] = true;
    sums.push_back({fmt::format("sum:{}", sums.size()), id});
  }
  std::size_t next = 0;
  out.rest =
      drop_dead_nodes(rebuild(out.parts, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
        if (!out.parts.node(id).op->sums_batch) return copy_node(out.parts, to, id, map);
        return ops.input(to, sums[next++].name, out.parts.type(id)).id;
      }));
  out.parts.outputs = std::move(sums);
  out.parts = drop_dead_nodes(out.parts);
  return out;
}

}  // namespace unfold
