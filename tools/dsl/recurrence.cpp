// `for t in x { … }`: the axis it runs over, what its names stand for at a step, and unrolling it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/dsl/loop.h"

namespace unfold {

Loop::Loop(Evaluator& evaluator, const syntax::For& syntax) : e_(evaluator), syntax_(syntax) {}

bool Loop::add_axis(const Dim& dim, Span span) {
  if (axis_.size != Dim::unknown && !(axis_.axis == dim.axis && axis_.size == dim.size)) {
    e_.fail(span, fmt::format("`for` runs over one axis: {} and {} are different", describe(axis_),
                              describe(dim)));
    return false;
  }
  const std::uint16_t trim = std::max(axis_.trim, dim.trim);  // a step is real where all say so
  axis_ = dim;
  axis_.trim = trim;
  return true;
}

// The axis that all of `for t in x, y` share, or the one that steps(n) makes.
bool Loop::find_axis() {
  constexpr double most_steps = 1e6;
  for (const syntax::Expression& over : syntax_.over) {
    const auto* call = std::get_if<syntax::Call>(&over.node);
    if (call != nullptr && call->callee.text == "steps" && call->arguments.size() == 1) {
      const auto n = e_.number(*call->arguments[0].value, "the number of steps");
      if (!n) return false;
      if (!(*n >= 1 && *n <= most_steps && *n == std::floor(*n))) {
        e_.fail(over.span,
                fmt::format("the number of steps must be a whole number from 1 to {}, it is {}",
                            most_steps, *n));
        return false;
      }
      Dim dim = plain(static_cast<std::int64_t>(*n));
      dim.axis = fmt::format("steps({})", dim.size);
      if (!add_axis(dim, over.span)) return false;
      continue;
    }
    const Thing thing = e_.evaluate_one(over);
    if (thing.nothing()) return false;
    try {
      const Type type = e_.value_of(thing).type();
      if (!type.known || type.dims.empty())
        throw Error(fmt::format("`for` runs over the first dimension of a sequence; this is {}",
                                describe(type)));
      if (!add_axis(type.dims[0], over.span)) return false;
    } catch (const Error& error) {
      e_.fail(over.span, error.message);
      return false;
    }
  }
  return true;
}

Thing Loop::state(const std::string& name, int offset, Span span) {
  State& s = states_[name];
  if (inferring_) note_distance(name, offset, span);
  if (broken_) return {};
  if (offset == 0) {
    const Value v = unroller_ != nullptr ? unroller_->current(name) : s.current;
    if (v) return {v, span};
    if (inferring_) return {input(e_.graph(), name, s.type), span};
    if (s.failed) return {};
    std::vector<Note> notes;
    if (const Thing* hidden = e_.find(name))
      notes.push_back(
          {fmt::format("the {} of outside is hidden by the one that the block defines", name),
           e_.place(hidden->defined)});
    return e_.fail(span,
                   fmt::format("{0}[{1}] is used before this step defines it; {0}[{1}-1] is the "
                               "value of the step before",
                               name, variable()),
                   std::move(notes));
  }
  if (unroller_ == nullptr) return {input(e_.graph(), name, s.type), span};
  if ((offset > 0) != looks_ahead_ || std::abs(offset) > s.delay)
    return e_.fail(span,
                   fmt::format("this reaches {} step{} {} at {} = {}: how far a block looks must "
                               "not depend on the step",
                               std::abs(offset), std::abs(offset) == 1 ? "" : "s",
                               offset < 0 ? "back" : "ahead", variable(), step()));
  return {unroller_->previous(name, std::abs(offset)), span};
}

Thing Loop::at(Value sequence, int offset, Span span) {
  if (broken_) return {};
  const Type type = sequence.type();
  if (type.known &&
      (type.dims.empty() || !(type.dims[0].axis == axis_.axis) || type.dims[0].size != axis_.size))
    throw Error(
        fmt::format("{} steps over {}; this is {}", variable(), describe(axis_), describe(type)));
  if (offset > 0) e_.require_whole(axis_, fmt::format("{}+{}", variable(), offset));
  // An unroller would remember the slice beyond a trial.
  if (unroller_ == nullptr || e_.trials_ > 0) return {core_ops().at(sequence, 0), span};
  return {unroller_->at(sequence, offset), span};
}

void Loop::define(const syntax::Target& target, const Thing& thing) {
  const auto index = e_.timestep(*target.index);
  if (!index) return;
  if (*index != static_cast<double>(step()) || !mentions_step(*target.index)) {
    e_.fail(target.span, fmt::format("a step defines its own values only: {}[{}] = …",
                                     target.name.text, variable()));
    return;
  }
  states_[target.name.text].failed = thing.nothing();
  if (thing.nothing() || broken_) return;
  try {
    const Value v = e_.value_of(thing);
    if (unroller_ == nullptr) {
      states_[target.name.text].current = v;
      return;
    }
    check_shape(target.name.text, v);
    unroller_->define(target.name.text, v);
  } catch (const Error& error) {
    e_.fail(target.span, error.message, error.notes);
  }
}

void Loop::check_shape(const std::string& name, Value value) {
  State& s = states_[name];
  if (!s.type.known || (s.delay == 0 && !s.has_init && unroller_->step() == 0))
    s.type = value.type();
  if (value.type().sizes() == s.type.sizes() && value.type().kind == s.type.kind) return;
  if (s.delay == 0)
    throw Error(fmt::format("{} is {} at other steps, here it is {}", name, describe(s.type),
                            describe(value.type())));
  Error error(fmt::format("the state {} is {}, but its next value is {}", name, describe(s.type),
                          describe(value.type())));
  error.notes.push_back(
      {fmt::format("it is used as {} here", describe(s.type)), e_.place(s.looked_back)});
  if (s.has_init)
    error.notes.push_back({"its shape is that of what it starts from", e_.place(s.init_span)});
  throw error;
}

bool Loop::hides_number() const {
  return e_.options_.single_steps && axis_.is_time() && e_.graph().pieces_of == axis_.axis;
}

void Loop::evaluate_step() {
  auto& scopes = e_.frames_.back();
  const std::size_t depth = scopes.size();
  scopes.push_back({{variable(), {Number{static_cast<double>(step())}, syntax_.variable.span}}});
  for (auto& [name, s] : states_) s.failed = false;
  e_.evaluate(syntax_.body);
  e_.frames_.back().resize(depth);
}

void Loop::unroll() {
  Recurrence recurrence{axis_, looks_ahead_, {}, e_.builder().path()};
  for (const std::string& name : order_)
    recurrence.states.push_back({name, states_[name].init, states_[name].delay});
  const int errors = e_.errors_;
  std::vector<Value> sequences;
  try {
    sequences = e_.builder().unroll(recurrence, [&](Unroller& unroller) {
      unroller_ = &unroller;
      evaluate_step();
      for (const std::string& name : order_)
        if (e_.errors_ == errors && !unroller.current(name))
          e_.fail(states_[name].span, fmt::format("step {} does not define {}", step(), name));
      // One step's errors are enough: the others would say the same.
      if (e_.gave_up_ || e_.errors_ != errors) throw AlreadyReported();
    });
  } catch (const AlreadyReported&) {
    sequences.clear();
  } catch (const Error& error) {
    e_.fail(syntax_.variable.span, error.message, error.notes);
    sequences.clear();
  }
  unroller_ = nullptr;
  if (sequences.size() != order_.size()) return give_up();
  for (std::size_t i = 0; i < order_.size(); ++i)
    e_.scope()[order_[i]] = {sequences[i], states_[order_[i]].span};
}

// Later uses of the block's names are silent.
void Loop::give_up() {
  for (const std::string& name : order_) e_.scope()[name] = {Nothing(), states_[name].span};
}

// Some shape stayed unknown: because of an error in the body, or because nothing tells it.
void Loop::explain_unknown() {
  const int errors = e_.errors_;
  inferring_ = true;
  {
    const Trial trial(e_);
    evaluate_step();
  }
  inferring_ = false;
  if (e_.errors_ != errors) return;
  // What is in error outside of the block may be why.
  if (std::ranges::any_of(states_, [](const auto& entry) { return entry.second.failed; })) return;
  for (const std::string& name : order_)
    if (!states_[name].type.known && states_[name].delay > 0)
      e_.fail(states_[name].span,
              fmt::format("the shape of the state {0} cannot be inferred; `init {0} = …` in this "
                          "block says what it starts from",
                          name),
              {{fmt::format("{} is needed before it is known here", name),
                e_.place(states_[name].looked_back)}});
}

void Loop::run() {
  const int errors = e_.errors_;
  for (const Loop* outer : e_.loops_)
    if (outer->variable() == variable())
      e_.fail(syntax_.variable.span,
              fmt::format("'{}' is the step of the block around this one", variable()),
              {{"it is defined here", e_.place(outer->syntax_.variable.span)}});
  broken_ = !find_axis();
  find_states(syntax_.body);
  evaluate_inits(syntax_.body);
  const PlaceScope place(e_.graph(), e_.graph().current);
  e_.loops_.push_back(this);
  find_distances();
  broken_ = broken_ || e_.errors_ != errors;
  if (!broken_) infer_types();
  require_one_direction();
  broken_ = broken_ || e_.errors_ != errors;
  if (broken_) {
    evaluate_step();  // for the errors that do not depend on what is broken
    give_up();
  } else if (types_known()) {
    zero_inits();
    unroll();
  } else {
    explain_unknown();
    give_up();
  }
  e_.loops_.pop_back();
}

}  // namespace unfold
