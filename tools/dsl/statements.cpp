// The evaluator's statements: bindings, parameters, layers, choices.

#include <fmt/format.h>

#include <cmath>

#include "graph/verify.h"
#include "tools/dsl/evaluator.h"
#include "tools/dsl/loop.h"
#include "tools/dsl/walk.h"

namespace unfold {

namespace {

// More than this is a mistake, and would take minutes and gigabytes.
constexpr std::int64_t most_statements = 1'000'000, most_nodes = 10'000'000;

// The names of plain numbers that were computed are those they are given.
void forget_label(Thing& thing, const syntax::Expression& e) {
  auto* n = std::get_if<Number>(&thing.is);
  if (n != nullptr && (std::holds_alternative<syntax::Binary>(e.node) ||
                       std::holds_alternative<syntax::Unary>(e.node)))
    n->label = {};
}

}  // namespace

Evaluator::Evaluator(const Program& program, const BuildOptions& options, Diagnostics& diagnostics)
    : program_(program), options_(options), diagnostics_(diagnostics), frames_{{Scope()}} {
  built_.model.training = options.training;
  built_.model.graph.pieces_of = options.pieces_of;
  built_.model.graph.pieces_hint = options.pieces_hint;
}

BuiltModel Evaluator::run() {
  Scope& globals = frames_[0][0];
  for (const auto& [name, constant] : program_.lets()) {
    Thing& thing = globals[name];
    thing.defined = program_.let_span(name);
    if (const auto* n = std::get_if<double>(&constant)) thing.is = Number{*n, name};
    if (const auto* b = std::get_if<bool>(&constant)) thing.is = *b;
    if (const auto* s = std::get_if<std::string>(&constant)) thing.is = *s;
  }
  const DataBlock& data = program_.data();
  for (std::size_t i = 0; i < data.source_specs.size(); ++i)
    globals[data.source_specs[i].name] = {SourceRef{i}, data.span_of(data.source_specs[i].name)};
  for (std::size_t i = 0; i < data.fields.size(); ++i)
    globals[data.fields[i].name] = {FieldRef{i}, data.span_of(data.fields[i].name)};
  for (const auto& [name, span] : data.failed) globals.insert({name, {Nothing(), span}});
  for (const syntax::Identifier& id : program_.faulty()) globals[id.text] = {Nothing(), id.span};
  frames_.push_back({Scope()});
  if (const auto& model = program_.main().model) {
    evaluate(model->body);
    if (!gave_up_) finish();
    if (!gave_up_) check_uncalled();
  } else if (program_.main().faulty.empty()) {  // else it may be what could not be read
    diagnostics_.add(
        Error("the program has no `model { }` block", {program_.text().path, 0, 0, 1}));
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
  if (gave_up_) return;
  if (++work_ > most_statements || graph().size() > most_nodes) {
    give_up_all(statement.span, work_ > most_statements
                                    ? fmt::format("{} statements", most_statements)
                                    : fmt::format("{} nodes", most_nodes));
    return;
  }
  Graph& g = graph();
  Place here = g.current;
  const Location at = place(statement.span);
  here.site.file = at.file;
  here.site.line = at.line;
  here.site.column = at.column;
  const PlaceScope keep(g, here);
  struct Visit {
    Evaluator& e;
    Span span;
    void operator()(const syntax::Let& s) { e.let(s); }
    void operator()(const syntax::Return& s) {
      Things values;
      // `return lstm(x, n)` hands on all results.
      for (const auto& v : s.values)
        values.push_back(s.values.size() == 1 ? e.evaluate(v) : e.evaluate_one(v));
      e.returned_ = std::move(values);
    }
    void operator()(const syntax::Assign& s) { e.assign(s, span); }
    void operator()(const syntax::Param& s) { e.declare(s); }
    void operator()(const syntax::Layer& s) { e.declare_layer(s); }
    void operator()(const syntax::Repeat& s) { e.repeat(s); }
    void operator()(const syntax::If& s) { e.choose(s); }
    void operator()(const syntax::For& s) { Loop(e, s).run(); }
    void operator()(const syntax::Init&) {}  // evaluated before the first step, see loop_states.cpp
    void operator()(const syntax::Metric& s) { e.add_metric(s); }
    void operator()(const syntax::Output& s) { e.add_output(s); }
    void operator()(const syntax::Sample& s) { e.add_sample(s); }
    void operator()(const syntax::Faulty& s) { e.pass_over(s); }
  };
  std::visit(Visit{*this, statement.span}, statement.node);
}

// As after an error in evaluating it. The names of steps are those of a `for`, which gives up.
void Evaluator::pass_over(const syntax::Faulty& faulty) {
  ++errors_;
  for (const syntax::Identifier& id : faulty.names) scope()[id.text] = {Nothing(), id.span};
}

// Also while shapes are inferred: nothing more is evaluated, so nothing else would report it.
void Evaluator::give_up_all(Span span, const std::string& what) {
  gave_up_ = true;
  ++errors_;
  Error error(fmt::format("this program takes more than {} to build; are there too many steps, "
                          "turns or calls inside each other?",
                          what),
              place(span));
  constexpr std::int64_t many = 100;
  for (const auto& [axis, steps] : options_.steps)
    if (steps >= many && Symbol(axis) != options_.pieces_of)
      error.notes.push_back({fmt::format("{} has {} steps here: an example of the data that is so "
                                         "long cannot be learned from",
                                         axis, steps),
                             {}});
  diagnostics_.add(std::move(error));
}

void Evaluator::let(const syntax::Let& let) {
  Thing value = evaluate(let.value);
  forget_label(value, let.value);
  const bool is_plain = value.nothing() || value.as<Number>() != nullptr ||
                        value.as<bool>() != nullptr || value.as<std::string>() != nullptr;
  if (!is_plain)
    value = fail(let.value.span, fmt::format("`let` names plain numbers, strings and booleans; "
                                             "other values go without it: {} = …",
                                             let.name.text));
  value.defined = let.name.span;
  scope()[let.name.text] = std::move(value);
}

void Evaluator::assign(const syntax::Assign& assign, Span span) {
  const std::string& name = assign.targets.front().name.text;
  graph().current.site.name = name;
  next_name_ = name;
  const NodeId before = graph().size();
  Thing value = evaluate(assign.value);
  next_name_ = {};
  forget_label(value, assign.value);
  const Things* several = value.as<Things>();
  if (assign.targets.size() == 1) {
    const bool list = std::holds_alternative<syntax::List>(assign.value.node);
    if (several != nullptr && !several->empty() && !list) value = Thing(several->front());
    bind(assign.targets.front(), std::move(value));
    return;
  }
  const std::size_t have = value.nothing() ? assign.targets.size() : several ? several->size() : 1;
  if (have < assign.targets.size())
    value = fail(span, fmt::format("{} names on the left, but the right side has {} value{}",
                                   assign.targets.size(), have, have == 1 ? "" : "s"));
  else if (several != nullptr)
    name_results(assign, *several, before);
  for (std::size_t i = 0; i < assign.targets.size(); ++i)
    bind(assign.targets[i], value.nothing() ? Thing() : (*value.as<Things>())[i]);
}

// All nodes of the call are placed under the first name. What the call was given and hands on, from
// before it, keeps its own.
void Evaluator::name_results(const syntax::Assign& assign, const Things& results, NodeId before) {
  const std::string path = builder().path().str();
  for (std::size_t i = assign.targets.size(); i-- > 0;) {
    const Value* value = results[i].as<Value>();
    const std::string& name = assign.targets[i].name.text;
    if (value != nullptr && value->id >= before)
      graph().name_result(value->id, path.empty() ? name : path + "." + name);
  }
}

void Evaluator::bind(const syntax::Target& target, Thing thing) {
  const std::string& name = target.name.text;
  for (auto l = loops_.rbegin(); l != loops_.rend(); ++l)
    if ((*l)->defines(name)) {
      if (target.index)
        (*l)->define(target, thing);
      else
        fail(target.span, fmt::format("{0} is defined step by step in this block, as {0}[{1}]: "
                                      "another value needs another name",
                                      name, (*l)->variable()));
      return;
    }
  thing.defined = target.name.span;
  scope()[name] = std::move(thing);
}

// At each step of a `for` the same statement declares the same parameter.
void Evaluator::require_new_parameter(const syntax::Identifier& id) {
  const auto [first, is_new] =
      parameter_spans_.try_emplace(builder().path().str() + "." + id.text, id.span);
  if (!is_new && !(first->second == id.span))
    throw Error(fmt::format("the parameter '{}' is declared twice", id.text), {},
                {{"the first is here", place(first->second)}});
}

void Evaluator::declare(const syntax::Param& param) {
  const int errors = errors_;
  std::vector<Dim> dims;
  for (const syntax::Expression& e : param.shape) dims.push_back(dimension(e));
  Initialiser start = init::Glorot();
  if (param.initialiser) {
    const Thing thing = evaluate(*param.initialiser);
    try {
      if (!thing.nothing()) start = initialiser(thing, dims);
    } catch (const Error& e) {
      fail(param.initialiser->span, e.message, e.notes);
    }
  }
  for (const syntax::Identifier& id : param.names) {
    Thing made;
    made.defined = id.span;
    graph().current.site.name = id.text;
    try {
      require_new_parameter(id);
      if (errors_ == errors) made.is = builder().parameter(id.text, dims, start, param.frozen);
    } catch (const Error& e) {
      fail(id.span, e.message, e.notes);
    }
    scope()[id.text] = made;
  }
}

void Evaluator::declare_layer(const syntax::Layer& layer) {
  const auto& call = std::get<syntax::Call>(layer.call.node);
  const std::string target = target_of(call);
  const int errors = errors_;
  Thing made;
  if (!is_known(target)) no_such_function(call.callee);
  BoundLayer bound{target, builder().reserve(layer.name.text), arguments_of(call, target)};
  if (is_known(target) && errors_ == errors) {
    // One name for each declaration: a definition may declare layers each time it is called.
    const std::string key = fmt::format("{}#{}", layer.name.text, bound.path.str());
    layers_[key] = std::move(bound);
    made.is = Callable{key};
  }
  made.defined = layer.name.span;
  scope()[layer.name.text] = made;
}

void Evaluator::repeat(const syntax::Repeat& repeat) {
  const auto count = number(repeat.count, "the number of turns");
  if (!count) return give_up(repeat.body);
  if (*count < 0 || *count != std::floor(*count) || *count > 10000) {
    fail(repeat.count.span,
         fmt::format("the number of turns must be a whole number from 0 to 10000, it is {}",
                     *count));
    return give_up(repeat.body);
  }
  const int errors = errors_;
  for (int i = 1; i <= *count && !returned_ && !gave_up_ && errors_ == errors; ++i) {
    // Layers of their own, named as the library's stacks name theirs.
    std::optional<LayerScope> turn;
    if (*count > 1) turn.emplace(builder(), fmt::format("layer_{}", i));
    evaluate(repeat.body);
  }
}

void Evaluator::choose(const syntax::If& choice) {
  if (const auto truth = condition(choice.condition)) {
    evaluate(*truth ? choice.then : choice.otherwise);
    return;
  }
  give_up(choice.then);
  give_up(choice.otherwise);
}

// Names that a block would have bound, so that later uses of them are silent.
void Evaluator::give_up(const syntax::Block& block) {
  syntax::for_each_binding(block, [&](const syntax::Identifier& id) {
    scope()[id.text] = {Nothing(), id.span};
  });
}

BuiltModel build_model(const Program& program, const BuildOptions& options,
                       Diagnostics& diagnostics) {
  BuiltModel built = Evaluator(program, options, diagnostics).run();
  if (diagnostics.empty()) verify_if_debug(built.model.graph);
  return built;
}

}  // namespace unfold
