#include "ops/rewrites/join_sums.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "ops/rewrites/sequences.h"

namespace unfold {

namespace {

/// Which part of each step: elements begin … end - 1 of dimension `dim`; all if that is negative.
struct Part {
  std::int64_t dim = -1, begin = 0, end = 0;
  auto operator<=>(const Part&) const = default;
};

struct Term {
  NodeId id = no_node;     ///< the operand of batch_sum
  NodeId value = no_node;  ///< what it is a sum of, else itself
  bool summed = false;
  NodeId sequence = no_node;
  Part part{};
  std::int64_t index = 0;

  auto key() const { return std::tuple(summed, sequence, part, index); }
};

using Run = std::vector<Term>;

class Joiner {
 public:
  Joiner(const Graph& graph, std::int64_t segment)
      : graph_(graph), segment_(segment), sequences_(graph) {
    for (NodeId id = 0; id < graph.size(); ++id) {
      if (!graph.node(id).op->sums_batch) continue;
      const Sum& sum = sums_.emplace(id, terms_of(id)).first->second;
      for (const Run& run : sum.runs)
        if (const Part& part = run[0].part; part.dim >= 0)
          wanted_[steps_in(run)] += part.end - part.begin;
    }
  }

  NodeId visit(Rebuild& r, NodeId sum) const {
    const auto& [rest, runs] = sums_.at(sum);
    if (runs.size() + rest.size() == graph_.inputs(sum).size()) return r.copy(sum);
    const PlaceScope scope(r.to, place_of_all_steps(r.to));
    if (rest.empty() && are_part_of_sum(runs)) return part_of_sum(r, runs).id;
    return sum_of_runs(r, rest, runs, [&](const Run& run) { return joined(r, run, sum); });
  }

 private:
  struct Sum {
    std::vector<NodeId> rest;
    std::vector<Run> runs;
  };
  /// Steps begin … end - 1 of a sequence.
  using Steps = std::tuple<NodeId, std::int64_t, std::int64_t>;

  Sum terms_of(NodeId sum) const {
    std::vector<NodeId> rest;
    std::vector<Term> terms;
    for (const NodeId id : graph_.inputs(sum)) {
      const OpDef* op = graph_.node(id).op;
      const bool summed = op == &sum_to_op;
      if (op->sum_kernel != nullptr && !summed)
        rest.push_back(id);
      else
        terms.push_back({id, summed ? graph_.inputs(id)[0] : id, summed});
    }
    find_sequences(terms, sequences_.level(sum));
    return {std::move(rest), worthwhile(runs_of(terms, [&](const Run& run, const Term& next) {
              return follow(run, next);
            }))};
  }

  static Steps steps_in(const Run& run) {
    return {run[0].sequence, run[0].index, run[0].index + std::ssize(run)};
  }

  /// As few new stacks as pay for the copying.
  static constexpr std::size_t least_stacked = 5;

  /// Calls visit(sequence, part, index) for each way to see the value as a part of a step.
  template <class Visit>
  void for_each_way(NodeId value, std::int32_t level, const Visit& visit) const {
    const auto through = [&](NodeId whole, const Part& part) {
      sequences_.for_each_step(whole, [&](const StepOf& s) {
        if (sequences_.level(s.sequence) <= level) visit(s.sequence, part, s.index);
      });
    };
    through(value, {});
    sequences_.for_each_concatenation(value, [&](NodeId whole, std::int64_t begin) {
      const std::int64_t dim = graph_.attributes(whole).integer("dim");
      const Dim& own = graph_.type(value).dims[static_cast<std::size_t>(dim)];
      through(whole, {dim, begin, begin + own.size});
    });
    if (graph_.node(value).op != &slice_op) return;
    const Attributes& a = graph_.attributes(value);
    through(graph_.inputs(value)[0], {a.integer("dim"), a.integer("begin"), a.integer("end")});
  }

