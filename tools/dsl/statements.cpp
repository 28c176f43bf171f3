// The evaluator's statements: bindings, parameters, choices, and what a model declares.

#include <fmt/format.h>

#include <cmath>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
#include "tools/dsl/print_expression.h"

namespace unfold {

Evaluator::Evaluator(const Program& program, const BuildOptions& options, Diagnostics& diagnostics)
    : program_(program), options_(options), diagnostics_(diagnostics), frames_{{Scope()}} {
  built_.model.training = options.training;
  built_.model.graph.pieces_of = options.pieces_of;
}

Evaluator::~Evaluator() = default;

BuiltModel Evaluator::run() {
  Scope& globals = frames_[0][0];
  for (const auto& [name, constant] : program_.lets()) {
    Thing& thing = globals[name];
    thing.defined = program_.let_span(name);
    if (const auto* n = std::get_if<double>(&constant)) thing.is = Number{*n, name, {}};
    if (const auto* b = std::get_if<bool>(&constant)) thing.is = *b;
    if (const auto* s = std::get_if<std::string>(&constant)) thing.is = *s;
  }
  const DataBlock& data = program_.data();
  for (std::size_t i = 0; i < data.source_specs.size(); ++i)
    globals[data.source_specs[i].name] = {SourceRef{i}, data.span_of(data.source_specs[i].name)};
  for (std::size_t i = 0; i < data.fields.size(); ++i)
    globals[data.fields[i].name] = {FieldRef{i}, data.span_of(data.fields[i].name)};
  for (const auto& [name, span] : data.failed) globals.insert({name, {Nothing(), span}});
  frames_.push_back({Scope()});
  if (const auto& model = program_.main().model) {
    evaluate(model->body);
    finish();
  } else {
    diagnostics_.add(Error("the program has no `model { }` block",
                           {program_.text().path, 0, 0, 1}));
  }
  return std::move(built_);
}

void Evaluator::evaluate(const syntax::Block& block) {
  for (const syntax::Statement& s : block) {
    if (returned_) return;
    evaluate(s);
  }
}

void Evaluator::evaluate(const syntax::Statement& statement) {
  Graph& g = graph();
  Place place_of_statement = g.current;
  const Location at = place(statement.span);
  place_of_statement.site.file = at.file;
  place_of_statement.site.line = at.line;
  place_of_statement.site.column = at.column;
  const PlaceScope scope(g, place_of_statement);
  struct Visit {
    Evaluator& e;
    Span span;
    void operator()(const syntax::Let& s) { e.frames_.back().back()[s.name.text] = e.evaluate(s.value); }
    void operator()(const syntax::Return& s) {
      Things values;
      for (const auto& v : s.values) values.push_back(e.evaluate(v));
      e.returned_ = std::move(values);
    }
    void operator()(const syntax::Assign& s) { e.assign(s, span); }
    void operator()(const syntax::Param& s) { e.declare(s, span); }
    void operator()(const syntax::Layer& s) { e.declare_layer(s); }
    void operator()(const syntax::Repeat& s) { e.repeat(s); }
    void operator()(const syntax::If& s) { e.choose(s); }
    void operator()(const syntax::For& s) { e.unroll(s, span); }
    void operator()(const syntax::Init&) {}  // evaluated before the first step, see recurrence.cpp
    void operator()(const syntax::Metric& s) { e.add_metric(s); }
    void operator()(const syntax::Output& s) { e.add_output(s); }
    void operator()(const syntax::Sample& s) { e.add_sample(s); }
  };
  std::visit(Visit{*this, statement.span}, statement.node);
}

void Evaluator::assign(const syntax::Assign& assign, Span span) {
  const std::string& name = assign.targets.front().name.text;
  graph().current.site.name = name;
  next_name_ = name;
  Thing value = evaluate(assign.value);
  next_name_ = {};
  const Things* several = value.as<Things>();
  if (assign.targets.size() == 1) {
    const bool list = std::holds_alternative<syntax::List>(assign.value.node);
    if (several != nullptr && !several->empty() && !list) value = Thing(several->front());
    bind(assign.targets.front(), std::move(value));
    return;
  }
  const std::size_t have = value.nothing() ? assign.targets.size() : several ? several->size() : 1;
  if (have < assign.targets.size()) {
    fail(span, fmt::format("{} names on the left, but the right side has {} value{}",
                           assign.targets.size(), have, have == 1 ? "" : "s"));
    value = {};
  }
  for (std::size_t i = 0; i < assign.targets.size(); ++i)
    bind(assign.targets[i], value.nothing() ? Thing() : (*several)[i]);
}

void Evaluator::declare(const syntax::Param& param, Span span) {
  std::vector<Dim> dims;
  for (const syntax::Expression& e : param.shape) dims.push_back(dimension(e));
  for (const syntax::Identifier& id : param.names) {
    Thing made;
    try {
      const Initialiser init =
          param.initialiser ? initialiser(*param.initialiser, dims) : Initialiser(init::Glorot());
      made.is = builder().parameter(id.text, dims, init, param.frozen);
    } catch (const Error& e) {
      fail(e.where.known() || !param.initialiser ? span : param.initialiser->span, e.message, e.notes);
    }
    made.defined = id.span;
    frames_.back().back()[id.text] = made;
  }
}

void Evaluator::declare_layer(const syntax::Layer& layer) {
  const auto& call = std::get<syntax::Call>(layer.call.node);
  BoundLayer bound{&layer, builder().reserve(layer.name.text), {}, {}};
  for (const syntax::Argument& a : call.arguments) {
    if (a.kind == syntax::Argument::Kind::named)
      bound.named[a.name.text] = evaluate(*a.value);
    else
      bound.positional.push_back(evaluate(*a.value));
  }
  // One name for each declaration: a definition may declare layers each time it is called.
  const std::string key = fmt::format("{}#{}", layer.name.text, bound.path.str());
  layers_[key] = std::move(bound);
  frames_.back().back()[layer.name.text] = {Callable{key}, layer.name.span};
}

void Evaluator::repeat(const syntax::Repeat& repeat) {
  const auto count = number(repeat.count, "the number of turns");
  if (!count) return;
  if (*count < 0 || *count != std::floor(*count) || *count > 10000) {
    fail(repeat.count.span,
         fmt::format("the number of turns must be a whole number from 0 to 10000, it is {}", *count));
    return;
  }
  const int errors = errors_;
  for (double i = 0; i < *count && !returned_ && errors_ == errors; ++i) evaluate(repeat.body);
}

void Evaluator::choose(const syntax::If& choice) {
  const auto truth = condition(choice.condition);
  if (truth) evaluate(*truth ? choice.then : choice.otherwise);
}

void Evaluator::add_metric(const syntax::Metric& metric) {
  graph().current.site.name = metric.name.text;
  next_name_ = metric.name.text;
  const Thing thing = evaluate(metric.value);
  next_name_ = {};
  frames_.back().back()[metric.name.text] = thing;
  if (thing.nothing()) return;
  try {
    const Value v = value_of(thing);
    if (v.type().known && (v.type().batched || v.type().size() != 1))
      throw Error(fmt::format("a metric is one number for all examples, this is {}{}",
                              describe(v.type()),
                              v.type().batched ? " for each example; mean(…) makes one of it" : ""));
    graph().outputs.push_back({"metric:" + metric.name.text, v.id});
    built_.metrics.push_back(metric.name.text);
  } catch (const Error& e) {
    fail(metric.value.span, e.message, e.notes);
  }
}

void Evaluator::add_output(const syntax::Output& output) {
  graph().current.site.name = output.name.text;
  next_name_ = output.name.text;
  const Thing thing = evaluate(output.value);
  next_name_ = {};
  if (thing.nothing()) return;
  try {
    const Value v = value_of(thing);
    for (const OutputInfo& o : built_.outputs)
      if (o.name == output.name.text) throw Error("there is another output '" + o.name + "'");
    graph().outputs.push_back({"output:" + output.name.text, v.id});
    OutputInfo info{output.name.text, {}};
    if (!v.type().dims.empty() && !v.type().dims.back().label.empty())
      for (const auto& field : program_.data().fields)
        if (field.type.size_name == v.type().dims.back().label.str()) info.field = field.name;
    built_.outputs.push_back(std::move(info));
  } catch (const Error& e) {
    fail(output.name.span, e.message, e.notes);
  }
}

void Evaluator::add_sample(const syntax::Sample& sample) {
  const Thing logits = evaluate(sample.from);
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

void Evaluator::finish() {
  Thing* loss = find("loss");
  if (loss == nullptr || loss->nothing()) return;
  try {
    const Value v = value_of(*loss);
    if (v.type().batched || v.type().size() != 1)
      throw Error(fmt::format("the loss is one number for the whole batch, this is {}{}",
                              describe(v.type()),
                              v.type().batched ? " for each example" : ""));
    graph().outputs.push_back({"loss", v.id});
    built_.has_loss = true;
  } catch (const Error& e) {
    fail(loss->defined, e.message, e.notes);
  }
}

BuiltModel build_model(const Program& program, const BuildOptions& options,
                       Diagnostics& diagnostics) {
  return Evaluator(program, options, diagnostics).run();
}

}  // namespace unfold
