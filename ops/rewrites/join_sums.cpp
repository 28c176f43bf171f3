#include "ops/rewrites/join_sums.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "ops/ops.h"
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
  explicit Joiner(const Graph& graph) : graph_(graph), sequences_(graph) {}

  Graph run() {
    return Rebuild(graph_,
                   [&](Rebuild& r, NodeId id) {
                     return graph_.node(id).op == &batch_sum_op ? visit(r, id) : r.copy(id);
                   })
        .finish();
  }

 private:
  /// As few new stacks as pay for the copying.
  static constexpr std::size_t least_stacked = 5;

  NodeId visit(Rebuild& r, NodeId sum) {
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
    const std::vector<Run> runs = runs_of(terms);
    if (runs.size() + rest.size() == graph_.inputs(sum).size()) return r.copy(sum);
    const PlaceScope scope(r.to, place_of_all_steps(r.to));
    if (rest.empty() && runs.size() == 1 && is_part_of_sum(runs[0]))
      return part_of_sum(r, runs[0]).id;
    std::vector<Value> operands;
    for (const NodeId id : rest) operands.push_back({&r.to, r.need(id)});
    for (const Run& run : runs) operands.push_back(joined(r, run, sum));
    return r.to.add(batch_sum_op, operands).id;
  }

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

  std::vector<Run> runs_of(std::vector<Term>& terms) const {
    std::stable_sort(terms.begin(), terms.end(),
                     [](const Term& a, const Term& b) { return a.key() < b.key(); });
    std::vector<Run> runs;
    for (const Term& t : terms)
      if (!runs.empty() && follow(runs.back().back(), t))
        runs.back().push_back(t);
      else
        runs.push_back({t});
    std::vector<Run> out;
    for (Run& run : runs)
      if (run[0].sequence != no_node || run.size() >= least_stacked)
        out.push_back(std::move(run));
      else
        for (const Term& t : run) out.push_back({t});
    return out;
  }

  bool follow(const Term& a, const Term& b) const {
    if (a.summed != b.summed || a.sequence != b.sequence || !(a.part == b.part)) return false;
    if (a.sequence != no_node) return b.index == a.index + 1;
    return !a.summed && fits(graph_.type(a.value), graph_.type(b.value));
  }

  /// Whether the sum of the whole steps is worth making: their part is no small one.
  bool is_part_of_sum(const Run& run) const {
    const Term& t = run[0];
    if (run.size() < 2 || t.sequence == no_node || t.part.dim < 0 || t.summed) return false;
    const Type& all = graph_.type(t.sequence);
    const std::int64_t size = all.dims[static_cast<std::size_t>(t.part.dim + 1)].size;
    return all.batched && 8 * (t.part.end - t.part.begin) >= size;
  }

  static Value part_of_sum(Rebuild& r, const Run& run) {
    const Part& part = run[0].part;
    const Value steps = steps_of_run(r, run);
    Type one = steps.type();
    one.dims.erase(one.dims.begin());
    const Value total = applied(batch_sum_op, {summed(steps, one)});
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
  const Sequences sequences_;
};

}  // namespace

Graph join_sums(const Graph& graph) { return Joiner(graph).run(); }

}  // namespace unfold
