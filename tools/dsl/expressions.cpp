// The evaluator's expressions: names, arithmetic, literals.

#include <fmt/format.h>

#include <cmath>

#include "graph/graph.h"
#include "tools/dsl/constants.h"
#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
#include "tools/dsl/labels.h"
#include "tools/dsl/loop.h"

namespace unfold {

Thing Evaluator::fail(Span span, std::string message, std::vector<Note> notes) {
  ++errors_;
  if (silent_ == 0 && !gave_up_)
    diagnostics_.add(Error(std::move(message), place(span), std::move(notes)));
  return {};
}

Thing Evaluator::evaluate(const syntax::Expression& e) {
  struct Visit {
    Evaluator& e;
    Span span;
    Thing operator()(const syntax::Number& n) { return {Number{n.value}, span}; }
    Thing operator()(const syntax::String& s) { return {s.value, span}; }
    Thing operator()(const syntax::Bool& b) { return {b.value, span}; }
    Thing operator()(const syntax::Name& n) { return e.name(n.text, span); }
    Thing operator()(const syntax::List& l) { return e.list(l.items, span); }
    Thing operator()(const syntax::Tuple& t) { return e.list(t.items, span); }
    Thing operator()(const syntax::Unary& u) { return e.unary(u, span); }
    Thing operator()(const syntax::Binary& b) { return e.binary(b, span); }
    Thing operator()(const syntax::Call& c) { return e.call(c, span); }
    Thing operator()(const syntax::Index& i) { return e.index(i, span); }
  };
  // Only an outermost call takes the name that the statement gives.
  if (!std::holds_alternative<syntax::Call>(e.node)) next_name_ = {};
  return std::visit(Visit{*this, e.span}, e.node);
}

// Of a call with several results, the first.
Thing Evaluator::evaluate_one(const syntax::Expression& e) {
  Thing thing = evaluate(e);
  const auto* several = thing.as<Things>();
  if (several == nullptr || several->empty() || !std::holds_alternative<syntax::Call>(e.node))
    return thing;
  return Thing(several->front());
}

// A metric is a label of its own: its name stands for it only where the model has none of that
// name.
Thing* Evaluator::find(const std::string& name) {
  auto& frame = frames_.back();
  for (auto scope = frame.rbegin(); scope != frame.rend(); ++scope)
    if (const auto found = scope->find(name); found != scope->end()) return &found->second;
  if (const auto global = frames_[0][0].find(name); global != frames_[0][0].end())
    return &global->second;
  const auto metric = in_definition() ? metrics_.end() : metrics_.find(name);
  return metric == metrics_.end() ? nullptr : &metric->second;
}

std::vector<std::string> Evaluator::visible_names() const {
  std::vector<std::string> names;
  for (const auto& scope : frames_.back())
    for (const auto& [name, thing] : scope) names.push_back(name);
  for (const auto& [name, thing] : frames_[0][0]) names.push_back(name);
  if (!in_definition())
    for (const auto& [name, thing] : metrics_) names.push_back(name);
  return names;
}

Thing Evaluator::name(const std::string& name, Span span) {
  for (auto loop = loops_.rbegin(); loop != loops_.rend(); ++loop)
    if ((*loop)->defines(name))
      return fail(span, fmt::format("{0} is defined step by step in this block: write {0}[{1}] for "
                                    "this step's value or {0}[{1}-1] for the one before",
                                    name, (*loop)->variable()));
  if (const Thing* found = find(name)) {
    for (const Loop* loop : loops_)
      if (timesteps_ == 0 && loop->variable() == name && loop->hides_number())
        return fail(span, fmt::format("the number of a step is not known here: {}",
                                      seen_in_pieces(graph())));
    Thing out = *found;
    if (auto* n = std::get_if<Number>(&out.is); n != nullptr && n->label.empty()) n->label = name;
    return out;
  }
  if (is_known(name)) return {Callable{name}, span};
  if (name == "none") return {None(), span};
  if (const auto start = plain_initialiser(name)) return {start, span};
  std::vector<std::string> names = visible_names();
  for (const InitialiserInfo& i : initialisers()) {
    if (i.name == name)
      return fail(span, fmt::format("the initialiser {} needs arguments: {}", name, i.written));
    names.push_back(i.name);
  }
  auto near = nearest(name, names);
  if (!near) near = nearest(name, callable_names());
  return fail(span, fmt::format("'{}' is not defined{}", name,
                                near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

Value Evaluator::value_of(const Thing& thing) {
  if (const auto* v = thing.as<Value>()) return *v;
  if (const auto* n = thing.as<Number>()) return fill(graph(), n->value, real_type({}));
  if (const auto* b = thing.as<bool>()) return fill(graph(), *b ? 1.0 : 0.0, real_type({}));
  if (const auto* f = thing.as<FieldRef>()) return field_value(f->index, false);
  if (thing.as<SourceRef>() != nullptr)
    throw Error("a data source is no value; a field of it is (words(…), input(…), …)");
  if (thing.as<Callable>() != nullptr)
    throw Error("a layer or function is no value: call it with (…)");
  if (thing.as<std::string>() != nullptr) throw Error("a string is no value of the graph");
  if (thing.as<None>() != nullptr) throw Error("`none` is no value: it leaves an argument out");
  if (thing.as<std::shared_ptr<const Initialiser>>() != nullptr)
    throw Error("an initialiser is no value: a `param` starts from it");
  if (const auto numbers = literal_tensor(thing)) {
    std::vector<Dim> dims;
    for (const std::int64_t size : numbers->dims()) dims.push_back(plain(size));
    return constant(built_.model.graph, *numbers, dims);
  }
  throw Error("one value is needed here, not several");
}

Value Evaluator::field_value(std::size_t field, bool next) {
  Value& known = fields_[{field, next}];
  if (known) return known;
  const data::FieldSpec& spec = program_.data().fields[field];
  const data::FieldType& type = spec.type;
  Type shape{{}, true, type.is_ids() ? Kind::index : Kind::real, true};
  if (type.has_time()) {
    const auto given = options_.steps.find(type.axis);
    Dim dim = plain(given != options_.steps.end() ? given->second : options_.default_steps);
    if (type.steps > 0 && given == options_.steps.end()) dim.size = type.steps;
    dim.axis = type.axis;
    dim.ragged = !type.full;
    shape.dims.push_back(dim);
  }
  if (type.width > 0) shape.dims.push_back(plain(type.width, type.size_name));
  Place where = graph().current;
  where.step = no_step;
  where.site.path = {};
  where.site.name = spec.name;
  const PlaceScope scope(graph(), where);
  return known = input(graph(), next ? "next(" + spec.name + ")" : spec.name, shape);
}

Note Evaluator::note_of(const syntax::Expression& e, const Thing& thing, const std::string& role) {
  const bool named =
      std::holds_alternative<syntax::Name>(e.node) && find(std::get<syntax::Name>(e.node).text);
  std::string what = "no value";
  if (const auto* v = thing.as<Value>()) what = describe(v->type());
  if (const auto* f = thing.as<FieldRef>()) what = describe(field_value(f->index, false).type());
  if (const auto* n = thing.as<Number>()) what = fmt::format("{}", n->value);
  if (thing.as<None>() != nullptr) what = "`none`";
  if (thing.as<bool>() != nullptr) what = "true or false";
  if (thing.as<std::string>() != nullptr) what = "a string";
  if (thing.as<Things>() != nullptr) what = "a list";
  if (thing.as<SourceRef>() != nullptr) what = "a data source";
  if (thing.as<Callable>() != nullptr) what = "a layer or function";
  if (thing.as<std::shared_ptr<const Initialiser>>() != nullptr) what = "an initialiser";
  return {fmt::format("{} is {}{}", role, what, named ? ", defined here" : ""),
          place(named ? thing.defined : e.span)};
}

Thing Evaluator::unary(const syntax::Unary& e, Span span) {
  const Thing operand = evaluate_one(*e.operand);
  if (operand.nothing()) return {};
  if (e.op == syntax::UnaryOp::logical_not) {
    if (const auto* b = operand.as<bool>()) return {!*b, span};
    return fail(span, "`not` takes true or false");
  }
  if (const auto* n = operand.as<Number>()) return {Number{-n->value}, span};
  try {
    return {-value_of(operand), span};
  } catch (const Error& error) {
    return fail(span, error.message, {note_of(*e.operand, operand, "the operand")});
  }
}

namespace {

Value operate(syntax::BinaryOp op, Value a, Value b) {
  using syntax::BinaryOp;
  switch (op) {
    case BinaryOp::add: return a + b;
    case BinaryOp::subtract: return a - b;
    case BinaryOp::multiply: return a * b;
    case BinaryOp::divide: return a / b;
    case BinaryOp::power: return pow(a, b);
    case BinaryOp::matmul: return matmul(a, b);
    case BinaryOp::equal: return equal(a, b);
    case BinaryOp::not_equal: return not_equal(a, b);
    case BinaryOp::less: return less(a, b);
    case BinaryOp::less_equal: return less_equal(a, b);
    case BinaryOp::greater: return greater(a, b);
    case BinaryOp::greater_equal: return greater_equal(a, b);
    case BinaryOp::floor_divide:
    case BinaryOp::remainder:
      throw Error("// and % are for plain numbers, not for values of a graph");
    case BinaryOp::logical_and:
    case BinaryOp::logical_or:
      throw Error(
          "`and` and `or` choose while the graph is built: they take true and false, never data");
  }
  return {};
}

}  // namespace

Thing Evaluator::binary(const syntax::Binary& e, Span span) {
  const Thing left = evaluate_one(*e.left), right = evaluate_one(*e.right);
  if (left.nothing() || right.nothing()) return {};
  const bool plain_left = left.as<Number>() || left.as<bool>() || left.as<std::string>();
  const bool plain_right = right.as<Number>() || right.as<bool>() || right.as<std::string>();
  if (plain_left && plain_right) return constants(e, left, right, span);
  try {
    return {operate(e.op, value_of(left), value_of(right)), span};
  } catch (const Error& error) {
    return fail(span, error.message,
                {note_of(*e.left, left, "left"), note_of(*e.right, right, "right")});
  }
}

// What is known while the graph is built: numbers, booleans, strings.
Thing Evaluator::constants(const syntax::Binary& e, const Thing& left, const Thing& right,
                           Span span) {
  const auto plain_value = [](const Thing& thing) -> Constant {
    if (const auto* n = thing.as<Number>()) return n->value;
    if (const auto* b = thing.as<bool>()) return *b;
    return *thing.as<std::string>();
  };
  try {
    const Constant result = combine(e.op, plain_value(left), plain_value(right));
    if (const auto* truth = std::get_if<bool>(&result)) return {*truth, span};
    if (const auto* text = std::get_if<std::string>(&result)) return {*text, span};
    Number number{std::get<double>(result)};
    number.label = joined_label(*left.as<Number>(), e.op, *right.as<Number>());
    return {number, span};
  } catch (const Error& error) {
    return fail(span, error.message);
  }
}

std::optional<double> Evaluator::number(const syntax::Expression& e, const char* what) {
  const Thing thing = evaluate(e);
  if (const auto* n = thing.as<Number>()) return n->value;
  if (!thing.nothing())
    fail(e.span, fmt::format("{} must be a plain number, known while the graph is built", what));
  return std::nullopt;
}

std::optional<double> Evaluator::timestep(const syntax::Expression& e) {
  ++timesteps_;
  const auto step = number(e, "a timestep");
  --timesteps_;
  return step;
}

std::optional<bool> Evaluator::condition(const syntax::Expression& e) {
  const Thing thing = evaluate(e);
  if (const auto* b = thing.as<bool>()) return *b;
  if (!thing.nothing())
    fail(e.span,
         "`if` chooses while the graph is built: it takes true or false, made of plain "
         "numbers, strings and booleans, never of data (where(c, a, b) does that)");
  return std::nullopt;
}

Thing Evaluator::list(const std::vector<syntax::Expression>& written, Span span) {
  Things items;
  for (const auto& item : written) {
    items.push_back(evaluate_one(item));
    if (items.back().nothing()) return {};
  }
  return {std::move(items), span};
}

}  // namespace unfold
