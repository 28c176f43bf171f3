// The evaluator's expressions: names, arithmetic, indices, literals.

#include <fmt/format.h>

#include <cmath>

#include "tools/dsl/constants.h"
#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
#include "tools/dsl/loop.h"
#include "tools/dsl/print_expression.h"

namespace unfold {

Thing Evaluator::fail(Span span, std::string message, std::vector<Note> notes) {
  ++errors_;
  if (silent_ == 0) diagnostics_.add(Error(std::move(message), place(span), std::move(notes)));
  return {};
}

Thing Evaluator::evaluate(const syntax::Expression& e) {
  Thing out;
  if (const auto* n = std::get_if<syntax::Number>(&e.node)) out.is = Number{n->value, {}, {}};
  if (const auto* s = std::get_if<syntax::String>(&e.node)) out.is = s->value;
  if (const auto* b = std::get_if<syntax::Bool>(&e.node)) out.is = b->value;
  if (const auto* n = std::get_if<syntax::Name>(&e.node)) return name(n->text, e.span);
  if (const auto* l = std::get_if<syntax::List>(&e.node)) out = literal(*l, e.span);
  if (const auto* c = std::get_if<syntax::Call>(&e.node)) out = call(*c, e.span);
  // Only the outermost call takes the name that the statement gives.
  next_name_ = {};
  if (const auto* t = std::get_if<syntax::Tuple>(&e.node)) {
    Things items;
    for (const auto& item : t->items) items.push_back(evaluate(item));
    out.is = std::move(items);
  }
  if (const auto* u = std::get_if<syntax::Unary>(&e.node)) out = unary(*u, e.span);
  if (const auto* b = std::get_if<syntax::Binary>(&e.node)) out = binary(*b, e.span);
  if (const auto* i = std::get_if<syntax::Index>(&e.node)) out = index(*i, e.span);
  out.defined = e.span;
  return out;
}

Thing* Evaluator::find(const std::string& name) {
  auto& frame = frames_.back();
  for (auto scope = frame.rbegin(); scope != frame.rend(); ++scope)
    if (const auto found = scope->find(name); found != scope->end()) return &found->second;
  const auto global = frames_[0][0].find(name);
  return global == frames_[0][0].end() ? nullptr : &global->second;
}

std::vector<std::string> Evaluator::visible_names() const {
  std::vector<std::string> names;
  for (const auto& scope : frames_.back())
    for (const auto& [name, thing] : scope) names.push_back(name);
  for (const auto& [name, thing] : frames_[0][0]) names.push_back(name);
  return names;
}

Thing Evaluator::name(const std::string& name, Span span) {
  if (const Thing* found = find(name)) {
    Thing out = *found;
    if (auto* n = std::get_if<Number>(&out.is); n != nullptr && n->label.empty()) n->label = name;
    return out;
  }
  for (const Loop* loop : loops_)
    if (loop->defines(name))
      return fail(span, fmt::format("{0} is defined step by step in this block: write {0}[{1}] for "
                                    "this step's value or {0}[{1}-1] for the one before",
                                    name, loop->variable()));
  if (program_.defs().contains(name) || find_layer(name) != nullptr ||
      find_function(name) != nullptr)
    return {Callable{name}, span};
  const auto near = nearest(name, visible_names());
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
  if (thing.as<Things>() != nullptr) throw Error("one value is needed here, not several");
  throw Error("a value is needed here");
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

Note Evaluator::note_of(const syntax::Expression& e, const Thing& thing, const char* role) {
  const bool named = std::holds_alternative<syntax::Name>(e.node);
  std::string what;
  if (const auto* v = thing.as<Value>()) what = describe(v->type());
  if (const auto* f = thing.as<FieldRef>()) what = describe(field_value(f->index, false).type());
  if (const auto* n = thing.as<Number>()) what = fmt::format("{}", n->value);
  return {fmt::format("{} is {}{}", role, what, named ? ", defined here" : ""),
          place(named ? thing.defined : e.span)};
}

Thing Evaluator::unary(const syntax::Unary& e, Span span) {
  const Thing operand = evaluate(*e.operand);
  if (operand.nothing()) return {};
  if (e.op == syntax::UnaryOp::logical_not) {
    if (const auto* b = operand.as<bool>()) return {!*b, span};
    return fail(span, "`not` takes true or false");
  }
  if (const auto* n = operand.as<Number>()) return {Number{-n->value, {}, {}}, span};
  try {
    return {-value_of(operand), span};
  } catch (const Error& error) {
    return fail(span, error.message, {note_of(*e.operand, operand, "the operand")});
  }
}

namespace {

Value apply(syntax::BinaryOp op, Value a, Value b) {
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
    case BinaryOp::remainder: throw Error("// and % are for plain numbers, not for values of a graph");
    case BinaryOp::logical_and:
    case BinaryOp::logical_or:
      throw Error("`and` and `or` choose while the graph is built: they take true and false, never data");
  }
  return {};
}

std::string label_of(const Number& n) {
  return n.label.empty() ? fmt::format("{}", n.value) : n.label.str();
}

}  // namespace

Thing Evaluator::binary(const syntax::Binary& e, Span span) {
  const Thing left = evaluate(*e.left), right = evaluate(*e.right);
  if (left.nothing() || right.nothing()) return {};
  const auto *a = left.as<Number>(), *b = right.as<Number>();
  if (a != nullptr && b != nullptr) {
    const auto folded = fold(e.op, a->value, b->value);
    if (!folded) return fail(span, "plain numbers cannot be combined like this");
    if (const auto* truth = std::get_if<bool>(&*folded)) return {*truth, span};
    const bool named = !a->label.empty() || !b->label.empty();
    const std::string_view symbol = program_.sources().text(e.op_span);
    return {Number{std::get<double>(*folded),
                   named ? Symbol(fmt::format("{} {} {}", label_of(*a), symbol, label_of(*b)))
                         : Symbol(),
                   {}},
            span};
  }
  const bool constants = (left.as<bool>() && right.as<bool>()) ||
                         (left.as<std::string>() && right.as<std::string>());
  if (constants) {
    const auto same = left.as<bool>() ? *left.as<bool>() == *right.as<bool>()
                                      : *left.as<std::string>() == *right.as<std::string>();
    if (e.op == syntax::BinaryOp::equal) return {same, span};
    if (e.op == syntax::BinaryOp::not_equal) return {!same, span};
    if (left.as<bool>() && e.op == syntax::BinaryOp::logical_and)
      return {*left.as<bool>() && *right.as<bool>(), span};
    if (left.as<bool>() && e.op == syntax::BinaryOp::logical_or)
      return {*left.as<bool>() || *right.as<bool>(), span};
    return fail(span, "strings and booleans only compare with == and !=");
  }
  try {
    return {apply(e.op, value_of(left), value_of(right)), span};
  } catch (const Error& error) {
    return fail(span, error.message,
                {note_of(*e.left, left, "left"), note_of(*e.right, right, "right")});
  }
}

std::optional<double> Evaluator::number(const syntax::Expression& e, const char* what) {
  const Thing thing = evaluate(e);
  if (const auto* n = thing.as<Number>()) return n->value;
  if (!thing.nothing())
    fail(e.span, fmt::format("{} must be a plain number, known while the graph is built", what));
  return std::nullopt;
}

std::optional<bool> Evaluator::condition(const syntax::Expression& e) {
  const Thing thing = evaluate(e);
  if (const auto* b = thing.as<bool>()) return *b;
  if (!thing.nothing())
    fail(e.span, "`if` chooses while the graph is built: it takes true or false, made of plain "
                 "numbers, strings and booleans, never of data (where(c, a, b) does that)");
  return std::nullopt;
}

Thing Evaluator::literal(const syntax::List& list, Span span) {
  Things items;
  for (const auto& item : list.items) {
    items.push_back(evaluate(item));
    if (items.back().nothing()) return {};
  }
  return {std::move(items), span};
}

Thing Evaluator::index(const syntax::Index& e, Span span) {
  const auto* base_name = std::get_if<syntax::Name>(&e.base->node);
  // The first index may be a timestep of a recurrence that is being unrolled.
  for (auto l = loops_.rbegin(); l != loops_.rend(); ++l) {
    Loop& loop = **l;
    const auto& first = e.items.front();
    if (first.kind != syntax::IndexItem::Kind::at || !loop.mentions_step(*first.begin)) continue;
    const auto step = number(*first.begin, "a timestep");
    if (!step) return {};
    const int offset = static_cast<int>(*step - static_cast<double>(loop.step()));
    Thing at_step;
    try {
      if (base_name != nullptr && find(base_name->text) == nullptr && loop.defines(base_name->text)) {
        at_step = loop.state(base_name->text, offset, span);
      } else {
        const Thing base = evaluate(*e.base);
        if (base.nothing()) return {};
        at_step = loop.at(value_of(base), offset, span);
      }
      if (e.items.size() == 1 || at_step.nothing()) return at_step;
      return index_value(e, value_of(at_step), 1, span);
    } catch (const Error& error) {
      return fail(span, error.message, error.notes);
    }
  }
  const Thing base = evaluate(*e.base);
  if (base.nothing()) return {};
  try {
    return index_value(e, value_of(base), 0, span);
  } catch (const Error& error) {
    return fail(span, error.message, {note_of(*e.base, base, "the value")});
  }
}

// Applies the indices from `first` on to the dimensions of `base`.
Thing Evaluator::index_value(const syntax::Index& e, Value base, std::size_t first, Span span) {
  using Item = syntax::IndexItem::Kind;
  int dim = 0;
  const auto written = static_cast<std::int64_t>(e.items.size() - first);
  for (std::size_t i = first; i < e.items.size(); ++i) {
    const syntax::IndexItem& item = e.items[i];
    const std::int64_t rank = base.type().rank();
    if (item.kind == Item::rest) {
      const auto after = static_cast<std::int64_t>(e.items.size() - i - 1);
      dim = static_cast<int>(rank - after);
      if (dim < 0) break;
      continue;
    }
    if (base.type().known && dim >= rank)
      throw Error(fmt::format("{} indices for {}", written, describe(base.type())));
    if (!base.type().known) return {base, span};
    const std::int64_t size = base.type().dims[static_cast<std::size_t>(dim)].size;
    const auto bound = [&](const syntax::Child& c,
                           std::int64_t standard) -> std::optional<std::int64_t> {
      if (!c) return standard;
      const auto n = number(*c, "an index");
      if (!n) return std::nullopt;
      if (*n != std::floor(*n)) throw Error(fmt::format("an index must be whole, this is {}", *n));
      return static_cast<std::int64_t>(*n < 0 ? *n + static_cast<double>(size) : *n);
    };
    const auto begin = bound(item.begin, 0), end = bound(item.end, size);
    if (!begin || !end) return {};
    base = item.kind == Item::at ? at(base, *begin, dim) : slice(base, dim, *begin, *end);
    if (item.kind == Item::slice) ++dim;
  }
  return {base, span};
}

}  // namespace unfold
