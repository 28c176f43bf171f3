#include "ops/rewrites/rules.h"

#include <algorithm>
#include <unordered_map>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

/// The rules by operation, at work on one copy.
class RuleBook {
 public:
  explicit RuleBook(std::span<const Rule> rules) {
    for (const Rule& r : rules) by_op_[find_op(r.op)].push_back(&r);
  }

  bool has(const OpDef& op) const { return by_op_.contains(&op); }

  /// What takes the place of the operation, or no_node.
  NodeId apply(Graph& to, const OpDef& op, std::span<const NodeId> in, const Attributes& attributes,
               const Type& type) {
    const auto found = by_op_.find(&op);
    if (found == by_op_.end()) return no_node;
    const Match match{*this, to, op, in, attributes, type};
    for (const Rule* rule : found->second)
      if (const NodeId id = rule->apply(match); id != no_node) return id;
    return no_node;
  }

 private:
  std::unordered_map<const OpDef*, std::vector<const Rule*>> by_op_;
};

std::span<const NodeId> Match::inside(std::size_t i, const OpDef& made_by) const {
  if (graph.node(in[i]).op != &made_by) return {};
  return graph.inputs(in[i]);
}

const Attributes& Match::attributes_of(std::size_t i) const { return graph.attributes(in[i]); }

bool Match::is(std::size_t i, double number) const { return number_of(graph, in[i]) == number; }

bool Match::any_is(double number) const {
  return std::any_of(in.begin(), in.end(),
                     [&](NodeId id) { return number_of(graph, id) == number; });
}

bool Match::all_are(double number) const {
  return std::all_of(in.begin(), in.end(),
                     [&](NodeId id) { return number_of(graph, id) == number; });
}

NodeId Match::same(NodeId id) const { return same_but_labels(graph.type(id), type) ? id : no_node; }

NodeId Match::filled(double number) const { return fill(graph, number, type).id; }

NodeId Match::replaced(const OpDef& by, std::span<const NodeId> operands, Attributes with) const {
  // A copy: operands may be those of a node, whose storage moves when nodes are added.
  const std::vector<NodeId> ids(operands.begin(), operands.end());
  std::vector<Value> values;
  for (const NodeId id : ids) values.push_back(graph.value(id));
  const Type result = graph.result_type(by, values, with);
  if (!same_but_labels(result, type)) return no_node;
  const NodeId simpler = book.apply(graph, by, ids, with, result);
  return simpler != no_node ? simpler : graph.add(by, values, std::move(with)).id;
}

Graph apply_rules(const Graph& graph, std::span<const Rule> rules) {
  RuleBook book(rules);
  std::vector<bool> starts(graph.size());
  for (const State& s : graph.states) starts[s.in] = true;
  std::vector<NodeId> in;
  std::vector<Value> values;
  return rebuild(graph, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
    const OpDef& op = *graph.node(id).op;
    if (starts[id] || !book.has(op)) return copy_node(graph, to, id, map);
    in.clear();
    values.clear();
    bool same_types = true;
    for (const NodeId i : graph.inputs(id)) {
      in.push_back(map[i]);
      values.push_back(to.value(map[i]));
      same_types = same_types && to.node(map[i]).type == graph.node(i).type;
    }
    const Type type =
        same_types ? graph.type(id) : to.result_type(op, values, graph.attributes(id));
    const NodeId simpler = book.apply(to, op, in, graph.attributes(id), type);
    return simpler != no_node ? simpler : copy_node(graph, to, id, map);
  });
}

}  // namespace unfold
