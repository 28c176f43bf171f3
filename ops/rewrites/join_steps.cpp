#include "ops/rewrites/join_steps.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

namespace {

/// What all nodes that become one have in common: operation, sequence, the other operand,
/// attributes.
using Key = std::tuple<const OpDef*, NodeId, NodeId, std::uint32_t>;

struct Joined {
  std::int64_t uses = 0;
  NodeId all = no_node;  ///< the operation on the whole sequence, in the copy
};

/// Which operand of an operation is taken step by step; the others are the same for all steps.
std::optional<std::size_t> stepped_operand(const Graph& graph, NodeId id) {
  const OpDef* op = graph.node(id).op;
  const auto in = graph.inputs(id);
  if (op == &matmul_op && !graph.type(in[1]).batched && graph.type(in[1]).rank() <= 2) return 0;
  if (op == &gather_op && is_weights(graph, in[0])) return 1;
  if (op == &one_hot_op) return 0;
  return std::nullopt;
}

Key key_of(const Graph& graph, NodeId id, std::size_t stepped, NodeId sequence) {
  const auto in = graph.inputs(id);
  return {graph.node(id).op, sequence, in.size() == 2 ? in[1 - stepped] : no_node,
          graph.node(id).attributes};
}

class Joiner {
 public:
  explicit Joiner(const Graph& graph) : graph_(graph) {
    for (NodeId id = 0; id < graph.size(); ++id)
      if (const auto use = use_of(id)) ++joined_[use->key].uses;
  }

  bool any() const {
    return std::any_of(joined_.begin(), joined_.end(),
                       [&](const auto& entry) { return pays(entry.first, entry.second); });
  }

  Graph run() {
    return rebuild(graph_, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
      const auto use = use_of(id);
      if (!use) return copy_node(graph_, to, id, map);
      Joined& joined = joined_.at(use->key);
      if (!pays(use->key, joined)) return copy_node(graph_, to, id, map);
      if (joined.all == no_node) joined.all = join(to, id, *use, map);
      const Value all = to.value(joined.all);
      return applied(at_op, {all}, {{"dim", std::int64_t{0}}, {"index", use->step.index}}).id;
    });
  }

 private:
  /// An operation on a step.
  struct Use {
    Key key;
    StepOf step;
    std::size_t operand;
  };

  std::optional<Use> use_of(NodeId id) const {
    const auto operand = stepped_operand(graph_, id);
    const auto step = operand ? step_of(graph_, graph_.inputs(id)[*operand]) : std::nullopt;
    if (!step) return std::nullopt;
    return Use{key_of(graph_, id, *operand, step->sequence), *step, *operand};
  }

  bool pays(const Key& key, const Joined& joined) const {
    const NodeId sequence = std::get<1>(key);
    return joined.uses > 1 && 2 * joined.uses >= graph_.type(sequence).dims[0].size;
  }

  NodeId join(Graph& to, NodeId id, const Use& use, const std::vector<NodeId>& map) const {
    const PlaceScope scope(to, place_of_all_steps(to));
    std::vector<Value> in;
    for (const NodeId i : graph_.inputs(id)) in.push_back(to.value(map[i]));
    in[use.operand] = to.value(map[use.step.sequence]);
    return to.add(*graph_.node(id).op, in, graph_.attributes(id)).id;
  }

  const Graph& graph_;
  std::map<Key, Joined> joined_;
};

}  // namespace

Graph join_steps(const Graph& graph) {
  Graph out = Joiner(graph).run();
  // Steps of what was joined just now may be multiplied themselves.
  while (Joiner(out).any()) out = Joiner(out).run();
  return out;
}

}  // namespace unfold
