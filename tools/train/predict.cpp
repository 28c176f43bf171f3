#include "tools/train/predict.h"

#include <algorithm>
#include <array>
#include <set>

#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"

namespace unfold {

namespace {

constexpr const char* next_symbol = "next";

// The fields that a graph's inputs read.
std::set<std::string> inputs_of(const Graph& graph) {
  std::set<std::string> names;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &input_op) names.insert(graph.attributes(id).text("name"));
  return names;
}

// The real steps that example `b` has along a dimension; all of it where that is not of steps.
std::int64_t real_size(const Dim& dim, std::int64_t b, const data::Batch& batch) {
  const auto lengths = batch.lengths.find(dim.axis.str());
  const bool own = dim.ragged && lengths != batch.lengths.end();
  const std::int64_t size =
      own ? lengths->second.as<std::int32_t>()[static_cast<std::size_t>(b)] : dim.size;
  return std::max<std::int64_t>(size - dim.trim, 0);
}

// Example `b` of an output, cut to its real steps.
Tensor example_of(const Tensor& all, std::int64_t b, const Type& type, const data::Batch& batch) {
  const Dims whole = type.sizes();
  Dims real;
  for (const Dim& dim : type.dims) real.push_back(real_size(dim, b, batch));
  Tensor out(all.dtype(), real);
  std::array<std::int64_t, max_rank + 1> from_strides, to_strides;
  const auto view = [&](void* data, const Dims& strides_of, auto& strides) {
    dense_strides(strides_of, false, 1, false, strides);
    return View{data, all.dtype(), false, 1, real, std::span(strides).first(real.size() + 1)};
  };
  const View to = view(out.data(), real, to_strides);
  View from = view(const_cast<void*>(all.data()), whole, from_strides);  // copy only reads it
  from.data =
      static_cast<std::byte*>(from.data) + (type.batched ? b : 0) * element_count(whole) *
                                               static_cast<std::int64_t>(size_of(all.dtype()));
  copy(from, to);
  return out;
}

}  // namespace

Graph prediction_graph(const Model& model, const std::map<std::string, std::int64_t>& steps,
                       const PassOptions& passes) {
  BuildOptions options;
  options.steps = steps;
  options.training = false;
  BuiltModel built = build(model, options);
  if (built.outputs.empty() && built.sampled_field.empty())
    throw Error("the program has neither an `output` nor a `sample`: there is nothing to predict");
  Graph& graph = built.model.graph;
  if (built.outputs.empty())
    graph.outputs.push_back(
        {std::string("output:") + next_symbol, softmax(graph.value(graph.output("sample"))).id});
  std::erase_if(graph.outputs,
                [](const Output& o) { return !o.name.str().starts_with("output:"); });
  return optimise_forward(std::move(graph), passes);
}

Predictor::Predictor(const Model& model, Scheduler& scheduler, int shards)
    : model_(model),
      plans_([this](const auto& steps, bool,
                    const PassOptions& passes) { return prediction_graph(model_, steps, passes); },
             model, scheduler, shards, {.batch = usual_batch, .parameters_stay = true}) {
  BuildOptions options;
  options.training = false;
  const BuiltModel built = build(model, options);
  outputs_ = built.outputs;
  if (outputs_.empty() && !built.sampled_field.empty())
    outputs_.push_back({next_symbol, built.sampled_field});
  const std::set<std::string> needed = inputs_of(prediction_graph(model, {}, model.passes));
  for (const data::FieldSpec& f : model.program->data().fields)
    if (needed.contains(f.name)) fields_.push_back(f);
}

std::vector<Prediction> Predictor::run(const data::Examples& examples) {
  std::vector<Prediction> out(static_cast<std::size_t>(examples.size()));
  std::map<Symbol, Tensor> results;
  const data::Buckets buckets(examples, usual_batch);
  for (const auto& which : data::evaluation_batches(examples, usual_batch)) {
    const data::Batch batch = data::make_batch(examples, which, buckets);
    Compiled& compiled = plans_.get(batch.steps, false);
    const BatchFeed feed(batch, model_.parameters, nullptr, model_.precision, {}, 1);
    results.clear();
    compiled.executor.run(feed.feed(), results);
    const Graph& graph = compiled.plan.graph;
    for (const OutputInfo& o : outputs_) {
      const NodeId node = graph.output("output:" + o.name);
      for (std::int64_t b = 0; b < batch.size; ++b)
        out[static_cast<std::size_t>(which[static_cast<std::size_t>(b)])][o.name] =
            example_of(results.at("output:" + o.name), b, graph.type(node), batch);
    }
  }
  return out;
}

}  // namespace unfold
