// `for t in x { … }`: what the block defines, the shapes of its states, and unrolling it.

#include <fmt/format.h>

#include <cmath>

#include "tools/dsl/loop.h"
#include "tools/dsl/walk.h"

namespace unfold {

namespace {

// Thrown to leave an unrolling whose first step was in error.
struct Stopped {};

}  // namespace

Loop::Loop(Evaluator& evaluator, const syntax::For& syntax) : e_(evaluator), syntax_(syntax) {}

bool Loop::mentions_step(const syntax::Expression& e) const {
  bool found = false;
  syntax::for_each_expression(e, [&](const syntax::Expression& part) {
    const auto* name = std::get_if<syntax::Name>(&part.node);
    found = found || (name != nullptr && name->text == variable());
  });
  return found;
}

// The axis that all of `for t in x, y` share, or the one that steps(n) makes.
bool Loop::find_axis() {
  for (const syntax::Expression& over : syntax_.over) {
    const auto* call = std::get_if<syntax::Call>(&over.node);
    if (call != nullptr && call->callee.text == "steps" && call->arguments.size() == 1) {
      const auto n = e_.number(*call->arguments[0].value, "the number of steps");
      if (!n) return false;
      if (*n < 1 || *n != std::floor(*n) || *n > 1e6) {
        e_.fail(over.span, fmt::format("the number of steps must be whole and from 1 to 1000000, it is {}", *n));
        return false;
      }
      axis_ = plain(static_cast<std::int64_t>(*n));
      axis_.axis = fmt::format("steps({})", axis_.size);
      continue;
    }
    const Thing thing = e_.evaluate(over);
    if (thing.nothing()) return false;
    try {
      const Type type = e_.value_of(thing).type();
      if (!type.known || type.dims.empty())
        throw Error(fmt::format("`for` runs over the first dimension of a sequence; this is {}",
                                describe(type)));
      const Dim dim = type.dims[0];
      if (axis_.size != Dim::unknown && !(axis_.axis == dim.axis && axis_.size == dim.size))
        throw Error(fmt::format("`for` runs over one axis: {} and {} are different",
                                describe(axis_), describe(dim)));
      axis_ = dim;
    } catch (const Error& error) {
      e_.fail(over.span, error.message);
      return false;
    }
  }
  return true;
}

void Loop::find_states(const syntax::Block& block) {
  for (const syntax::Statement& s : block) {
    if (const auto* a = std::get_if<syntax::Assign>(&s.node))
      for (const syntax::Target& t : a->targets)
        if (t.index && states_.try_emplace(t.name.text).second) {
          states_[t.name.text].span = t.span;
          order_.push_back(t.name.text);
        }
    if (const auto* c = std::get_if<syntax::If>(&s.node)) {
      find_states(c->then);
      find_states(c->otherwise);
    }
    if (const auto* r = std::get_if<syntax::Repeat>(&s.node)) find_states(r->body);
  }
}

// Which states the block looks back (or ahead) to, and how far: that fixes the direction of time.
void Loop::find_delays() {
  const syntax::Expression* past = nullptr;
  const syntax::Expression* future = nullptr;
  auto& scopes = e_.frames_.back();
  scopes.push_back({{variable(), {Number{0, {}, {}}, syntax_.variable.span}}});
  ++e_.silent_;
  const int errors = e_.errors_;
  syntax::for_each_expression(syntax_.body, [&](const syntax::Expression& part) {
    const auto* index = std::get_if<syntax::Index>(&part.node);
    if (index == nullptr || index->items.front().kind != syntax::IndexItem::Kind::at) return;
    const auto* base = std::get_if<syntax::Name>(&index->base->node);
    if (base == nullptr || !defines(base->text) || !mentions_step(*index->items.front().begin))
      return;
    const auto offset = e_.number(*index->items.front().begin, "a timestep");
    if (!offset || *offset == 0) return;
    const syntax::Expression*& side = *offset < 0 ? past : future;
    if (side == nullptr) side = &part;
    State& s = states_[base->text];
    if (std::abs(*offset) > s.delay) s.looked_back = part.span;
    s.delay = std::max(s.delay, static_cast<int>(std::abs(*offset)));
  });
  --e_.silent_;
  e_.errors_ = errors;
  scopes.pop_back();
  backward_ = future != nullptr;
  if (past != nullptr && future != nullptr)
    e_.fail(future->span,
            fmt::format("this block already runs forward, because it uses an earlier step: {} would "
                        "need a later step that is not computed yet; two blocks, one for each "
                        "direction, can be joined with concat",
                        e_.program_.sources().text(future->span)),
            {{"an earlier step is used here", e_.place(past->span)}});
  if (backward_ && !e_.graph().pieces_of.empty() && e_.graph().pieces_of == axis_.axis)
    e_.fail(future->span,
            "this block runs backward, from the end of the sequence, but `truncate` shows the network "
            "one piece at a time; `length = n` trains on pieces that start afresh");
}

void Loop::evaluate_inits(const syntax::Block& block) {
  for (const syntax::Statement& s : block) {
    const auto* init = std::get_if<syntax::Init>(&s.node);
    if (init == nullptr) continue;
    const auto found = states_.find(init->name.text);
    if (found == states_.end()) {
      e_.fail(init->name.span, fmt::format("`init {0}`, but the block does not define {0}[{1}]",
                                           init->name.text, variable()));
      continue;
    }
    e_.next_name_ = init->name.text + "_init";
    const Thing thing = e_.evaluate(init->value);
    e_.next_name_ = {};
    found->second.has_init = true;
    if (thing.nothing()) {
      broken_ = true;
      continue;
    }
    try {
      found->second.init = e_.value_of(thing);
      found->second.type = found->second.init.type();
    } catch (const Error& error) {
      e_.fail(init->value.span, error.message);
      broken_ = true;
    }
  }
}

// Evaluates the body with the states' shapes unknown, again and again with what it says of them, until
// nothing changes; what that added to the graph is taken back.
void Loop::infer_types() {
  inferring_ = true;
  for (auto& [name, s] : states_)
    if (!s.has_init) s.type = unknown_type();
  ++e_.silent_;
  const int errors = e_.errors_;
  const auto fields = e_.fields_;
  for (std::size_t turn = 0; turn <= states_.size() + 2; ++turn) {
    const auto mark = e_.builder().mark();
    evaluate_step();
    bool changed = false;
    for (auto& [name, s] : states_) {
      if (!s.has_init && s.current) {
        Type found = s.current.type();
        found.batched = false;
        changed = changed || !(found == s.type);
        s.type = std::move(found);
      }
      s.current = {};
    }
    e_.builder().roll_back(mark);
    e_.fields_ = fields;
    if (!changed) break;
  }
  --e_.silent_;
  e_.errors_ = errors;
  inferring_ = false;
}

bool Loop::require_types() {
  bool complete = true;
  for (const std::string& name : order_) {
    State& s = states_[name];
    if (s.delay == 0 || s.has_init) continue;
    bool known = s.type.known;
    for (const Dim& d : s.type.dims) known = known && d.size != Dim::unknown;
    if (!known) {
      complete = false;
      continue;
    }
    s.init = fill(e_.graph(), s.type.kind == Kind::index ? -1.0 : 0.0, s.type);
  }
  return complete;
}

Thing Loop::state(const std::string& name, int offset, Span span) {
  State& s = states_[name];
  if (broken_) return {};
  if (offset == 0) {
    const Value v = unroller_ != nullptr ? unroller_->current(name) : s.current;
    if (v) return {v, span};
    if (inferring_) return {input(e_.graph(), name, s.type), span};
    return e_.fail(span, fmt::format("{0}[{1}] is used before this step defines it; {0}[{1}-1] is the "
                                     "value of the step before",
                                     name, variable()));
  }
  if (unroller_ != nullptr) return {unroller_->previous(name, std::abs(offset)), span};
  return {input(e_.graph(), name, s.type), span};
}

Thing Loop::at(Value sequence, int offset, Span span) {
  if (broken_) return {};
  const Type type = sequence.type();
  if (type.known && (type.dims.empty() || !(type.dims[0].axis == axis_.axis) ||
                     type.dims[0].size != axis_.size))
    throw Error(fmt::format("{} steps over {}; this is {}", variable(), describe(axis_),
                            describe(type)));
  if (unroller_ == nullptr) return {core_ops().at(sequence, 0), span};
  return {unroller_->at(sequence, offset), span};
}

void Loop::define(const syntax::Target& target, const Thing& thing) {
  const auto index = e_.number(*target.index, "a timestep");
  if (!index) return;
  if (*index != static_cast<double>(step()) || !mentions_step(*target.index)) {
    e_.fail(target.span, fmt::format("a step defines its own values only: {}[{}] = …",
                                     target.name.text, variable()));
    return;
  }
  if (thing.nothing() || broken_) return;
  try {
    const Value v = e_.value_of(thing);
    if (inferring_) {
      states_[target.name.text].current = v;
      return;
    }
    check_shape(target.name.text, v, target.span);
    if (unroller_ != nullptr) unroller_->define(target.name.text, v);
  } catch (const Error& error) {
    e_.fail(target.span, error.message, error.notes);
  }
}

void Loop::check_shape(const std::string& name, Value value, Span) {
  const State& s = states_[name];
  if (s.delay == 0 || !s.type.known) return;
  if (value.type().sizes() == s.type.sizes() && value.type().kind == s.type.kind) return;
  throw Error(fmt::format("the state {} is {}, but its next value is {}", name, describe(s.type),
                          describe(value.type())),
              {},
              {{fmt::format("{} was {} before", name, describe(s.type)), e_.place(s.looked_back)}});
}

void Loop::evaluate_step() {
  auto& scopes = e_.frames_.back();
  const std::size_t depth = scopes.size();
  scopes.push_back({{variable(), {Number{static_cast<double>(step()), {}, {}}, syntax_.variable.span}}});
  e_.evaluate(syntax_.body);
  scopes.resize(depth);
}

void Loop::unroll() {
  Recurrence recurrence{axis_, backward_, {}, e_.builder().path()};
  for (const std::string& name : order_) {
    const State& s = states_[name];
    recurrence.states.push_back({name, s.init, s.delay});
  }
  const int errors = e_.errors_;
  std::vector<Value> sequences;
  try {
    sequences = e_.builder().unroll(recurrence, [&](Unroller& unroller) {
      unroller_ = &unroller;
      evaluate_step();
      for (const std::string& name : order_)
        if (e_.errors_ == errors && !unroller.current(name))
          e_.fail(states_[name].span,
                  fmt::format("step {} does not define {}", step(), name));
      if (e_.errors_ != errors) throw Stopped();
    });
  } catch (const Stopped&) {
    unroller_ = nullptr;
    give_up();
    return;
  } catch (const Error& error) {
    unroller_ = nullptr;
    e_.fail(syntax_.variable.span, error.message, error.notes);
    give_up();
    return;
  }
  unroller_ = nullptr;
  for (std::size_t i = 0; i < order_.size(); ++i)
    e_.frames_.back().back()[order_[i]] = {sequences[i], states_[order_[i]].span};
}

// Later uses of the block's names are silent.
void Loop::give_up() {
  for (const std::string& name : order_)
    e_.frames_.back().back()[name] = {Nothing(), states_[name].span};
}

void Loop::run(Span span) {
  broken_ = !find_axis();
  find_states(syntax_.body);
  const int errors = e_.errors_;
  find_delays();
  evaluate_inits(syntax_.body);
  broken_ = broken_ || e_.errors_ != errors;
  const PlaceScope place(e_.graph(), e_.graph().current);
  e_.loops_.push_back(this);
  if (broken_) {
    evaluate_step();  // for the errors that do not depend on what is broken
    give_up();
  } else {
    infer_types();
    if (require_types()) {
      unroll();
    } else {
      const int before = e_.errors_;
      inferring_ = true;
      const auto mark = e_.builder().mark();
      evaluate_step();
      e_.builder().roll_back(mark);
      inferring_ = false;
      if (e_.errors_ == before)
        for (const std::string& name : order_)
          if (!states_[name].type.known && states_[name].delay > 0)
            e_.fail(states_[name].span,
                    fmt::format("the shape of the state {0} cannot be inferred; `init {0} = …` in "
                                "this block says what it starts from",
                                name));
      give_up();
    }
  }
  e_.loops_.pop_back();
  static_cast<void>(span);
}

void Evaluator::unroll(const syntax::For& loop, Span span) { Loop(*this, loop).run(span); }

void Evaluator::bind(const syntax::Target& target, Thing thing) {
  if (!target.index) {
    thing.defined = target.name.span;
    frames_.back().back()[target.name.text] = std::move(thing);
    return;
  }
  for (auto l = loops_.rbegin(); l != loops_.rend(); ++l)
    if ((*l)->defines(target.name.text)) {
      (*l)->define(target, thing);
      return;
    }
}

}  // namespace unfold
