// What a model declares to the command: metrics, outputs, what is sampled, its loss.

#include <fmt/format.h>

#include <algorithm>

#include "ops/ops.h"
#include "tools/dsl/evaluator.h"

namespace unfold {

void Evaluator::add_metric(const syntax::Metric& metric) {
  graph().current.site.name = metric.name.text;
  next_name_ = metric.name.text;
  const Thing thing = evaluate_one(metric.value);
  scope()[metric.name.text] = thing;
  if (thing.nothing()) return;
  try {
    if (std::find(built_.metrics.begin(), built_.metrics.end(), metric.name.text) !=
        built_.metrics.end())
      throw Error("there is another metric '" + metric.name.text + "'", place(metric.name.span));
    const Value v = value_of(thing);
    if (v.type().known && (v.type().batched || v.type().size() != 1))
      throw Error(fmt::format("a metric is one number for all examples, this is {}{}",
                              describe(v.type()),
                              v.type().batched ? " for each example; losses and metrics, such as "
                                                 "mean_squared_error, make one of them"
                                               : ""));
    graph().outputs.push_back({"metric:" + metric.name.text, v.id});
    built_.metrics.push_back(metric.name.text);
  } catch (const Error& e) {
    fail(e.where.known() ? metric.name.span : metric.value.span, e.message, e.notes);
  }
}

void Evaluator::add_output(const syntax::Output& output) {
  graph().current.site.name = output.name.text;
  next_name_ = output.name.text;
  const Thing thing = evaluate_one(output.value);
  if (thing.nothing()) return;
  try {
    for (const OutputInfo& o : built_.outputs)
      if (o.name == output.name.text)
        throw Error("there is another output '" + o.name + "'", place(output.name.span));
    const Value v = value_of(thing);
    graph().outputs.push_back({"output:" + output.name.text, v.id});
    OutputInfo info{output.name.text, {}};
    if (!v.type().dims.empty() && !v.type().dims.back().label.empty())
      for (const auto& field : program_.data().fields)
        if (field.type.size_name == v.type().dims.back().label.str()) info.field = field.name;
    built_.outputs.push_back(std::move(info));
  } catch (const Error& e) {
    fail(e.where.known() ? output.name.span : output.value.span, e.message, e.notes);
  }
}

void Evaluator::add_sample(const syntax::Sample& sample) {
  const Thing logits = evaluate_one(sample.from);
  const auto* call = std::get_if<syntax::Call>(&sample.field.node);
  const syntax::Name* argument = nullptr;
  if (call != nullptr && call->callee.text == "next" && call->arguments.size() == 1)
    argument = std::get_if<syntax::Name>(&call->arguments[0].value->node);
  const Thing* field = argument != nullptr ? find(argument->text) : nullptr;
  if (field != nullptr && field->nothing()) return;
  if (field == nullptr || field->as<FieldRef>() == nullptr) {
    fail(sample.field.span, "what is sampled must be `next(…)` of a field of the data block");
    return;
  }
  const data::FieldSpec& spec = program_.data().fields[field->as<FieldRef>()->index];
  if (logits.nothing()) return;
  try {
    const Value v = value_of(logits);
    const Type& type = v.type();
    if (type.rank() < 1 || type.dims.back().size != spec.type.ids)
      throw Error(fmt::format("logits over the {} symbols of {} are needed, this is {}",
                              spec.type.ids, spec.name, describe(type)));
    graph().outputs.push_back({"sample", v.id});
    built_.sampled_field = spec.name;
  } catch (const Error& e) {
    fail(sample.from.span, e.message, e.notes);
  }
}

namespace {

// What is sampled, and its softmax, run over the field's symbols even where the sizes of parameters
// that are written out do not say so.
void name_sampled(BuiltModel& built) {
  if (built.sampled_field.empty()) return;
  const Graph& graph = built.model.graph;
  const NodeId logits = graph.output("sample");
  for (OutputInfo& o : built.outputs) {
    const NodeId id = graph.output(Symbol("output:" + o.name));
    const bool softmax = graph.node(id).op == &softmax_op && graph.inputs(id)[0] == logits;
    if (o.field.empty() && (id == logits || softmax)) o.field = built.sampled_field;
  }
}

}  // namespace

// What can only be said of the whole model: its loss, and that its parameters are of a sane size.
void Evaluator::finish() {
  name_sampled(built_);
  constexpr std::int64_t most = 4'000'000'000;
  for (const ParameterSpec& p : builder().parameters())
    if (real_type(p.dims).size() > most)
      diagnostics_.add(Error(fmt::format("parameter {} is {}: more than {} numbers", p.name.str(),
                                         describe(real_type(p.dims)), most),
                             p.where));
  Thing* loss = find("loss");
  if (loss == nullptr || loss->nothing()) return;
  try {
    const Value v = value_of(*loss);
    if (v.type().batched || v.type().size() != 1)
      throw Error(fmt::format("the loss is one number for the whole batch, this is {}{}",
                              describe(v.type()), v.type().batched ? " for each example" : ""));
    graph().outputs.push_back({"loss", v.id});
    built_.has_loss = true;
  } catch (const Error& e) {
    fail(loss->defined, e.message, e.notes);
  }
}

}  // namespace unfold
