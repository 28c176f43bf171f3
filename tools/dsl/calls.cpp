// The evaluator's calls: functions, layers, definitions, and initialisers.

#include <fmt/format.h>

#include <cmath>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
#include "tools/dsl/loop.h"
#include "tools/dsl/load.h"
#include "tools/dsl/print_expression.h"

namespace unfold {

namespace {

constexpr int deepest_call = 200;

// Names that may follow `=` without being values: `over = time`, `reduce = sum`.
bool is_symbolic(const std::vector<FormalArgument>& formals, const std::string& name) {
  for (const FormalArgument& f : formals)
    if (f.name == name) return f.kind == FormalArgument::Kind::symbolic;
  return false;
}

const std::vector<FormalArgument>* formals_of(const std::string& name) {
  if (const Function* f = find_function(name)) return &f->formals;
  if (const Layer* l = find_layer(name)) return &l->formals;
  return nullptr;
}

}  // namespace

Arguments Evaluator::arguments_of(const syntax::Call& call, Span span) {
  const auto* formals = formals_of(call.callee.text);
  std::vector<GivenArgument> given;
  for (const syntax::Argument& a : call.arguments) {
    if (a.kind == syntax::Argument::Kind::pair) {
      fail(a.span, "`key: value` belongs in rows(…), the initialiser of a parameter by rows");
      continue;
    }
    GivenArgument g{a.name.text, a.value.get(), {}};
    if (formals == nullptr || !is_symbolic(*formals, a.name.text)) {
      next_name_ = {};
      g.thing = evaluate(*a.value);
    }
    given.push_back(std::move(g));
  }
  static_cast<void>(span);
  return Arguments(call.callee.text, std::move(given));
}

Thing Evaluator::call(const syntax::Call& call, Span span) {
  const std::string& name = call.callee.text;
  const Symbol assigned = next_name_;
  const Thing* bound = find(name);
  const bool callable = bound != nullptr && bound->as<Callable>() != nullptr;
  const std::string target = callable ? bound->as<Callable>()->name : name;
  const auto defined = program_.defs().find(target);
  const bool known = layers_.contains(target) || defined != program_.defs().end() ||
                     find_function(target) != nullptr || find_layer(target) != nullptr;
  Arguments arguments = arguments_of(call, span);
  if (!known) {
    if (bound != nullptr && bound->nothing()) return {};
    std::vector<std::string> names;
    for (const auto& [def, syntax] : program_.defs()) names.push_back(def);
    for (const Function& f : functions()) names.push_back(f.name);
    for (const Layer& l : library_layers()) names.push_back(l.name);
    const auto near = nearest(name, names);
    return fail(call.callee.span,
                fmt::format("there is no layer or function '{}'{}", name,
                            near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
  Things positional;
  std::map<std::string, Thing> named;
  for (const GivenArgument& g : arguments.given()) {
    const bool symbolic = g.written != nullptr && formals_of(target) != nullptr &&
                          is_symbolic(*formals_of(target), g.name);
    if (g.thing.nothing() && !symbolic) return {};
  }
  const Span outer = call_span_;
  call_span_ = span;
  next_name_ = assigned;
  Thing result;
  if (callable && layers_.contains(target)) {
    for (const GivenArgument& g : arguments.given())
      g.name.empty() ? positional.push_back(g.thing) : void(named[g.name] = g.thing);
    const BoundLayer bound_layer = layers_.at(target);
    for (const Thing& t : bound_layer.positional) positional.push_back(t);
    for (const auto& [key, thing] : bound_layer.named) named.insert({key, thing});
    const auto& inner = std::get<syntax::Call>(bound_layer.syntax->call.node);
    builder().share_next_layer(bound_layer.path);
    result = call_by_name(inner.callee.text, call, span, std::move(positional), named);
  } else {
    result = invoke(target, std::move(arguments), call, span);
  }
  call_span_ = outer;
  next_name_ = {};
  builder().name_next_layer({});
  builder().share_next_layer({});
  result.defined = span;
  return result;
}

Thing Evaluator::call_by_name(const std::string& name, const syntax::Call& site, Span span,
                              Things positional, const std::map<std::string, Thing>& named) {
  std::vector<GivenArgument> given;
  for (Thing& t : positional) given.push_back({"", nullptr, std::move(t)});
  for (const auto& [key, thing] : named) given.push_back({key, nullptr, thing});
  return invoke(name, Arguments(name, std::move(given)), site, span);
}

Thing Evaluator::invoke(const std::string& name, Arguments arguments, const syntax::Call& site,
                        Span span) {
  try {
    if (const auto def = program_.defs().find(name); def != program_.defs().end())
      return call_definition(*def->second, arguments, span);
    if (const Layer* layer = find_layer(name)) {
      arguments.match(layer->formals);
      if (!next_name_.empty()) builder().name_next_layer(next_name_);
      Things results = layer->apply(*this, arguments);
      return results.size() == 1 ? results.front() : Thing{std::move(results), span};
    }
    if (const Function* function = find_function(name)) {
      if (!function->variadic) arguments.match(function->formals);
      return function->apply(*this, arguments);
    }
    return fail(span, fmt::format("there is no layer or function '{}'", name));
  } catch (const Error& error) {
    std::vector<Note> notes = error.notes;
    for (const syntax::Argument& a : site.arguments) {
      if (a.kind == syntax::Argument::Kind::pair) continue;
      const Thing* t = nullptr;
      for (const GivenArgument& g : arguments.given())
        if (g.written == a.value.get()) t = &g.thing;
      if (t != nullptr && (t->as<Value>() != nullptr || t->as<FieldRef>() != nullptr))
        notes.push_back(note_of(*a.value, *t, program_.sources().text(a.value->span).size() < 40
                                                  ? std::string(program_.sources().text(a.value->span)).c_str()
                                                  : "this operand"));
    }
    return fail(span, error.message, std::move(notes));
  }
}

Thing Evaluator::call_definition(const syntax::Def& def, Arguments& arguments, Span span) {
  if (++depth_ > deepest_call) {
    --depth_;
    return fail(span, fmt::format("'{}' calls itself too deeply", def.name.text));
  }
  std::vector<FormalArgument> formals;
  for (const syntax::Formal& f : def.formals)
    formals.push_back({f.name.text, FormalArgument::Kind::value, f.default_value.has_value(), {}});
  Scope scope;
  try {
    arguments.match(formals);
  } catch (...) {
    --depth_;
    throw;
  }
  frames_.push_back({Scope()});
  for (const syntax::Formal& f : def.formals) {
    // Defaults may name the arguments before them.
    Thing thing = arguments.has(f.name.text) ? arguments.get(f.name.text).thing
                                             : evaluate(*f.default_value);
    // Sizes keep the caller's name for them; a bare number takes the argument's.
    frames_.back().back()[f.name.text] = std::move(thing);
  }
  const auto outer_return = std::exchange(returned_, std::nullopt);
  const Symbol name = std::exchange(next_name_, Symbol());
  {
    if (!name.empty()) builder().name_next_layer(name);
    const LayerScope path(builder(), def.name.text);
    const auto outer_loops = std::exchange(loops_, {});
    evaluate(def.body);
    loops_ = outer_loops;
  }
  const auto results = std::exchange(returned_, outer_return);
  frames_.pop_back();
  --depth_;
  if (!results) return fail(span, fmt::format("'{}' returns nothing: its definition has no `return`", def.name.text));
  return results->size() == 1 ? results->front() : Thing{*results, span};
}

Dim Evaluator::dimension(const syntax::Expression& e) {
  const Thing thing = evaluate(e);
  if (thing.nothing()) return plain(Dim::unknown);
  const auto* n = thing.as<Number>();
  if (n == nullptr) {
    fail(e.span, "a size must be a whole number, known while the graph is built");
    return plain(Dim::unknown);
  }
  try {
    return to_dim(*n, "a size");
  } catch (const Error& error) {
    fail(e.span, error.message);
    return plain(Dim::unknown);
  }
}

namespace {

// Numbers of a nested literal in order; false if it is not rectangular or not of numbers.
bool flatten(const Thing& thing, std::size_t depth, Dims& dims, std::vector<double>& values) {
  if (const auto* n = thing.as<Number>()) {
    values.push_back(n->value);
    return depth == dims.size();
  }
  const auto* items = thing.as<Things>();
  if (items == nullptr || items->empty()) return false;
  const auto size = static_cast<std::int64_t>(items->size());
  if (depth == dims.size()) {
    if (!values.empty()) return false;
    dims.push_back(size);
  }
  if (dims[depth] != size) return false;
  for (const Thing& item : *items)
    if (!flatten(item, depth + 1, dims, values)) return false;
  return true;
}

}  // namespace

std::optional<Tensor> literal_tensor(const Thing& thing) {
  Dims dims;
  std::vector<double> values;
  if (!flatten(thing, 0, dims, values)) return std::nullopt;
  return Tensor::of(dims, values);
}

Initialiser Evaluator::initialiser(const syntax::Expression& e, const std::vector<Dim>& shape) {
  const auto* name = std::get_if<syntax::Name>(&e.node);
  const auto* call = std::get_if<syntax::Call>(&e.node);
  const std::string word = name != nullptr ? name->text : call != nullptr ? call->callee.text : "";
  std::vector<double> numbers;
  if (call != nullptr && word != "rows" && word != "load")
    for (const syntax::Argument& a : call->arguments) {
      const auto n = number(*a.value, "an argument of an initialiser");
      if (!n) return init::Zeros();
      numbers.push_back(*n);
    }
  const auto takes = [&](std::size_t least, std::size_t most) {
    if (numbers.size() >= least && numbers.size() <= most) return;
    throw Error(fmt::format("the initialiser {} takes {} number{}", word, most, most == 1 ? "" : "s"),
                place(e.span));
  };
  if (word == "zeros") return takes(0, 0), init::Zeros();
  if (word == "ones") return takes(0, 0), init::Ones();
  if (word == "glorot") return takes(0, 0), init::Glorot();
  if (word == "he") return takes(0, 0), init::He();
  if (word == "orthogonal") return takes(0, 0), init::Orthogonal();
  if (word == "constant") return takes(1, 1), init::Constant{numbers[0]};
  if (word == "normal") return takes(1, 1), init::Normal{numbers[0]};
  if (word == "uniform") return takes(2, 2), init::Uniform{numbers[0], numbers[1]};
  if (word == "identity") return takes(0, 1), init::Identity{numbers.empty() ? 1.0 : numbers[0]};
  if (word == "rows") return row_initialiser(*call, shape);
  if (word == "load" && call != nullptr) return loaded(*call, e.span);
  if (!std::holds_alternative<syntax::List>(e.node) && !std::holds_alternative<syntax::Number>(e.node)) {
    const auto near = nearest(word, {"zeros", "ones", "constant", "uniform", "normal", "glorot", "he",
                                     "orthogonal", "identity", "rows", "load"});
    throw Error(near ? fmt::format("there is no initialiser '{}'; did you mean '{}'?", word, *near)
                     : "an initialiser is needed: zeros, ones, constant(v), uniform(a, b), normal(sd), "
                       "glorot, he, orthogonal, identity(scale), rows(…), load(…) or literal numbers",
                place(e.span));
  }
  const Thing thing = evaluate(e);
  if (thing.nothing()) return init::Zeros();
  const auto values = literal_tensor(thing);
  if (!values) throw Error("literal values must be numbers in rows of equal length", place(e.span));
  return init::Literal{*values};
}

Initialiser Evaluator::loaded(const syntax::Call& call, Span span) {
  std::vector<std::string> texts;
  for (const syntax::Argument& a : call.arguments) {
    const Thing thing = evaluate(*a.value);
    if (thing.nothing()) return init::Zeros();
    const auto* text = thing.as<std::string>();
    if (text == nullptr) throw Error("load: takes the name of a file and of a tensor in it", place(a.span));
    texts.push_back(*text);
  }
  if (texts.empty() || texts.size() > 2)
    throw Error("load: takes the name of a file and of a tensor in it", place(span));
  if (!options_.initial_values) return init::Zeros();
  const auto folder = std::filesystem::path(program_.text().path).parent_path();
  try {
    return init::Literal{load_initial(folder / texts[0], texts.size() > 1 ? texts[1] : "")};
  } catch (const Error& error) {
    throw Error(error.message, place(span));
  }
}

Initialiser Evaluator::row_initialiser(const syntax::Call& call, const std::vector<Dim>& shape) {
  init::ByRows rows;
  std::int64_t total = 0;
  for (const syntax::Argument& a : call.arguments) {
    if (a.kind != syntax::Argument::Kind::pair)
      throw Error("rows(…) takes `how many: initialiser` for each block of rows", place(a.span));
    const Dim count = dimension(*a.key);
    rows.blocks.push_back({count.size, initialiser(*a.value, {})});
    total += count.size;
  }
  if (!shape.empty() && shape[0].size != Dim::unknown && total != shape[0].size)
    throw Error(fmt::format("rows(…) covers {} rows, the parameter has {}", total,
                            describe(shape[0])),
                place(call.callee.span));
  return rows;
}

std::int64_t Evaluator::time_dimension(const Value& x) const {
  std::int64_t found = -1;
  const Type& type = x.type();
  std::string names;
  int count = 0;
  for (std::int64_t d = 0; d < type.rank(); ++d) {
    const Dim& dim = type.dims[static_cast<std::size_t>(d)];
    if (!dim.is_time()) continue;
    found = d;
    ++count;
    names += (names.empty() ? "" : " or ") + dim.axis.str();
  }
  if (count == 1) return found;
  throw Error(count == 0 ? fmt::format("`over = time` needs a time axis; this is {}", describe(type))
                         : fmt::format("`over = time` needs exactly one time axis to choose from; this "
                                       "is {}: say over = {}",
                                       describe(type), names));
}

}  // namespace unfold
