#include "ops/rewrites/commute_gather.h"

#include <algorithm>
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

// A stretch of the rows.
bool is_stretch(const Graph& graph, NodeId id) {
  return graph.node(id).op == &slice_op &&
         graph.attributes(id).integer("dim") + 1 < graph.type(id).rank();
}

// What the rows that a product multiplies are all of, or a stretch.
NodeId rows_of(const Graph& graph, NodeId product) {
  const NodeId left = graph.inputs(product)[0];
  return is_stretch(graph, left) ? graph.inputs(left)[0] : left;
}

// The lookup of the rows that a product multiplies; no_node if it is none.
NodeId lookup_of(const Graph& graph, NodeId id) {
  if (!is_weights_product(graph, id)) return no_node;
  const NodeId rows = rows_of(graph, id);
  const bool looks_up =
      graph.node(rows).op == &gather_op && is_weights(graph, graph.inputs(rows)[0]);
  return looks_up ? rows : no_node;
}

// Likewise if the rows are one-hot.
NodeId one_hot_of(const Graph& graph, NodeId id) {
  if (!is_weights_product(graph, id)) return no_node;
  const NodeId rows = rows_of(graph, id);
  return graph.node(rows).op == &one_hot_op ? rows : no_node;
}

}  // namespace

Graph commute_gather(const Graph& graph, std::int64_t batch) {
  std::map<std::tuple<NodeId, NodeId, std::uint32_t>, Product> products;
  const auto product_of = [&](NodeId id) -> Product& {
    return products[{graph.inputs(lookup_of(graph, id))[0], graph.inputs(id)[1],
                     graph.node(id).attributes}];
  };
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (lookup_of(graph, id) == no_node) continue;
    const Type& rows = graph.type(graph.inputs(id)[0]);
    product_of(id).rows +=
        rows.size() / std::max<std::int64_t>(rows.dims.back().size, 1) * (rows.batched ? batch : 1);
  }
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    const auto value = [&](NodeId former) { return to.value(map[former]); };
    // Of the ids of `rows` those that a product of all or of a stretch multiplies.
    const auto stretch_of = [&](Value ids, NodeId rows, NodeId product) {
      const NodeId left = graph.inputs(product)[0];
      return left == rows ? ids : to.add(slice_op, {{ids}}, graph.attributes(left));
    };
    if (const NodeId found = lookup_of(graph, id); found != no_node) {
      const auto lookup = graph.inputs(found);
      Product& p = product_of(id);
      if (2 * graph.type(lookup[0]).dims[0].size > p.rows) return copy_node(graph, to, id, map);
      if (p.table == no_node) {
        const PlaceScope scope(to, place_of_all_steps(to));
        const Value in[] = {value(lookup[0]), value(graph.inputs(id)[1])};
        p.table = to.add(matmul_op, in, graph.attributes(id)).id;
      }
      return applied(gather_op, {to.value(p.table), stretch_of(value(lookup[1]), found, id)}).id;
    }
    const NodeId one_hot = one_hot_of(graph, id);
    if (one_hot == no_node) return copy_node(graph, to, id, map);
    const Value weights = value(graph.inputs(id)[1]);
    const Value table =
        takes_transpose(graph, id)
            ? applied(transpose_op, {weights}, {{"order", std::vector<std::int64_t>{1, 0}}})
            : weights;
    return applied(gather_op, {table, stretch_of(value(graph.inputs(one_hot)[0]), one_hot, id)}).id;
  });
}

}  // namespace unfold
