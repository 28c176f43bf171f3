// What a model declares to the command: metrics, outputs, what is sampled, its loss.

#include <fmt/format.h>

#include <algorithm>

#include "ops/ops.h"
#include "tools/dsl/evaluator.h"

namespace unfold {

namespace {

constexpr const char* one_of_many =
    " for each example; losses, such as mean_squared_error, or mean(…, over = batch) make one of "
    "them";

}  // namespace

void Evaluator::add_metric(const syntax::Metric& metric) {
  graph().current.site.name = metric.name.text;
  next_name_ = metric.name.text;
  const Thing thing = evaluate_one(metric.value);
  metrics_[metric.name.text] = thing;
  if (thing.nothing()) return;
  try {
    if (metric.name.text == "loss")
      throw Error("the loss is reported under this name: a metric needs another",
                  place(metric.name.span));
    if (std::find(built_.metrics.begin(), built_.metrics.end(), metric.name.text) !=
        built_.metrics.end())
      throw Error("there is another metric '" + metric.name.text + "'", place(metric.name.span));
    const Value v = value_of(thing);
    if (v.type().known && (v.type().batched || v.type().size() != 1))
      throw Error(fmt::format("a metric is one number for all examples, this is {}{}",
                              describe(v.type()), v.type().batched ? one_of_many : ""));
    graph().outputs.push_back({"metric:" + metric.name.text, v.id});
    built_.metrics.push_back(metric.name.text);
  } catch (const Error& e) {
    fail(e.where.known() ? metric.name.span : metric.value.span, e.message, e.notes);
  }
}

namespace {

// Whether the value is made of a node, or is one, for which `is` holds.
template <class Is>
bool made_of(const Graph& graph, NodeId value, Is is) {
  std::vector<bool> needed(value + 1);
  needed[value] = true;
  for (NodeId id = value + 1; id-- > 0;) {
    if (!needed[id]) continue;
    if (is(id)) return true;
    for (const NodeId in : graph.inputs(id)) needed[in] = true;
  }
  return false;
}

// What is predicted for an example must not depend on which others are predicted with it.
void require_each_its_own(const Value& v, std::string_view what) {
  const Graph& graph = *v.graph;
  if (!made_of(graph, v.id, [&](NodeId id) { return graph.node(id).op->sums_batch; })) return;
  throw Error(fmt::format("this is {}; {} needs a value for each example",
                          v.type().batched ? "made of a number for the whole batch, such as a loss"
                                           : "one number for the whole batch",
                          what));
}

}  // namespace

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
    require_each_its_own(v, "an output");
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
  says_sample_ = true;
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
  if (!spec.type.has_time()) {
    fail(sample.field.span,
         fmt::format("{} has no steps, of which the next could be sampled: it "
                     "is {} for each example",
                     spec.name, spec.type.is_ids() ? "one class" : "a row of numbers"));
    return;
  }
  if (logits.nothing()) return;
  try {
    const Value v = value_of(logits);
    const Type& type = v.type();
    if (type.rank() != 2 || type.dims.back().size != spec.type.ids ||
        !(type.dims[0].axis == Symbol(spec.type.axis)))
      throw Error(fmt::format(
          "logits over the {} symbols of {} are needed for each of its steps, this is {}",
          spec.type.ids, spec.name, describe(type)));
    require_each_its_own(v, "what is sampled");
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

std::string exact_name(const std::string& field) { return "exact(" + field + ")"; }

Value Evaluator::exact_value(std::size_t field) {
  const data::FieldSpec& spec = program_.data().fields[field];
  if (trials_ > 0 || !loops_.empty())
    throw Error("exact: whole sequences are decoded, which cannot be part of one step");
  if (spec.type.kind != data::FieldKind::symbols)
    throw Error(fmt::format("exact: {} has no symbols to decode", spec.name));
  if (!spec.start)
    throw Error(
        fmt::format("exact: decoding {0} begins with <start>, which its sequences do not "
                    "have: {1}(…, start = true)",
                    spec.name, spec.reader));
  if (!built_.decoded_field.empty() && built_.decoded_field != spec.name)
    throw Error(fmt::format("exact: a program decodes one field; this one already asks for {}",
                            exact_name(built_.decoded_field)));
  if (built_.decoded_field.empty()) {
    built_.decoded_field = spec.name;
    exact_span_ = call_span_;
    exact_ = input(graph(), exact_name(spec.name), real_type({}, true));
  }
  return exact_;
}

// Decoding needs what the program samples, and is not part of the graph: nothing but metrics can
// have it.
void Evaluator::check_exact() {
  if (built_.decoded_field.empty()) return;
  if (built_.sampled_field != built_.decoded_field) {
    if (built_.sampled_field.empty() && says_sample_) return;  // which was in error
    fail(exact_span_, fmt::format("exact: to decode {0}, the program must say what its symbols are "
                                  "drawn from: sample next({0}) from …",
                                  built_.decoded_field));
    return;
  }
  const auto holds_it = [&](const Output& o) {
    return !o.name.str().starts_with("metric:") &&
           made_of(graph(), o.node, [&](NodeId id) { return id == exact_.id; });
  };
  if (std::ranges::any_of(graph().outputs, holds_it))
    fail(exact_span_,
         "exact: whole sequences are decoded for metrics only, not for the loss or an "
         "output");
}

// What can only be said of the whole model: its loss, and that its parameters are of a sane size.
void Evaluator::finish() {
  name_sampled(built_);
  constexpr std::int64_t most = 4'000'000'000;
  for (const ParameterSpec& p : builder().parameters())
    if (real_type(p.dims).size() > most)
      diagnostics_.add(Error(fmt::format("parameter {} is {}: more than {} numbers", p.name.str(),
                                         describe(real_type(p.dims)), most),
                             p.where));
  add_loss();
  check_exact();
}

void Evaluator::add_loss() {
  const auto found = scope().find("loss");
  if (found == scope().end() || found->second.nothing()) return;
  const Thing& loss = found->second;
  try {
    const Value v = value_of(loss);
    if (v.type().batched || v.type().size() != 1)
      throw Error(fmt::format("the loss is one number for the whole batch, this is {}{}",
                              describe(v.type()), v.type().batched ? one_of_many : ""));
    graph().outputs.push_back({"loss", v.id});
    built_.has_loss = true;
    built_.loss_where = place(loss.defined);
  } catch (const Error& e) {
    fail(loss.defined, e.message, e.notes);
  }
}

}  // namespace unfold
