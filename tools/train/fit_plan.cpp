#include "tools/train/fit_plan.h"

#include <malloc.h>

#include <cmath>

#include "tools/train/compiled.h"

namespace unfold {

namespace {

// Shorter segments take more work for what begins and ends them than they save.
constexpr std::int64_t least_segment = 8;

// For threads, kernels' own memory and what the system allocates in larger pieces than asked.
constexpr std::int64_t spare = 32 << 20;

class Fitter {
 public:
  explicit Fitter(const Fit& fit) : fit_(fit) {}

  Plan plan(Graph graph, const PassOptions& passes) const {
    return make_plan(save_memory(std::move(graph), passes), fit_.precision, fit_.options);
  }

  /// Bytes that are left over beside the plan; negative: that it lacks.
  std::int64_t left(const Plan& plan) const {
    std::int64_t results = 0;
    bool learns = false;
    for (const Output& o : plan.graph.outputs) {
      const Type& type = plan.graph.type(o.node);
      learns = learns || plan.graph.place(o.node).backward;
      results += width() * type.size() * (type.batched ? fit_.batch : 1);
    }
    if (learns)  // two numbers of an optimizer for each of a parameter
      for (const auto& [name, node] : parameter_nodes(plan.graph))
        results += 2 * width() * plan.graph.type(node).size();
    return fit_.memory - spare - results - plan.own_bytes(fit_.shards) -
           plan.bytes(fit_.batch, fit_.shards);
  }

  std::int64_t width() const { return static_cast<std::int64_t>(size_of(fit_.precision)); }

 private:
  const Fit& fit_;
};

}  // namespace

Plan fit_plan(const std::function<Graph(const PassOptions& passes)>& make, PassOptions passes,
              std::int64_t steps, const Fit& fit) {
  const Fitter fitter(fit);
  const auto segment =
      static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(steps))));
  Plan plan = fitter.plan(optimise_work(make(passes), passes), passes);
  const std::int64_t left_of_whole = fitter.left(plan);
  if (left_of_whole >= 0 || segment < least_segment) return plan;
  plan = {};  // before the next: both need not fit
  passes.segment = segment;
  const Graph graph = optimise_work(make(passes), passes);
  plan = fitter.plan(graph, passes);
  if (fitter.left(plan) <= left_of_whole) {  // a small cell, of which little but states is kept
    passes.segment = 0;
    return fitter.plan(optimise_work(make(passes), passes), passes);
  }
  // What is left over goes to segments that are kept.
  for (std::int64_t left = fitter.left(plan); left > 0; left /= 2) {
    passes.kept = left / (fit.batch * fitter.width());
    Plan larger = fitter.plan(graph, passes);
    if (fitter.left(larger) < 0) continue;
    plan = std::move(larger);
    break;
  }
  malloc_trim(0);  // what compiling took, which the system would not get back by itself
  return plan;
}

}  // namespace unfold
