#include "tools/train/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/interpret.h"
#include "graph/same.h"
#include "graph/step.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"

namespace unfold {

namespace {

// `perplexity` of `metric:perplexity`.
std::string without_prefix(Symbol name) {
  const std::string& text = name.str();
  return text.starts_with("metric:") ? text.substr(7) : text;
}

}  // namespace

void RunningSums::add(const std::map<Symbol, Tensor>& results) {
  for (const auto& [name, tensor] : results) {
    if (!name.str().starts_with("sum:")) continue;
    auto [at, added] = sums_.try_emplace(name, DType::f64, tensor.dims());
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      at->second.set(i, at->second.at(i) + tensor.at(i));
  }
}

std::map<std::string, double> RunningSums::finish(
    const Graph& rest, const std::vector<TrainedParameter>& parameters) const {
  Feed feed;
  std::vector<Tensor> converted;
  converted.reserve(parameters.size());
  for (const TrainedParameter& p : parameters) {
    converted.push_back(p.value.to(DType::f64));
    feed.tensors[p.name] = &converted.back();
  }
  for (const auto& [name, tensor] : sums_) feed.tensors[name] = &tensor;
  std::map<std::string, double> out;
  for (const auto& [name, tensor] : interpret_outputs(rest, feed, DType::f64))
    out[without_prefix(name)] = tensor.at(0);
  return out;
}

std::map<std::string, double> RunningSums::numbers() const {
  std::map<std::string, double> out;
  for (const auto& [name, tensor] : sums_)
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      out[tensor.rank() == 0 ? name.str() : fmt::format("{}/{}", name.str(), i)] = tensor.at(i);
  return out;
}

void RunningSums::restore(const std::map<std::string, double>& numbers) {
  sums_.clear();
  std::map<std::string, std::vector<double>> by_name;
  for (const auto& [key, value] : numbers) {
    const std::size_t slash = key.find('/');
    if (slash == std::string::npos) {
      sums_[key] = Tensor::of({}, std::vector{value});
      continue;
    }
    auto& values = by_name[key.substr(0, slash)];
    const auto index = static_cast<std::size_t>(std::stoull(key.substr(slash + 1)));
    values.resize(std::max(values.size(), index + 1));
    values[index] = value;
  }
  for (const auto& [name, values] : by_name)
    sums_[name] = Tensor::of({static_cast<std::int64_t>(values.size())}, values);
}

std::vector<Symbol> measures(const BuiltModel& built) {
  std::vector<Symbol> names;
  if (built.has_loss) names.push_back("loss");
  for (const std::string& m : built.metrics) names.push_back("metric:" + m);
  return names;
}

void keep_rest(std::optional<Graph>& kept, Graph rest) {
  if (!kept) {
    kept = std::move(rest);
    return;
  }
  if (!difference(*kept, rest)) return;
  for (const Output& o : rest.outputs) {  // which one it is
    Graph first = *kept, other = rest;
    first.outputs = {{o.name, kept->output(o.name)}};
    other.outputs = {o};
    if (!difference(first, other)) continue;
    throw Error(
        fmt::format("`{}` is another expression for another number of steps, so sequences of "
                    "different lengths have none together; take it of the whole sequence at once, "
                    "outside the loop",
                    without_prefix(o.name)),
        location_of(rest.place(o.node).site));
  }
}

void require_one_rest(const Model& model, const TrainSettings& settings, const PartData& data,
                      bool metrics) {
  if (!data.is_text()) return;  // sums over padded sequences are masked, whatever their steps
  const auto whole = data.at(0).steps, last = data.at(data.batches() - 1).steps;
  if (last == whole) return;
  std::optional<Graph> kept;
  for (const auto& steps : {whole, last}) {
    const BuiltModel built = build(model, options_for(*model.program, settings, steps, false));
    std::vector<Symbol> names = measures(built);
    if (!metrics) std::erase_if(names, [](Symbol name) { return !(name == Symbol("loss")); });
    keep_rest(kept, split_sums(built.model.graph, names, core_ops()).rest);
  }
}

BuildOptions options_for(const Program& program, const TrainSettings& settings,
                         const std::map<std::string, std::int64_t>& steps, bool training) {
  BuildOptions options;
  options.steps = steps;
  options.training = training;
  if (settings.truncate > 0) options.pieces_of = text_axis(program);
  return options;
}

Graph with_states(Graph graph, Symbol axis, bool carried) {
  if (axis.empty()) return graph;
  return carried ? carry_states(graph, axis, core_ops())
                 : export_states(std::move(graph), axis, core_ops());
}

NamedTensors carried_states(const Graph& graph, std::map<Symbol, Tensor>& results) {
  NamedTensors out;
  for (const State& s : graph.states)
    if (const auto found = results.find(s.name); found != results.end())
      out[s.name.str()] = found->second;
  return out;
}

Evaluation::Evaluation(const Model& model, const TrainSettings& settings, Scheduler& scheduler,
                       int shards, std::shared_ptr<Workspace> workspace)
    : model_(model),
      settings_(settings),
      scheduler_(scheduler),
      shards_(shards),
      plans_([this](const auto& steps, bool carried,
                    const PassOptions& passes) { return make(steps, carried, passes); },
             model, scheduler, shards, {.batch = settings.batch}, std::move(workspace)) {}

Graph Evaluation::make(const std::map<std::string, std::int64_t>& steps, bool carried,
                       const PassOptions& passes) {
  const BuildOptions options = options_for(*model_.program, settings_, steps, false);
  const BuiltModel built = build(model_, options);
  const std::vector<Symbol> names = measures(built);
  if (names.empty()) throw Error("the program has neither a loss nor a metric to evaluate");
  Graph graph = built.model.graph;
  std::erase_if(graph.outputs, [&](const Output& o) {
    return std::find(names.begin(), names.end(), o.name) == names.end();
  });
  SplitSums split =
      split_sums(with_states(std::move(graph), options.pieces_of, carried), names, core_ops());
  keep_rest(rest_, std::move(split.rest));
  if (!decoder_ && !built.decoded_field.empty())
    decoder_ = std::make_unique<Decoder>(model_, scheduler_, shards_, settings_.batch);
  return optimise_forward(std::move(split.parts), passes);
}

std::map<std::string, double> Evaluation::run(const PartData& data,
                                              const std::vector<TrainedParameter>& parameters) {
  RunningSums sums;
  NamedTensors carried;
  std::map<Symbol, Tensor> results;
  for (std::int64_t k = 0; k < data.batches(); ++k) {
    data::Batch batch = data.at(k);
    const bool piece = settings_.truncate > 0 && data.is_text() && !batch.first;
    Compiled& compiled = plans_.get(batch.steps, piece);
    if (decoder_)
      batch.inputs[exact_name(decoder_->field().name)] = decoder_->exact(batch, parameters);
    const BatchFeed feed(batch, parameters, piece ? &carried : nullptr, model_.precision, {});
    results.clear();
    compiled.executor.run(feed.feed(), results);
    sums.add(results);
    carried = carried_states(compiled.plan.graph, results);
  }
  return sums.finish(*rest_, parameters);
}

}  // namespace unfold
