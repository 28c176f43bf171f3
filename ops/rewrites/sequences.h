#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

// For rewrites that join terms of a sum over time.

/// Which values of a graph are steps of which sequences, as parts of a stack or taken from a
/// sequence.
class Sequences {
 public:
  explicit Sequences(const Graph& graph);

  /// How many sums over the batch lie before a node. What depends on a sum over the batch has a
  /// higher level than its terms, so a sequence of no higher level cannot depend on the sum.
  std::int32_t level(NodeId id) const { return level_[id]; }

  /// Calls visit(StepOf) for each sequence that the value is a step of.
  template <class Visit>
  void for_each_step(NodeId value, const Visit& visit) const {
    if (const auto step = step_of(graph_, value)) visit(*step);
    for (std::uint32_t e = first_[value]; e != none; e = entries_[e].next)
      if (entries_[e].is_stack) visit(StepOf{entries_[e].in, entries_[e].index});
  }
  /// Calls visit(node, begin) for each concatenation that the value is a part of, from element
  /// `begin` on.
  template <class Visit>
  void for_each_concatenation(NodeId value, const Visit& visit) const {
    for (std::uint32_t e = first_[value]; e != none; e = entries_[e].next)
      if (!entries_[e].is_stack) visit(entries_[e].in, entries_[e].index);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffffu;
  struct Entry {
    NodeId in;
    std::int64_t index;  ///< of the step, or the first element of the part
    bool is_stack;
    std::uint32_t next;
  };

  void add_parts(NodeId id);

  const Graph& graph_;
  std::vector<std::int32_t> level_;
  std::vector<std::uint32_t> first_;  ///< by value: its entry made last
  std::vector<Entry> entries_;
};

/// Cuts terms, sorted by their key(), into runs: `follows(run, term)` says whether a term goes on
/// with a run.
template <class Term, class Follows>
std::vector<std::vector<Term>> runs_of(std::vector<Term>& terms, const Follows& follows) {
  std::stable_sort(terms.begin(), terms.end(),
                   [](const Term& a, const Term& b) { return a.key() < b.key(); });
  std::vector<std::vector<Term>> runs;
  for (const Term& term : terms)
    if (!runs.empty() && follows(runs.back(), term))
      runs.back().push_back(term);
    else
      runs.push_back({term});
  return runs;
}

/// A copy of the graph with `visit(rebuild, sum)` in place of each sum over the batch.
template <class Visit>
Graph rewrite_sums(const Graph& graph, const Visit& visit) {
  return Rebuild(graph,
                 [&](Rebuild& r, NodeId id) {
                   return graph.node(id).op->sums_batch ? visit(r, id) : r.copy(id);
                 })
      .finish();
}

/// The sum over the batch of the operands `rest` of a former one, and of `joined(run)` for each of
/// the runs that its others make.
template <class Run, class Joined>
NodeId sum_of_runs(Rebuild& r, std::span<const NodeId> rest, const std::vector<Run>& runs,
                   const Joined& joined) {
  std::vector<Value> operands;
  for (const NodeId id : rest) operands.push_back({&r.to, r.need(id)});
  for (const Run& run : runs) operands.push_back(joined(run));
  return r.to.add(batch_sum_op, operands).id;
}

/// Steps begin … end - 1 of a sequence of the former graph, in the copy.
Value steps_of(Rebuild& rebuild, NodeId sequence, std::int64_t begin, std::int64_t end);

/// The dimension that `steps_of` gives these steps.
Dim dim_of_steps(const Graph& graph, NodeId sequence, std::int64_t begin, std::int64_t end);

/// A new sequence of values of the former graph, in the copy.
Value new_sequence(Rebuild& rebuild, std::span<const NodeId> values, const Dim& dim);

}  // namespace unfold
