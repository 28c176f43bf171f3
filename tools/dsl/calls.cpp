// The evaluator's calls: functions, layers, definitions.

#include <fmt/format.h>

#include <algorithm>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
#include "tools/dsl/loop.h"

namespace unfold {

namespace {

constexpr int deepest_call = 100;

}  // namespace

bool is_symbolic(const std::vector<FormalArgument>* formals, const std::string& name) {
  if (formals == nullptr) return false;
  return std::any_of(formals->begin(), formals->end(), [&](const FormalArgument& f) {
    return f.name == name && f.kind == FormalArgument::Kind::symbolic;
  });
}

const std::vector<FormalArgument>* formals_of(const std::string& callee) {
  if (const Function* f = find_function(callee)) return &f->formals;
  if (const Layer* l = find_layer(callee)) return &l->formals;
  return nullptr;
}

// What the callee's name stands for where the call is written.
std::string Evaluator::target_of(const syntax::Call& call) {
  const Thing* bound = find(call.callee.text);
  const auto* callable = bound != nullptr ? bound->as<Callable>() : nullptr;
  return callable != nullptr ? callable->name : call.callee.text;
}

bool Evaluator::is_known(const std::string& target) const {
  return layers_.contains(target) || program_.defs().contains(target) ||
         find_function(target) != nullptr || find_layer(target) != nullptr;
}

Thing Evaluator::no_such_function(const syntax::Identifier& id) {
  if (const Thing* bound = find(id.text)) {
    if (bound->nothing()) return {};
    return fail(id.span, fmt::format("'{}' is a value here, no layer or function", id.text),
                {{"it is defined here", place(bound->defined)}});
  }
  std::vector<std::string> names = visible_names();
  std::erase_if(names, [&](const std::string& n) { return find(n)->as<Callable>() == nullptr; });
  for (const std::string& n : callable_names()) names.push_back(n);
  const auto near = nearest(id.text, names);
  return fail(id.span, fmt::format("there is no layer or function '{}'{}", id.text,
                                   near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

std::vector<std::string> Evaluator::callable_names() const {
  std::vector<std::string> names;
  for (const auto& [def, syntax] : program_.defs()) names.push_back(def);
  for (const Function& f : functions()) names.push_back(f.name);
  for (const Layer& l : library_layers()) names.push_back(l.name);
  return names;
}

// Whether an argument is a name that stands for nothing where the definition takes a string. The
// library's layers take such words, and a definition may have come from the library.
bool Evaluator::is_bare_word(const syntax::Call& call, std::size_t argument,
                             const syntax::Def& def) {
  const syntax::Argument& given = call.arguments[argument];
  const auto* word = std::get_if<syntax::Name>(&given.value->node);
  const auto is_its = [&](const syntax::Formal& f) {
    return given.name.text.empty() ? &f == def.formals.data() + argument
                                   : f.name.text == given.name.text;
  };
  const auto formal = std::find_if(def.formals.begin(), def.formals.end(), is_its);
  if (word == nullptr || formal == def.formals.end() || !formal->default_value ||
      !std::holds_alternative<syntax::String>(formal->default_value->node))
    return false;
  const bool is_step = std::any_of(loops_.begin(), loops_.end(),
                                   [&](const Loop* loop) { return loop->defines(word->text); });
  return find(word->text) == nullptr && !is_step && !is_known(word->text) &&
         !is_initialiser(word->text) && word->text != "none";
}

std::vector<GivenArgument> Evaluator::arguments_of(const syntax::Call& call,
                                                   const std::string& target) {
  std::string callee = target;
  while (layers_.contains(callee)) callee = layers_.at(callee).callee;
  const auto def = program_.defs().find(callee);
  const auto* formals = def != program_.defs().end() ? nullptr : formals_of(callee);
  std::vector<GivenArgument> given;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const syntax::Argument& a = call.arguments[i];
    if (a.kind == syntax::Argument::Kind::pair) {
      fail(a.span, "`key: value` belongs in rows(…), the initialiser of a parameter by rows");
      continue;
    }
    if (def != program_.defs().end() && is_bare_word(call, i, *def->second)) {
      const std::string_view word = program_.sources().text(a.value->span);
      fail(a.value->span,
           fmt::format("'{0}' is not defined; a definition takes a word as a string: \"{0}\"",
                       word));
      continue;
    }
    GivenArgument g{a.name.text, a.value.get(), {}, a.span, is_symbolic(formals, a.name.text)};
    next_name_ = {};
    if (!g.symbolic) g.thing = evaluate_one(*a.value);
    // A name that holds a string may be passed on.
    if (const auto* name = std::get_if<syntax::Name>(&a.value->node); name != nullptr && g.symbolic)
      if (const Thing* held = find(name->text);
          held != nullptr && held->as<std::string>() != nullptr)
        g.thing = *held;
    given.push_back(std::move(g));
  }
  return given;
}

Thing Evaluator::call(const syntax::Call& call, Span span) {
  const Symbol assigned = std::exchange(next_name_, Symbol());
  const std::string target = target_of(call);
  if (!is_known(target) && is_initialiser(target)) return initialiser_call(call, span);
  const bool known = is_known(target);
  const int errors = errors_;
  std::vector<GivenArgument> given = arguments_of(call, target);
  if (!known) return no_such_function(call.callee);
  if (gave_up_ || errors_ != errors || holds_nothing(given)) return {};
  const Span outer = std::exchange(call_span_, span);
  next_name_ = assigned;
  Thing result = call_by_name(target, std::move(given));
  call_span_ = outer;
  next_name_ = {};
  builder().name_next_layer({});
  builder().share_next_layer({});
  result.defined = span;
  return result;
}

Thing Evaluator::call_by_name(const std::string& name, std::vector<GivenArgument> given) {
  const auto bound = layers_.find(name);
  if (bound == layers_.end()) return invoke(name, std::move(given));
  // What the call says replaces what the layer's declaration said.
  const BoundLayer layer = bound->second;
  for (const GivenArgument& g : layer.given) {
    const bool replaced = std::any_of(given.begin(), given.end(), [&](const GivenArgument& other) {
      return !g.name.empty() && other.name == g.name;
    });
    if (!replaced) given.push_back(g);
  }
  builder().share_next_layer(layer.path);
  next_name_ = {};
  return call_by_name(layer.callee, std::move(given));
}

Thing Evaluator::invoke(const std::string& target, std::vector<GivenArgument> given) {
  const Span span = call_span_;
  Arguments arguments(target, given);
  try {
    return apply(target, arguments);
  } catch (const AlreadyReported&) {
    return {};
  } catch (const ArgumentError& error) {
    return fail(error.span, error.message, error.notes);
  } catch (const Error& error) {
    return reported(error, given, span);
  }
}

// An error of a function with a note for each operand.
Thing Evaluator::reported(const Error& error, const std::vector<GivenArgument>& given, Span span) {
  std::vector<Note> notes = error.notes;
  for (const GivenArgument& g : given) {
    if (g.written == nullptr ||
        (g.thing.as<Value>() == nullptr && g.thing.as<FieldRef>() == nullptr))
      continue;
    const std::string_view text = program_.sources().text(g.written->span);
    notes.push_back(note_of(*g.written, g.thing,
                            text.size() < 40 ? fmt::format("`{}`", text) : "this operand"));
  }
  return fail(span, error.message, std::move(notes));
}

Thing Evaluator::apply(const std::string& target, Arguments& arguments) {
  if (const auto def = program_.defs().find(target); def != program_.defs().end())
    return call_definition(*def->second, arguments);
  if (const Layer* layer = find_layer(target)) {
    arguments.match(layer->formals);
    if (const Symbol name = std::exchange(next_name_, Symbol()); !name.empty())
      builder().name_next_layer(name);
    Things results = layer->apply(*this, arguments);
    return results.size() == 1 ? results.front() : Thing{std::move(results), {}};
  }
  const Function& function = *find_function(target);
  next_name_ = {};
  if (!function.variadic) arguments.match(function.formals);
  return function.apply(*this, arguments);
}

Thing Evaluator::call_definition(const syntax::Def& def, Arguments& arguments) {
  const Symbol name = std::exchange(next_name_, Symbol());
  called_.insert(def.name.text);
  if (gave_up_) throw AlreadyReported();
  if (depth_ >= deepest_call) {
    give_up_all(call_span_, fmt::format("{} calls inside each other", deepest_call));
    throw AlreadyReported();
  }
  std::vector<FormalArgument> formals;
  for (const syntax::Formal& f : def.formals)
    formals.push_back(
        {f.name.text, FormalArgument::Kind::value, f.default_value.has_value(), {}, true});
  arguments.match(formals);
  const auto outer_return = std::exchange(returned_, std::nullopt);
  const auto outer_loops = std::exchange(loops_, {});
  const Span span = call_span_;
  const int errors = errors_;
  ++depth_;
  frames_.push_back({Scope()});
  {
    if (!name.empty()) builder().name_next_layer(name);
    const LayerScope path(builder(), def.name.text);
    // Defaults may name the arguments before them.
    for (const syntax::Formal& f : def.formals)
      scope()[f.name.text] = arguments.has(f.name.text) ? arguments.get(f.name.text).thing
                                                        : evaluate(*f.default_value);
    evaluate(def.body);
  }
  const auto results = std::exchange(returned_, outer_return);
  frames_.pop_back();
  --depth_;
  loops_ = outer_loops;
  call_span_ = span;
  if (!results && errors_ != errors) throw AlreadyReported();
  if (!results)
    throw Error(fmt::format("'{}' returns nothing: its definition has no `return`", def.name.text));
  return results->size() == 1 ? results->front() : Thing{*results, {}};
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
  throw Error(count == 0
                  ? fmt::format("`over = time` needs a time axis; this is {}", describe(type))
                  : fmt::format("`over = time` needs exactly one time axis to choose from; this "
                                "is {}: say over = {}",
                                describe(type), names));
}

void Evaluator::require_whole(const Dim& axis, const std::string& what) const {
  if (!axis.is_time() || !(built_.model.graph.pieces_of == axis.axis)) return;
  throw Error(fmt::format("{}: needs the whole of {}, but {}", what, axis.axis.str(),
                          seen_in_pieces(built_.model.graph)));
}

}  // namespace unfold
