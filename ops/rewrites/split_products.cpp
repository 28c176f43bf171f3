#include "ops/rewrites/split_products.h"

#include <map>
#include <tuple>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

namespace {

/// Neighbouring parts of a concatenation that share a product, with the rows that they meet.
struct Piece {
  std::vector<NodeId> parts;
  std::int64_t begin = 0, end = 0;
  bool apart = false;  ///< a part whose product is worth having by itself
};

class Splitter {
 public:
  explicit Splitter(const Graph& graph) : graph_(graph) {
    for (NodeId id = 0; id < graph.size(); ++id)
      if (is_candidate(id))
        for (const Piece& p : parts_of(id)) ++meetings_[{p.parts[0], graph.inputs(id)[1], p.begin}];
  }

  Graph run() {
    return rebuild(graph_, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
      if (is_candidate(id)) {
        const std::vector<Piece> pieces = pieces_of(id);
        if (pieces.size() > 1 || pieces[0].apart) return split(to, id, pieces, map);
      }
      return copy_node(graph_, to, id, map);
    });
  }

 private:
  bool is_candidate(NodeId id) const {
    if (graph_.node(id).op != &matmul_op || takes_transpose(graph_, id)) return false;
    const NodeId left = graph_.inputs(id)[0];
    return is_weights(graph_, graph_.inputs(id)[1]) && graph_.node(left).op == &concat_op &&
           graph_.attributes(left).integer("dim") + 1 == graph_.type(left).rank();
  }

  std::vector<Piece> parts_of(NodeId product) const {
    std::vector<Piece> parts;
    std::int64_t at = 0;
    for (const NodeId part : graph_.inputs(graph_.inputs(product)[0])) {
      const std::int64_t end = at + graph_.type(part).dims.back().size;
      parts.push_back({{part}, at, end});
      at = end;
    }
    return parts;
  }

  bool is_step_of_several(NodeId part) const {
    const auto step = step_of(graph_, part);
    return step && graph_.type(step->sequence).dims[0].size > 1;
  }

  std::vector<Piece> pieces_of(NodeId product) const {
    const bool batched = graph_.type(product).batched;
    const NodeId weights = graph_.inputs(product)[1];
    std::vector<Piece> pieces, zeros;
    bool any_apart = false;
    for (Piece& p : parts_of(product)) {
      const NodeId part = p.parts[0];
      const bool zero = number_of(graph_, part) == 0.0;
      p.apart = !zero && (is_step_of_several(part) || meetings_.at({part, weights, p.begin}) > 1);
      any_apart = any_apart || p.apart;
      if (!pieces.empty() && !pieces.back().apart && !p.apart && pieces.back().end == p.begin &&
          !zero) {
        pieces.back().parts.push_back(part);
        pieces.back().end = p.end;
      } else {
        (zero ? zeros : pieces).push_back(std::move(p));
      }
    }
    return complete(any_apart, batched, pieces, zeros, product);
  }

  // Zeros may go if what is left is a value of the same kind; otherwise all stays whole.
  std::vector<Piece> complete(bool any_apart, bool batched, std::vector<Piece>& pieces,
                              const std::vector<Piece>& zeros, NodeId product) const {
    bool still_batched = false;
    for (const Piece& p : pieces)
      for (const NodeId part : p.parts) still_batched = still_batched || graph_.type(part).batched;
    const bool droppable = !pieces.empty() && still_batched == batched;
    if (droppable && !zeros.empty()) {
      pieces[0].apart = true;  // even the only one
      return std::move(pieces);
    }
    if (any_apart && zeros.empty()) return std::move(pieces);
    const NodeId left = graph_.inputs(product)[0];
    const auto all = graph_.inputs(left);
    return {Piece{{all.begin(), all.end()}, 0, graph_.type(left).dims.back().size}};
  }

  NodeId split(Graph& to, NodeId id, const std::vector<Piece>& pieces,
               const std::vector<NodeId>& map) {
    const NodeId weights = graph_.inputs(id)[1];
    Value total;
    for (const Piece& p : pieces) {
      const Value product =
          applied(matmul_op, {joined(to, p, map), rows(to.value(map[weights]), weights, p)});
      total = total ? total + product : product;
    }
    return total.id;
  }

  Value joined(Graph& to, const Piece& p, const std::vector<NodeId>& map) {
    if (p.parts.size() == 1) return to.value(map[p.parts[0]]);
    NodeId& known = joined_.try_emplace(p.parts, no_node).first->second;
    if (known != no_node) return to.value(known);
    std::vector<Value> values;
    for (const NodeId part : p.parts) values.push_back(to.value(map[part]));
    const Value value = put_together(values, values[0].type().rank() - 1);
    known = value.id;
    return value;
  }

  // Rows of weights, one node for all steps.
  Value rows(Value all, NodeId weights, const Piece& p) {
    NodeId& known = rows_.try_emplace({weights, p.begin, p.end}, no_node).first->second;
    if (known != no_node) return all.graph->value(known);
    const PlaceScope scope(*all.graph, place_of_all_steps(*all.graph));
    const Value value = cut(all, 0, p.begin, p.end);
    known = value.id;
    return value;
  }

  const Graph& graph_;
  /// How often a part meets the rows of weights that begin there.
  std::map<std::tuple<NodeId, NodeId, std::int64_t>, int> meetings_;
  std::map<std::tuple<NodeId, std::int64_t, std::int64_t>, NodeId> rows_;
  std::map<std::vector<NodeId>, NodeId> joined_;
};

}  // namespace

Graph split_products(const Graph& graph) { return Splitter(graph).run(); }

}  // namespace unfold
