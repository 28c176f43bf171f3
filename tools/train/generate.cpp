#include "tools/train/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "graph/passes/drop_dead_nodes.h"
#include "graph/philox.h"
#include "ops/ops.h"
#include "tools/train/evaluate.h"

namespace unfold {

namespace {

constexpr double impossible = -std::numeric_limits<double>::infinity();

// One symbol from logits, by a number uniform in [0, 1).
std::int32_t draw(const std::vector<double>& logits, const GenerateOptions& options, double u) {
  std::vector<std::int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  if (options.temperature == 0) return order[0];
  if (options.top_k > 0 && options.top_k < static_cast<std::int64_t>(order.size()))
    order.resize(static_cast<std::size_t>(options.top_k));
  const double top = logits[static_cast<std::size_t>(order[0])];
  std::vector<double> weights;
  for (const std::int32_t s : order)
    weights.push_back(std::exp((logits[static_cast<std::size_t>(s)] - top) / options.temperature));
  double left = u * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < order.size(); ++i)
    if ((left -= weights[i]) < 0) return order[i];
  return order.back();
}

}  // namespace

Generator::Generator(const Model& model, Scheduler& scheduler)
    : model_(model),
      plans_([this](const auto&, bool carried) { return make(carried); }, model.precision,
             scheduler, 1) {
  BuildOptions options;
  options.training = false;
  const BuiltModel built = build(model, options);
  if (built.sampled_field.empty())
    throw Error("the program has no `sample next(…) from …`: there is nothing to draw from");
  field_ = *model.program->data().field(built.sampled_field);
  const Graph graph = make(false);
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &input_op && graph.attributes(id).text("name") != field_.name)
      throw Error(
          fmt::format("drawing {} one step at a time needs its own symbols only; the model also "
                      "reads {}",
                      field_.name, graph.attributes(id).text("name")));
}

Graph Generator::make(bool carried) {
  BuildOptions options;
  options.training = false;
  options.steps[field_.type.axis] = 1;
  options.pieces_of = field_.type.axis;
  BuiltModel built = build(model_, options);
  Graph& graph = built.model.graph;
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("sample")); });
  return drop_dead_nodes(with_states(std::move(graph), options.pieces_of, carried));
}

// Logits of what follows `symbol`.
std::vector<double> Generator::step(std::int32_t symbol) {
  data::Batch batch;
  batch.size = 1;
  batch.inputs[field_.name] = Tensor::of<std::int32_t>({1, 1}, {symbol});
  batch.lengths[field_.type.axis] = Tensor::of<std::int32_t>({1}, {1});
  Compiled& compiled = plans_.get({}, started_);
  const BatchFeed feed(batch, model_.parameters, started_ ? &carried_ : nullptr, model_.precision,
                       {});
  compiled.executor.run(feed.feed(), results_);
  carried_ = carried_states(compiled.plan.graph, results_);
  started_ = true;
  const Tensor& logits = results_.at("sample");
  std::vector<double> out;
  for (std::int64_t i = 0; i < logits.size(); ++i) out.push_back(logits.at(i));
  // Neither is text that anybody could write.
  if (field_.unknown) out[index_of(data::unknown_symbol)] = impossible;
  if (field_.start) out[index_of(data::start_symbol)] = impossible;
  return out;
}

std::size_t Generator::index_of(std::string_view symbol) const {
  return static_cast<std::size_t>(*field_.vocabulary.find(symbol));
}

std::string Generator::text_of(std::int32_t symbol, bool first) const {
  const std::string text = data::decode(field_, std::vector{symbol});
  return field_.words && !first ? " " + text : text;
}

void Generator::run(const GenerateOptions& options,
                    const std::function<void(const std::string&)>& emit,
                    const std::function<bool()>& stop) {
  started_ = false;
  std::vector<std::int32_t> prime;
  if (!options.prime.empty()) {
    const Tensor ids = data::encode(field_, options.prime, {"--prime", 1, 1, 1});
    prime.assign(ids.as<std::int32_t>().begin(), ids.as<std::int32_t>().end());
    if (field_.end && !prime.empty()) prime.pop_back();
    emit(options.prime);
  } else {
    prime.push_back(field_.vocabulary.find(field_.start ? data::start_symbol : "\n").value_or(0));
  }
  std::vector<double> logits;
  for (const std::int32_t symbol : prime) logits = step(symbol);
  const std::optional<std::int32_t> end =
      field_.end ? field_.vocabulary.find(data::end_symbol) : std::nullopt;
  for (std::int64_t i = 0; i < options.length && !stop(); ++i) {
    const auto random = philox(options.seed, {static_cast<std::uint32_t>(i), 0, 0, 0});
    const std::int32_t symbol = draw(logits, options, unit_interval(random[0], random[1]));
    if (end && symbol == *end) break;
    emit(text_of(symbol, i == 0 && options.prime.empty()));
    if (i + 1 < options.length) logits = step(symbol);
  }
}

}  // namespace unfold
