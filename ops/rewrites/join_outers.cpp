#include "ops/rewrites/join_outers.h"

#include <array>
#include <map>
#include <tuple>
#include <unordered_map>

#include "ops/rewrites/sequences.h"

namespace unfold {

namespace {

/// One operand of a term: the step of a sequence, or a value that is in none.
struct Side {
  NodeId value = no_node;
  NodeId sequence = no_node;
  std::int64_t index = 0;
};

struct Term {
  NodeId id = no_node;
  std::array<Side, 2> side;

  /// Terms that may be neighbours are equal in all but the last.
  auto key() const {
    const bool left = side[0].sequence != no_node, right = side[1].sequence != no_node;
    const std::int64_t offset = left && right ? side[1].index - side[0].index : 0;
    const std::int64_t at = left ? side[0].index : right ? side[1].index : 0;
    return std::tuple(side[0].sequence, side[1].sequence, offset, at);
  }
};

using Run = std::vector<Term>;

class Joiner {
 public:
  Joiner(const Graph& graph, std::int64_t segment)
      : graph_(graph), segment_(segment), sequences_(graph) {}

  NodeId visit(Rebuild& r, NodeId sum) const {
    std::map<std::pair<const OpDef*, std::uint32_t>, std::vector<Term>> products;
    std::vector<NodeId> rest;
    for (const NodeId id : graph_.inputs(sum)) {
      const Node& node = graph_.node(id);
      if (node.op != &outer_op && node.op != &scatter_op) {
        rest.push_back(id);
        continue;
      }
      Term term{id, {}};
      for (std::size_t i = 0; i < 2; ++i) term.side[i].value = graph_.inputs(id)[i];
      products[{node.op, node.attributes}].push_back(term);
    }
    std::vector<Run> runs;
    for (auto& [kind, terms] : products) {
      for (std::size_t i = 0; i < 2; ++i) find_sequences(terms, i, sequences_.level(sum));
      for (Run& run : runs_of(terms, [&](const Run&a, const Term&b) { return follow(a, b); }))
        add_run(std::move(run), runs);
    }
    if (runs.size() + rest.size() == graph_.inputs(sum).size()) return r.copy(sum);
    const PlaceScope scope(r.to, place_of_all_steps(r.to));
    return sum_of_runs(r, rest, runs, [&](const Run& run) { return joined(r, run); });
  }

 private:
  // Of the sequences that a value is a step of, takes the one that has most of the terms.
  void find_sequences(std::vector<Term>& terms, std::size_t side, std::int32_t level) const {
    std::unordered_map<NodeId, int> count;
    const auto for_each = [&](const Term& t, const auto& visit) {
      sequences_.for_each_step(t.side[side].value, [&](const StepOf& step) {
        if (sequences_.level(step.sequence) <= level) visit(step);
      });
    };
    for (const Term& t : terms) for_each(t, [&](const StepOf& s) { ++count[s.sequence]; });
    for (Term& t : terms)
      for_each(t, [&](const StepOf& s) {
        Side& best = t.side[side];
        const bool better =
            best.sequence == no_node || std::pair(count[s.sequence], best.sequence) >
                                            std::pair(count[best.sequence], s.sequence);
        if (better && count[s.sequence] > 1) {
          best.sequence = s.sequence;
          best.index = s.index;
        }
      });
  }

  bool follow(const Run& run, const Term& b) const {
    const bool full = segment_ > 0 && std::ssize(run) >= segment_;
    for (std::size_t i = 0; i < 2; ++i) {
      const Side &x = run.back().side[i], &y = b.side[i];
      if (x.sequence != y.sequence) return false;
      if (x.sequence != no_node && y.index != x.index + 1) return false;
      // Only single steps are worth copying into a new sequence.
      if (x.sequence == no_node && (full || graph_.type(x.value).rank() > 1)) return false;
      if (!same_but_labels(unbatched(x.value), unbatched(y.value))) return false;
    }
    return true;
  }

  Type unbatched(NodeId id) const {
    Type type = graph_.type(id);
    type.batched = false;
    return type;
  }

  // A whole sequence whose examples differ in length cannot be beside a stretch of another.
  void add_run(Run run, std::vector<Run>& runs) const {
    const Dim a = dim(run, 0), b = dim(run, 1);
    if (a.axis == b.axis && a.ragged == b.ragged) return runs.push_back(std::move(run));
    for (const Term& term : run) runs.push_back({term});
  }

  /// The leading dimension of a run's left or right operand.
  Dim dim(const Run& run, std::size_t side) const {
    const auto length = static_cast<std::int64_t>(run.size());
    for (const std::size_t i : {side, 1 - side})
      if (const Side& s = run[0].side[i]; s.sequence != no_node)
        return dim_of_steps(graph_, s.sequence, s.index, s.index + length);
    return plain(length);
  }

  Value joined(Rebuild& r, const Run& run) const {
    if (run.size() == 1) return r.to.value(r.need(run[0].id));
    std::vector<Value> in;
    for (std::size_t i = 0; i < 2; ++i) {
      const Side& s = run[0].side[i];
      if (s.sequence != no_node) {
        const auto end = s.index + static_cast<std::int64_t>(run.size());
        in.push_back(steps_of(r, s.sequence, s.index, end));
        continue;
      }
      std::vector<NodeId> values;
      for (const Term& t : run) values.push_back(t.side[i].value);
      in.push_back(new_sequence(r, values, dim(run, i)));
    }
    const NodeId like = run[0].id;
    return r.to.add(*graph_.node(like).op, in, graph_.attributes(like));
  }

  const Graph& graph_;
  const std::int64_t segment_;
  const Sequences sequences_;
};

}  // namespace

Graph join_outers(const Graph& graph, std::int64_t segment) {
  const Joiner joiner(graph, segment);
  return rewrite_sums(graph, [&](Rebuild& r, NodeId sum) { return joiner.visit(r, sum); });
}

}  // namespace unfold
