#include "tools/train/training_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "graph/autodiff.h"
#include "graph/passes/drop_dead_nodes.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tools/train/clip.h"
#include "tools/train/evaluate.h"
#include "tools/train/not_finite.h"

namespace unfold {

int shards_for(const Model& model, const TrainSettings& settings) {
  if (model.checkpoint) return static_cast<int>(model.checkpoint->source.shards);
  return settings.shards > 0 ? static_cast<int>(settings.shards) : core_count();
}

TrainingStep::TrainingStep(Model& model, const TrainSettings& settings, Scheduler& scheduler,
                           int shards)
    : model_(model),
      settings_(settings),
      scheduler_(scheduler),
      plans_([this](const auto& steps, bool carried,
                    const PassOptions& passes) { return make(steps, carried, passes); },
             model, scheduler, shards, {.batch = settings.batch}),
      optimizer_(settings.optimizer, settings.optimizer_options, model.parameters),
      gradients_(model.parameters.size()) {}

TrainingGraph training_graph(Graph graph, const std::vector<TrainedParameter>& parameters,
                             Symbol pieces_of, bool carried, const PassOptions& passes) {
  if (graph.output("loss") == no_node)
    throw Error("the program has no `loss`: there is nothing to train for");
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("loss")); });
  const std::vector<Symbol> loss{"loss"};
  SplitSums split = split_sums(graph, loss, core_ops());
  graph.outputs.insert(graph.outputs.end(), split.sums.begin(), split.sums.end());
  graph = optimise_forward(with_states(std::move(graph), pieces_of, carried), passes);
  const auto nodes = parameter_nodes(graph);
  std::vector<NodeId> wanted;
  for (const TrainedParameter& p : parameters)
    if (!p.frozen)
      if (const auto found = nodes.find(p.name); found != nodes.end())
        wanted.push_back(found->second);
  graph = differentiate(std::move(graph), "loss", wanted, core_ops());
  keep_rows_apart(graph, passes.batch);
  return {std::move(graph), std::move(split.rest)};
}

void require_trained(const BuiltModel& built) {
  if (!built.has_loss) return;
  Graph graph = built.model.graph;
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("loss")); });
  const auto nodes = parameter_nodes(drop_dead_nodes(graph));
  const auto is_trained = [&](const ParameterSpec& p) {
    return !p.frozen && nodes.contains(p.name.str());
  };
  if (std::ranges::none_of(built.model.parameters(), is_trained))
    throw Error("the loss depends on no parameter that is trained", built.loss_where);
}

PassOptions training_passes(const Model& model, const TrainSettings& settings) {
  PassOptions passes = model.passes;
  passes.batch = settings.batch;
  return passes;
}

Graph TrainingStep::make(const std::map<std::string, std::int64_t>& steps, bool carried,
                         const PassOptions& passes) {
  const BuildOptions options = options_for(*model_.program, settings_, steps, true);
  BuiltModel built = build(model_, options);
  require_trained(built);
  TrainingGraph made = training_graph(std::move(built.model.graph), model_.parameters,
                                      options.pieces_of, carried, passes);
  keep_rest(rest_, std::move(made.rest));
  return std::move(made.graph);
}

const Graph& TrainingStep::rest(const std::map<std::string, std::int64_t>& steps) {
  if (!rest_) make(steps, false, training_passes(model_, settings_));
  return *rest_;
}

// Between the results, which the next run fills again, and the optimizer's list.
void TrainingStep::exchange_gradients() {
  for (std::size_t i = 0; i < gradients_.size(); ++i)
    if (const auto g = results_.find("grad:" + model_.parameters[i].name); g != results_.end())
      std::swap(gradients_[i].values, g->second);
}

void TrainingStep::take_gradients() {
  for (std::size_t i = 0; i < gradients_.size(); ++i) {
    const TrainedParameter& p = model_.parameters[i];
    const auto rows = scattered_rows(results_, p.name);
    if (!rows.empty())
      gradients_[i].set_rows(rows, p.value.dims(), scheduler_);
    else if (gradients_[i].by_rows())
      gradients_[i] = {};
  }
  exchange_gradients();
}

RunKey TrainingStep::key(std::int64_t number) const {
  return {model_.program->seed(), static_cast<std::uint64_t>(number), 0};
}

Error TrainingStep::explained(const NotFinite& error, const data::Batch& batch,
                              std::int64_t number) try {
  const BatchFeed feed(batch, model_.parameters, batch.first ? nullptr : &carried_,
                       model_.precision, key(number));
  return describe_not_finite(error.message, compiled(batch).plan.graph, feed.feed(),
                             model_.precision);
} catch (const std::bad_alloc&) {
  return error;
}

double TrainingStep::update(const data::Batch& batch, std::int64_t number, double factor) {
  Compiled& plan = compiled(batch);
  const BatchFeed feed(batch, model_.parameters, batch.first ? nullptr : &carried_,
                       model_.precision, key(number));
  // A plan for other steps may have had sums, gradients and states that this one has not.
  std::erase_if(results_,
                [&](const auto& r) { return plan.plan.graph.output(r.first) == no_node; });
  plan.executor.run(feed.feed(), results_);
  take_gradients();
  const double loss = results_.at("loss").at(0);
  const double norm = global_norm(gradients_, scheduler_);
  if (!std::isfinite(loss) || !std::isfinite(norm)) {
    throw NotFinite(Error(fmt::format("update {}: the {} is not finite ({})", number + 1,
                                      std::isfinite(loss) ? "norm of the gradient" : "loss",
                                      std::isfinite(loss) ? norm : loss)));
  }
  const double clip = settings_.clip_norm > 0 ? clip_factor(norm, settings_.clip_norm) : 1;
  if (settings_.clip_value > 0) clip_value(gradients_, settings_.clip_value / clip, scheduler_);
  optimizer_.update(model_.parameters, gradients_, scheduler_, factor, clip);
  exchange_gradients();
  if (settings_.truncate > 0) carried_ = carried_states(plan.plan.graph, results_);
  return loss;
}

}  // namespace unfold
