#include "tools/train/compiled.h"

#include "ops/ops.h"

namespace unfold {

namespace {

PlanOptions options_for(const PassOptions& passes, int threads, bool parameters_stay) {
  PlanOptions options = plan_options(passes);
  options.lanes = threads;
  options.parameters_stay = parameters_stay;
  return options;
}

}  // namespace

Compiled::Compiled(Graph graph, DType precision, const PassOptions& passes, Scheduler& scheduler,
                   int shards, Workspace* workspace, bool parameters_stay)
    : plan(make_plan(optimise(std::move(graph), passes), precision,
                     options_for(passes, scheduler.threads(), parameters_stay))),
      executor(plan, scheduler, shards, workspace) {}

Compiled& PlanCache::get(const std::map<std::string, std::int64_t>& steps, bool carried) {
  auto& plan = plans_[{steps, carried}];
  if (!plan)
    plan = std::make_unique<Compiled>(make_(steps, carried), precision_, passes_, scheduler_,
                                      shards_, &workspace_, parameters_stay_);
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
