#include "ops/rewrites/commute_gather.h"

#include <map>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

namespace {

struct Product {
  std::int64_t rows = 0;   ///< that would be multiplied
  NodeId table = no_node;  ///< the multiplied table, in the copy
};

bool is_weights_product(const Graph& graph, NodeId id) {
  return graph.node(id).op == &matmul_op && is_weights(graph, graph.inputs(id)[1]);
}

bool is_lookup_product(const Graph& graph, NodeId id) {
  if (!is_weights_product(graph, id)) return false;
  const NodeId left = graph.inputs(id)[0];
  return graph.node(left).op == &gather_op && is_weights(graph, graph.inputs(left)[0]);
}

bool is_one_hot_product(const Graph& graph, NodeId id) {
  return is_weights_product(graph, id) && graph.node(graph.inputs(id)[0]).op == &one_hot_op;
}

}  // namespace

Graph commute_gather(const Graph& graph, std::int64_t batch) {
  std::map<std::tuple<NodeId, NodeId, std::uint32_t>, Product> products;
  const auto product_of = [&](NodeId id) -> Product& {
    return products[{graph.inputs(graph.inputs(id)[0])[0], graph.inputs(id)[1],
                     graph.node(id).attributes}];
  };
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!is_lookup_product(graph, id)) continue;
    const Type& ids = graph.type(graph.inputs(graph.inputs(id)[0])[1]);
    product_of(id).rows += ids.size() * (ids.batched ? batch : 1);
  }
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    const auto value = [&](NodeId former) { return to.value(map[former]); };
    if (is_lookup_product(graph, id)) {
      const auto lookup = graph.inputs(graph.inputs(id)[0]);
      Product& p = product_of(id);
      if (2 * graph.type(lookup[0]).dims[0].size > p.rows) return copy_node(graph, to, id, map);
      if (p.table == no_node) {
        const PlaceScope scope(to, place_of_all_steps(to));
        const Value in[] = {value(lookup[0]), value(graph.inputs(id)[1])};
        p.table = to.add(matmul_op, in, graph.attributes(id)).id;
      }
      return applied(gather_op, {to.value(p.table), value(lookup[1])}).id;
    }
    if (!is_one_hot_product(graph, id)) return copy_node(graph, to, id, map);
    const Value weights = value(graph.inputs(id)[1]);
    const Value table =
        takes_transpose(graph, id)
            ? applied(transpose_op, {weights}, {{"order", std::vector<std::int64_t>{1, 0}}})
            : weights;
    return applied(gather_op, {table, value(graph.inputs(graph.inputs(id)[0])[0])}).id;
  });
}

}  // namespace unfold
