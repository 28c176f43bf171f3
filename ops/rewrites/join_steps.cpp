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
/// attributes, and the first step of their segment.
using Key = std::tuple<const OpDef*, NodeId, NodeId, std::uint32_t, std::int64_t>;

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

class Joiner {
 public:
  Joiner(const Graph& graph, std::int64_t segment) : graph_(graph), segment_(segment) {
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
      const std::int64_t index = use->step.index - std::get<4>(use->key);
      return applied(at_op, {all}, {{"dim", std::int64_t{0}}, {"index", index}}).id;
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
    const auto in = graph_.inputs(id);
    const NodeId other = in.size() == 2 ? in[1 - *operand] : no_node;
    const std::int64_t begin = segment_ > 0 ? step->index / segment_ * segment_ : 0;
    const Node& node = graph_.node(id);
    return Use{{node.op, step->sequence, other, node.attributes, begin}, *step, *operand};
  }

  // Where the segment ends.
  std::int64_t end_of(const Key& key) const {
    const std::int64_t size = graph_.type(std::get<1>(key)).dims[0].size;
    return segment_ > 0 ? std::min(size, std::get<4>(key) + segment_) : size;
  }

  bool pays(const Key& key, const Joined& joined) const {
    return joined.uses > 1 && 2 * joined.uses >= end_of(key) - std::get<4>(key);
  }

  NodeId join(Graph& to, NodeId id, const Use& use, const std::vector<NodeId>& map) const {
    const PlaceScope scope(to, place_of_all_steps(to));
    std::vector<Value> in;
    for (const NodeId i : graph_.inputs(id)) in.push_back(to.value(map[i]));
    const std::int64_t begin = std::get<4>(use.key), end = end_of(use.key);
    const Value all = to.value(map[use.step.sequence]);
    in[use.operand] = end - begin < all.type().dims[0].size ? cut(all, 0, begin, end) : all;
    return to.add(*graph_.node(id).op, in, graph_.attributes(id)).id;
  }

  const Graph& graph_;
  const std::int64_t segment_;
  std::map<Key, Joined> joined_;
};

}  // namespace

Graph join_steps(const Graph& graph, std::int64_t segment) {
  Graph out = Joiner(graph, segment).run();
  // Steps of what was joined just now may be multiplied themselves.
  while (Joiner(out, segment).any()) out = Joiner(out, segment).run();
  return out;
}

}  // namespace unfold
