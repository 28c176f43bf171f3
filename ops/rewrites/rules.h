#pragma once

#include <span>

#include "graph/graph.h"

namespace unfold {

class RuleBook;

/// An operation on operands that are simplified already: what a rule looks at, and what it builds
/// its replacement with.
struct Match {
  RuleBook& book;
  Graph& graph;
  const OpDef& op;
  std::span<const NodeId> in;
  const Attributes& attributes;
  const Type& type;  ///< of the result

  /// The operands of operand `i` if it was made by `made_by`, else none.
  std::span<const NodeId> inside(std::size_t i, const OpDef& made_by) const;
  const Attributes& attributes_of(std::size_t i) const;
  bool is(std::size_t i, double number) const;  ///< operand `i` is filled with `number`
  bool any_is(double number) const;
  bool all_are(double number) const;

  /// `id` as the result, if its type allows; else no_node, as from a rule that does not apply.
  NodeId same(NodeId id) const;
  /// `number` everywhere, in the result's type.
  NodeId filled(double number) const;
  /// Another operation as the result, simplified itself; no_node if its type does not fit.
  NodeId replaced(const OpDef& by, std::span<const NodeId> operands, Attributes with = {}) const;
};

/// One line of algebra: what to do with an operation. `apply` returns the node that takes its
/// place, or no_node.
struct Rule {
  const char* op;
  const char* text;
  NodeId (*apply)(const Match&);
};

/// Copies the graph and applies the first rule that fits, to each node after its operands. The
/// nodes that states start from stay what they are: a carried value may replace them.
Graph apply_rules(const Graph& graph, std::span<const Rule> rules);

}  // namespace unfold
