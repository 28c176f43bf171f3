#include "tools/train/compiled.h"

#include <algorithm>

#include "graph/call_cost.h"
#include "ops/ops.h"

namespace unfold {

namespace {

PlanOptions with_lanes(PlanOptions options, int threads, int shards, const PlanUse& use) {
  options.lanes = threads;
  // What only predicts may be given any number of examples.
  options.cut_batches =
      !use.parameters_stay && std::min<std::int64_t>(use.batch / least_of_shard, shards) >= threads;
  options.parameters_stay = use.parameters_stay;
  return options;
}

// What is made of parameters alone is weighed against the examples of all runs that it serves.
PassOptions for_use(PassOptions passes, const PlanUse& use) {
  passes.batch = use.batch * use.runs;
  return passes;
}

}  // namespace

Compiled::Compiled(Graph graph, DType precision, const PassOptions& passes, Scheduler& scheduler,
                   int shards)
    : Compiled(make_plan(optimise(std::move(graph), passes), precision,
                         with_lanes(plan_options(passes), scheduler.threads(), shards, {})),
               scheduler, shards) {}

PlanCache::PlanCache(Make make, const Model& model, Scheduler& scheduler, int shards,
                     const PlanUse& use, std::shared_ptr<Workspace> workspace)
    : make_(std::move(make)),
      passes_(for_use(model.passes, use)),
      fit_{model.precision, use.batch, shards, model.memory,
           with_lanes(plan_options(model), scheduler.threads(), shards, use)},
      scheduler_(scheduler),
      workspace_(std::move(workspace)) {}

Compiled& PlanCache::get(const std::map<std::string, std::int64_t>& steps, bool carried) {
  auto& plan = plans_[{steps, carried}];
  if (!plan) {
    std::int64_t most = 0;
    for (const auto& [axis, count] : steps) most = std::max(most, count);
    const auto make = [&](const PassOptions& passes) { return make_(steps, carried, passes); };
    plan = std::make_unique<Compiled>(fit_plan(make, passes_, most, fit_), scheduler_, fit_.shards,
                                      workspace_.get());
    fit_.memory -= plan->plan.own_bytes(fit_.shards);
  }
  return *plan;
}

BatchFeed::BatchFeed(const data::Batch& batch, const std::vector<TrainedParameter>& parameters,
                     const NamedTensors* carried, DType precision, RunKey key,
                     std::uint64_t version) {
  feed_.version = version;
  feed_.batch = batch.size;
  feed_.key = key;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    if (tensor.dtype() == DType::i32 || tensor.dtype() == precision) {
      feed_.tensors[name] = &tensor;
      return;
    }
    converted_.push_back(std::make_unique<Tensor>(tensor.to(precision)));
    feed_.tensors[name] = converted_.back().get();
  };
  for (const auto& [name, tensor] : batch.inputs) add(name, tensor);
  for (const auto& [axis, tensor] : batch.lengths) add("length(" + axis + ")", tensor);
  for (const TrainedParameter& p : parameters) add(p.name, p.value);
  if (carried != nullptr)
    for (const auto& [name, tensor] : *carried) add(name, tensor);
}

Symbol text_axis(const Program& program) {
  Symbol axis;
  for (const data::FieldSpec& f : program.data().fields) {
    if (!program.data().is_text(f)) continue;
    if (!axis.empty()) throw Error("a model reads one text field; this program has several");
    axis = f.type.axis;
  }
  return axis;
}

std::map<std::string, NodeId> parameter_nodes(const Graph& graph) {
  std::map<std::string, NodeId> nodes;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) nodes[graph.attributes(id).text("name")] = id;
  return nodes;
}

}  // namespace unfold
