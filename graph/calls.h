#pragma once

#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "graph/grouping.h"
#include "graph/plan.h"

namespace unfold {

/// What a planner has found out about the nodes of a graph, all by node.
struct NodeFacts {
  std::vector<bool> made;           ///< whether an output needs it
  std::vector<NodeId> fused_into;   ///< the sum over the batch that its operation makes at once
  std::vector<std::int32_t> level;  ///< how many sums over the batch must be known before it
  Grouping grouping;
};

/// Makes the calls of a plan whose homes are assigned, in the order in which it is told nodes.
class CallMaker {
 public:
  /// `dense`: by value, as `assign_homes` tells. Plan and facts must outlive this.
  CallMaker(Plan& plan, const NodeFacts& facts, std::vector<bool> dense,
            const PlanOptions& options);

  /// The calls of one node, or of all nodes of a group in their order. What they read must have
  /// been made before.
  void make(std::span<const NodeId> nodes);
  /// Puts the phases into the plan. Nothing can be made afterwards.
  void finish();

 private:
  struct Prepared {
    std::uint32_t readers = 0;
    ValueId value = no_value;
  };
  /// What readers of one prepared form have in common: operation, attributes, operand.
  using PreparedKey = std::tuple<const OpDef*, std::uint32_t, NodeId>;

  const OpDef& op(NodeId id) const { return *graph_.node(id).op; }
  ValueId value(NodeId id) const { return plan_.value_of[id]; }
  Call call(Call::Kind kind, NodeId node) const;
  void add(Call c, std::int32_t level, bool batched);
  ValueId new_value(const Home& home);

  void count_prepared();
  PreparedKey preparation_of(NodeId id) const;
  ValueId prepared_operand(NodeId id);
  std::vector<ValueId> readable(NodeId id, std::int32_t level, bool batched);
  ValueId dense_copy(ValueId of, NodeId reader, std::int32_t level, bool batched);

  void make_kernel(NodeId id);
  void make_parts(NodeId id);
  bool write_again(NodeId id, ValueId to, NodeId container);
  void make_sum(NodeId id);
  void make_fused_sum(NodeId id);
  bool exceeds_operands(NodeId sum) const;
  bool is_sparse(NodeId sum);
  void make_group(std::span<const NodeId> nodes);

  Plan& plan_;
  const Graph& graph_;
  const NodeFacts& found_;
  const PlanOptions options_;
  std::vector<bool> dense_;                                     ///< by value
  std::map<std::pair<ValueId, std::int32_t>, ValueId> copies_;  ///< by value and phase
  std::map<PreparedKey, Prepared> prepared_;
  std::map<NodeId, bool> sparse_;         ///< by sum over the batch
  std::vector<std::uint32_t> call_of_;    ///< by group: the place of its call in its phase
  std::map<std::int32_t, Phase> phases_;  ///< by 2 * level + batched
};

}  // namespace unfold