  // Of the ways to see a term, takes the one that most terms share.
  void find_sequences(std::vector<Term>& terms, std::int32_t level) const {
    std::map<std::pair<NodeId, Part>, int> count;
    for (const Term& t : terms)
      for_each_way(t.value, level, [&](NodeId s, const Part& p, std::int64_t) { ++count[{s, p}]; });
    for (Term& t : terms) {
      int most = 1;
      for_each_way(t.value, level, [&](NodeId s, const Part& p, std::int64_t index) {
        const int n = count[{s, p}];
        if (n < most || n < 2 || (n == most && std::tuple(t.sequence, t.part) <= std::tuple(s, p)))
          return;
        most = n;
        t.sequence = s;
        t.part = p;
        t.index = index;
      });
    }
  }

  static std::vector<Run> worthwhile(std::vector<Run> runs) {
    std::vector<Run> out;
    for (Run& run : runs)
      if (run[0].sequence != no_node || run.size() >= least_stacked)
        out.push_back(std::move(run));
      else
        for (const Term& t : run) out.push_back({t});
    return out;
  }

  bool follow(const Run& run, const Term& b) const {
    const Term& a = run.back();
    if (a.summed != b.summed || a.sequence != b.sequence || !(a.part == b.part)) return false;
    if (a.sequence != no_node) return b.index == a.index + 1;
    const bool full = segment_ > 0 && std::ssize(run) >= segment_;
    return !full && !a.summed && same_but_labels(graph_.type(a.value), graph_.type(b.value));
  }

  /// Whether the runs are the same part of steps, and the sum of the whole steps is worth making:
  /// together, the parts that are wanted of it are half of it at least.
  bool are_part_of_sum(const std::vector<Run>& runs) const {
    return std::ranges::all_of(runs, [&](const Run& run) {
      const Term& t = run[0];
      if (run.size() < 2 || t.sequence == no_node || t.part.dim < 0 || t.summed) return false;
      const Type& all = graph_.type(t.sequence);
      const std::int64_t size = all.dims[static_cast<std::size_t>(t.part.dim + 1)].size;
      return all.batched && 2 * wanted_.at(steps_in(run)) >= size && t.part == runs[0][0].part &&
             size == graph_.type(runs[0][0].sequence)
                         .dims[static_cast<std::size_t>(t.part.dim + 1)]
                         .size;
    });
  }

  static Value part_of_sum(Rebuild& r, const std::vector<Run>& runs) {
    const Value total = r.to.value(sum_of_runs(r, {}, runs, [&](const Run& run) {
      const Value steps = steps_of_run(r, run);
      Type one = steps.type();
      one.dims.erase(one.dims.begin());
      return summed(steps, one);
    }));
    const Part& part = runs[0][0].part;
    return cut(total, part.dim, part.begin, part.end);
  }

  static Value steps_of_run(Rebuild& r, const Run& run) {
    const auto length = static_cast<std::int64_t>(run.size());
    return steps_of(r, run[0].sequence, run[0].index, run[0].index + length);
  }

  static Value summed(Value x, const Type& like) {
    return applied(sum_to_op, {x}, {{"sizes", like.sizes()}});
  }

  Value joined(Rebuild& r, const Run& run, NodeId sum) const {
    const Term& first = run[0];
    if (run.size() == 1) return r.to.value(r.need(first.id));
    Value steps;
    if (first.sequence != no_node) {
      steps = steps_of_run(r, run);
      if (first.part.dim >= 0)
        steps = cut(steps, first.part.dim + 1, first.part.begin, first.part.end);
    } else {
      std::vector<NodeId> values;
      for (const Term& t : run) values.push_back(t.value);
      steps = new_sequence(r, values, plain(static_cast<std::int64_t>(run.size())));
    }
    return summed(steps, graph_.type(sum));
  }

  const Graph& graph_;
  const std::int64_t segment_;
  const Sequences sequences_;
  std::map<NodeId, Sum> sums_;
  std::map<Steps, std::int64_t> wanted_;  ///< how many elements of each step have a sum of a part
};

}  // namespace

Graph join_sums(const Graph& graph, std::int64_t segment) {
  const Joiner joiner(graph, segment);
  return rewrite_sums(graph, [&](Rebuild& r, NodeId sum) { return joiner.visit(r, sum); });
}

}  // namespace unfold
