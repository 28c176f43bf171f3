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

std::string sampled_name(const Model& model) {
  BuildOptions options;
  options.training = false;
  return build(model, options).sampled_field;
}

data::FieldSpec sampled_field(const Model& model) {
  const std::string name = sampled_name(model);
  if (name.empty())
    throw Error("the program has no `sample next(…) from …`: there is nothing to draw from");
  return *model.program->data().field(name);
}

// Of a built program only what is sampled; nothing if that is in error.
std::optional<Graph> what_is_sampled(BuiltModel built) {
  Graph& graph = built.model.graph;
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("sample")); });
  if (graph.outputs.empty()) return std::nullopt;
  return drop_dead_nodes(graph);
}

std::set<std::string> parameters_of(const Graph& graph) {
  std::set<std::string> names;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) names.insert(graph.attributes(id).text("name"));
  return names;
}

Graph steps_of(const Model& model, const data::FieldSpec& field,
               const std::map<std::string, std::int64_t>& steps) {
  Diagnostics diagnostics;
  auto graph = stepping_graph(*model.program, field, steps, diagnostics);
  if (!graph) throw ProgramErrors(diagnostics.sorted(), model.program);
  return std::move(*graph);
}

// The other fields that are read. Throws Error for one that is read step for step.
std::vector<data::FieldSpec> context_of(const Model& model, const data::FieldSpec& field,
                                        const Graph& needed) {
  std::vector<data::FieldSpec> context;
  for (NodeId id = 0; id < needed.size(); ++id) {
    if (needed.node(id).op != &input_op) continue;
    const std::string name(needed.attributes(id).text("name"));
    if (name == field.name) continue;
    const data::FieldSpec* other = model.program->data().field(name);
    if (other == nullptr || has_axis(needed.type(id), field.type.axis))
      throw Error(fmt::format("drawing {0} one step at a time needs its earlier symbols only; the "
                              "model also reads {1}, step for step",
                              field.name, name),
                  location_of(needed.place(needed.output("sample")).site));
    context.push_back(*other);
  }
  return context;
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

// What stands in for a value in error opens no layer, and the name that it would have taken may go
// to another; then the logits use other parameters than they were trained with.
std::optional<Graph> stepping_graph(const Program& program, const data::FieldSpec& field,
                                    const std::map<std::string, std::int64_t>& steps,
                                    Diagnostics& diagnostics) {
  BuildOptions options = stepping_options(field, steps);
  options.initial_values = false;
  Diagnostics errors;
  auto sampled = what_is_sampled(build_model(program, options, errors));
  if (sampled && errors.empty()) return sampled;
  BuildOptions whole;
  whole.training = whole.initial_values = false;
  Diagnostics none;
  const auto trained = what_is_sampled(build_model(program, whole, none));
  if (sampled && trained && parameters_of(*sampled) == parameters_of(*trained)) return sampled;
  for (Error& error : errors.sorted()) diagnostics.add(std::move(error));
  return std::nullopt;
}

std::vector<Error> why_no_steps(const Model& model) {
  const std::string name = sampled_name(model);
  if (name.empty()) return {};
  try {
    const data::FieldSpec& field = *model.program->data().field(name);
    const Graph graph = steps_of(model, field, {});
    const std::vector<data::FieldSpec> context = context_of(model, field, graph);
    if (!context.empty() && !field.start)
      throw Error(
          fmt::format("what {0} begins with is not known: sequences that depend on {1} are decoded "
                      "from <start>, which needs {2}(…, start = true)",
                      field.name, context.front().name, field.reader),
          location_of(graph.place(graph.output("sample")).site));
    split_step(graph, field.type.axis, core_ops());
  } catch (const ProgramErrors& errors) {
    return errors.errors;
  } catch (const Error& error) {
    return {error};
  }
  return {};
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
  context_ = context_of(model, field_, steps_of(model, field_, {}));
}

SplitStep Stepper::make(const std::map<std::string, std::int64_t>& steps) {
  return split_step(steps_of(model_, field_, steps), field_.type.axis, core_ops());
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
