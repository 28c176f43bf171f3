#include "tools/train/stepper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "graph/passes/drop_dead_nodes.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"

namespace unfold {

namespace {

// What is made of parameters alone is made once for all steps: a table of embeddings may go through
// a product as a whole.
constexpr std::int64_t many_steps = 256;

constexpr double impossible = -std::numeric_limits<double>::infinity();

// A value that is the same for all examples, once for each.
Tensor repeated(const Tensor& one, std::int64_t times) {
  Dims dims = one.dims();
  dims.insert(dims.begin(), times);
  Tensor out(one.dtype(), dims);
  for (std::int64_t b = 0; b < times; ++b)
    std::memcpy(static_cast<std::byte*>(out.data()) + static_cast<std::size_t>(b) * one.bytes(),
                one.data(), one.bytes());
  return out;
}

bool has_axis(const Type& type, const std::string& axis) {
  return std::ranges::any_of(type.dims, [&](const Dim& d) { return d.axis == Symbol(axis); });
}

data::FieldSpec sampled_field(const Model& model) {
  BuildOptions options;
  options.training = false;
  const BuiltModel built = build(model, options);
  if (built.sampled_field.empty())
    throw Error("the program has no `sample next(…) from …`: there is nothing to draw from");
  return *model.program->data().field(built.sampled_field);
}

}  // namespace

BuildOptions stepping_options(const data::FieldSpec& field,
                              const std::map<std::string, std::int64_t>& steps) {
  BuildOptions options;
  options.training = false;
  options.steps = steps;
  options.steps[field.type.axis] = 1;
  options.pieces_of = field.type.axis;
  options.single_steps = true;
  options.pieces_hint = fmt::format(
      "its symbols follow one another, because the program samples next({})", field.name);
  return options;
}

Stepper::Stepper(const Model& model, Scheduler& scheduler, int shards, std::int64_t batch)
    : model_(model),
      field_(sampled_field(model)),
      plans_(
          [this](const auto& steps, bool each, const PassOptions& passes) {
            SplitStep split = make(steps);
            return optimise_forward(each ? std::move(split.step) : std::move(split.once), passes);
          },
          model, scheduler, shards, {.batch = batch, .runs = many_steps, .parameters_stay = true}) {
  BuiltModel built = build(model, stepping_options(field_, {}));
  Graph& graph = built.model.graph;
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("sample")); });
  const Graph needed = drop_dead_nodes(graph);
  for (NodeId id = 0; id < needed.size(); ++id) {
    if (needed.node(id).op != &input_op) continue;
    const std::string name(needed.attributes(id).text("name"));
    if (name == field_.name) continue;
    const data::FieldSpec* other = model.program->data().field(name);
    if (other == nullptr || has_axis(needed.type(id), field_.type.axis))
      throw Error(
          fmt::format("drawing {0} one step at a time needs its earlier symbols only; the "
                      "model also reads {1}, step for step",
                      field_.name, name));
    context_.push_back(*other);
  }
}

SplitStep Stepper::make(const std::map<std::string, std::int64_t>& steps) {
  BuiltModel built = build(model_, stepping_options(field_, steps));
  Graph graph = std::move(built.model.graph);
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("sample")); });
  return split_step(drop_dead_nodes(graph), field_.type.axis, core_ops());
}

void Stepper::begin(const data::Batch& batch, const std::vector<TrainedParameter>& parameters) {
  batch_ = {};
  batch_.size = batch.size;
  batch_.steps = batch.steps;
  batch_.steps.erase(field_.type.axis);
  batch_.lengths = batch.lengths;
  for (const data::FieldSpec& f : context_) batch_.inputs[f.name] = batch.inputs.at(f.name);
  const std::vector<std::int32_t> ones(static_cast<std::size_t>(batch.size), 1);
  batch_.lengths[field_.type.axis] = Tensor::of<std::int32_t>({batch.size}, ones);
  parameters_ = &parameters;
  ++begun_;
  Compiled& compiled = plans_.get(batch_.steps, false);
  const BatchFeed feed(batch_, parameters, nullptr, model_.precision, {});
  results_.clear();
  compiled.executor.run(feed.feed(), results_);
  handed_.clear();
  const Graph& graph = compiled.plan.graph;
  for (const Output& o : graph.outputs) {
    const Tensor& value = results_.at(o.name);
    const bool start = !o.name.str().starts_with("once:");
    handed_[o.name.str()] =
        start && !graph.type(o.node).batched ? repeated(value, batch.size) : value;
  }
  results_.clear();
}

void Stepper::step(std::span<const std::int32_t> symbols) {
  batch_.inputs[field_.name] =
      Tensor::of<std::int32_t>({batch_.size, 1}, {symbols.begin(), symbols.end()});
  Compiled& compiled = plans_.get(batch_.steps, true);
  const BatchFeed feed(batch_, *parameters_, &handed_, model_.precision, {}, begun_);
  compiled.executor.run(feed.feed(), results_);
  for (const State& s : compiled.plan.graph.states) handed_[s.name.str()] = results_.at(s.name);
}

std::vector<double> Stepper::logits(std::int64_t b) const {
  const Tensor& all = results_.at("sample");
  const std::int64_t size = field_.vocabulary.size();
  std::vector<double> out;
  for (std::int64_t i = 0; i < size; ++i) out.push_back(all.at(b * size + i));
  const auto forbid = [&](std::string_view symbol) {
    out[static_cast<std::size_t>(*field_.vocabulary.find(symbol))] = impossible;
  };
  if (field_.unknown) forbid(data::unknown_symbol);
  if (field_.start) forbid(data::start_symbol);
  return out;
}

}  // namespace unfold
