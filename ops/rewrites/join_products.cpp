#include "ops/rewrites/join_products.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

namespace {

/// Products of one value.
struct Group {
  NodeId first = no_node;       ///< the first product
  std::vector<NodeId> weights;  ///< in their order, each once
  bool pays = false;
  NodeId product = no_node;      ///< the joined one, in the copy
  std::vector<std::int64_t> at;  ///< where the columns of each of the weights begin
};

class Joiner {
 public:
  Joiner(const Graph& graph, bool each_layer)
      : graph_(graph), each_layer_(each_layer), fixed_(fixed_values(graph)) {
    for (NodeId id = 0; id < graph.size(); ++id)
      if (graph.node(id).op == &matmul_op) add(id);
    decide();
  }

  Graph run() {
    return Rebuild(
               graph_,
               [&](Rebuild& r, NodeId id) {
                 if (graph_.node(id).op != &matmul_op) return r.copy(id);
                 const auto found = groups_.find(key_of(id));
                 if (found == groups_.end() || !found->second.pays || !is_member(found->second, id))
                   return r.copy(id);
                 return part(r, found->second, id);
               })
        .finish();
  }

 private:
  std::uint64_t key_of(NodeId id) {
    const std::uint64_t key = std::uint64_t{graph_.inputs(id)[0]} * 2 + takes_transpose(graph_, id);
    if (!each_layer_) return key;
    const auto layer = layers_.try_emplace(graph_.place(id).site.path, layers_.size()).first;
    return key + (std::uint64_t{layer->second} << 33);
  }

  void add(NodeId id) {
    const NodeId left = graph_.inputs(id)[0], right = graph_.inputs(id)[1];
    if (!is_weights(graph_, right)) return;
    const std::size_t columns = takes_transpose(graph_, id) ? 0 : 1;
    if (graph_.type(right).dims[columns].is_time()) return;
    Group& group = groups_[key_of(id)];
    if (group.first == no_node) group.first = id;
    // What is fixed cannot depend on a product of the batch.
    if (right < group.first || (fixed_[right] && graph_.type(left).batched))
      group.weights.push_back(right);
  }

  // What a weight is a part of.
  NodeId origin(NodeId weight) const {
    while (!graph_.inputs(weight).empty()) weight = graph_.inputs(weight)[0];
    return weight;
  }

  // The order of weights in a joined one: that of the parameters they are parts of.
  auto before() const {
    return [this](NodeId a, NodeId b) { return std::pair(origin(a), a) < std::pair(origin(b), b); };
  }

  bool is_member(const Group& group, NodeId id) const {
    return std::binary_search(group.weights.begin(), group.weights.end(), graph_.inputs(id)[1],
                              before());
  }

  void decide() {
    std::map<std::pair<std::vector<NodeId>, bool>, std::vector<Group*>> by_weights;
    for (auto& [key, group] : groups_) {
      std::sort(group.weights.begin(), group.weights.end(), before());
      const auto last = std::unique(group.weights.begin(), group.weights.end());
      group.weights.erase(last, group.weights.end());
      if (group.weights.size() > 1) by_weights[{group.weights, key % 2 == 1}].push_back(&group);
    }
    for (auto& [weights, groups] : by_weights)
      for (Group* g : groups)
        g->pays = groups.size() > 1 || graph_.type(graph_.inputs(g->first)[0]).rank() > 1;
  }

  NodeId part(Rebuild& r, Group& group, NodeId id) {
    if (group.product == no_node) join(r, group, id);
    const NodeId right = graph_.inputs(id)[1];
    const auto i = static_cast<std::size_t>(
        std::lower_bound(group.weights.begin(), group.weights.end(), right, before()) -
        group.weights.begin());
    const Value all = r.to.value(group.product);
    return cut(all, all.type().rank() - 1, group.at[i], group.at[i + 1]).id;
  }

  void join(Rebuild& r, Group& group, NodeId id) {
    const bool tb = takes_transpose(graph_, id);
    const NodeId joined = weights(r, group.weights, tb);
    const Value left = r.to.value(r.need(graph_.inputs(id)[0]));
    const Value in[] = {left, r.to.value(joined)};
    group.product = r.to.add(matmul_op, in, graph_.attributes(id)).id;
    group.at = {0};
    for (const NodeId w : group.weights)
      group.at.push_back(group.at.back() + graph_.type(w).dims[tb ? 0 : 1].size);
  }

  NodeId weights(Rebuild& r, const std::vector<NodeId>& set, bool tb) {
    NodeId& known = joined_.try_emplace({set, tb}, no_node).first->second;
    if (known != no_node) return known;
    std::vector<Value> values;
    for (const NodeId w : set) values.push_back({&r.to, r.need(w)});
    const PlaceScope scope(r.to, place_of_all_steps(r.to));
    return known = put_together(values, tb ? 0 : 1).id;
  }

  const Graph& graph_;
  const bool each_layer_;
  const std::vector<bool> fixed_;
  std::unordered_map<Symbol, std::uint64_t> layers_;
  std::unordered_map<std::uint64_t, Group> groups_;  ///< by the left operand, the flag, the layer
  std::map<std::pair<std::vector<NodeId>, bool>, NodeId> joined_;
};

}  // namespace

Graph join_products(const Graph& graph, bool each_layer) { return Joiner(graph, each_layer).run(); }

}  // namespace unfold
