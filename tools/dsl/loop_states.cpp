// What a `for` block defines: its states, how far it looks, what they start from, their shapes.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/dsl/loop.h"
#include "tools/dsl/walk.h"

namespace unfold {

bool Loop::mentions_step(const syntax::Expression& e) const {
  bool found = false;
  syntax::for_each_expression(e, [&](const syntax::Expression& part) {
    const auto* name = std::get_if<syntax::Name>(&part.node);
    found = found || (name != nullptr && name->text == variable());
  });
  return found;
}

void Loop::find_states(const syntax::Block& block) {
  for (const syntax::Statement& s : block) {
    if (const auto* a = std::get_if<syntax::Assign>(&s.node))
      for (const syntax::Target& t : a->targets)
        if (t.index && states_.try_emplace(t.name.text).second) {
          states_[t.name.text].span = t.span;
          order_.push_back(t.name.text);
        }
    if (const auto* f = std::get_if<syntax::Faulty>(&s.node)) {
      broken_ = true;
      for (const syntax::Identifier& id : f->steps)
        if (states_.try_emplace(id.text).second) {
          states_[id.text].span = id.span;
          order_.push_back(id.text);
        }
    }
    if (const auto* c = std::get_if<syntax::If>(&s.node)) {
      find_states(c->then);
      find_states(c->otherwise);
    }
    if (const auto* r = std::get_if<syntax::Repeat>(&s.node)) find_states(r->body);
  }
}

// How far from step `step` an index looks; not a number if that is in error.
double Loop::distance(const syntax::Expression& index, std::int64_t step) {
  auto& scopes = e_.frames_.back();
  const auto number = static_cast<double>(step);
  scopes.push_back({{variable(), {Number{number}, syntax_.variable.span}}});
  const auto n = e_.timestep(index);
  scopes.pop_back();
  return n ? *n - number : Number::unknown;
}

bool Loop::moves_with_step(const syntax::Expression& index) {
  if (std::holds_alternative<syntax::Name>(index.node)) return false;
  const int errors = e_.errors_;
  ++e_.silent_;
  const bool moves = distance(index, step()) != distance(index, step() + 1);
  --e_.silent_;
  e_.errors_ = errors;
  return moves;
}

// Reads from the text how far each state is looked at, in branches that no step takes as well.
// Distances that only the block itself knows are found when it is evaluated.
void Loop::find_distances() {
  const Trial trial(e_);
  const int errors = e_.errors_;
  ++e_.silent_;
  syntax::for_each_expression(syntax_.body, [&](const syntax::Expression& part) {
    const auto* index = std::get_if<syntax::Index>(&part.node);
    if (index == nullptr || index->items.front().kind != syntax::IndexItem::Kind::at) return;
    const auto* base = std::get_if<syntax::Name>(&index->base->node);
    const syntax::Expression& written = *index->items.front().begin;
    if (base == nullptr || !defines(base->text) || !mentions_step(written)) return;
    const double near = distance(written, 0), far = distance(written, 7);
    if (near == far && near == std::floor(near) && std::abs(near) <= largest_distance)
      note_distance(base->text, static_cast<int>(near), part.span);
  });
  --e_.silent_;
  e_.errors_ = errors;
}

void Loop::note_distance(const std::string& name, int offset, Span span) {
  if (offset == 0) return;
  if (offset < 0 && !std::exchange(looks_back_, true)) back_ = span;
  if (offset > 0 && !std::exchange(looks_ahead_, true)) ahead_ = span;
  State& s = states_[name];
  if (std::abs(offset) > s.delay) {
    s.delay = std::abs(offset);
    s.looked_back = span;
  }
}

void Loop::require_one_direction() {
  const std::string_view later = e_.program_.sources().text(ahead_);
  if (looks_back_ && looks_ahead_)
    e_.fail(
        ahead_,
        fmt::format("this block already runs forward, because it uses an earlier step: {} would "
                    "need a later step that is not computed yet; two blocks, one for each "
                    "direction, can be joined with concat",
                    later),
        {{"an earlier step is used here", e_.place(back_)}});
  else if (looks_ahead_ && e_.graph().pieces_of == axis_.axis && axis_.is_time())
    e_.fail(ahead_, "this block runs backward, from the end of the sequence, but " +
                        seen_in_pieces(e_.graph()));
}

namespace {

bool holds_init(const syntax::Block& block) {
  return std::any_of(block.begin(), block.end(), [](const syntax::Statement& s) {
    if (const auto* c = std::get_if<syntax::If>(&s.node))
      return holds_init(c->then) || holds_init(c->otherwise);
    if (const auto* r = std::get_if<syntax::Repeat>(&s.node)) return holds_init(r->body);
    return std::holds_alternative<syntax::Init>(s.node);
  });
}

}  // namespace

// Outside of time: what the block itself computes is not visible.
void Loop::evaluate_inits(const syntax::Block& block) {
  for (const syntax::Statement& s : block) {
    if (const auto* init = std::get_if<syntax::Init>(&s.node)) evaluate_init(*init);
    const auto* choice = std::get_if<syntax::If>(&s.node);
    if (choice != nullptr && (holds_init(choice->then) || holds_init(choice->otherwise)))
      if (const auto truth = e_.condition(choice->condition))
        evaluate_inits(*truth ? choice->then : choice->otherwise);
    if (const auto* r = std::get_if<syntax::Repeat>(&s.node); r != nullptr && holds_init(r->body))
      evaluate_inits(r->body);
  }
}

void Loop::evaluate_init(const syntax::Init& init) {
  const std::string& name = init.name.text;
  const auto found = states_.find(name);
  if (found == states_.end()) {
    e_.fail(init.name.span,
            fmt::format("`init {0}`, but the block does not define {0}[{1}]", name, variable()));
    return;
  }
  State& s = found->second;
  if (s.has_init) {
    e_.fail(init.name.span, fmt::format("`init {}` stands twice", name),
            {{"the first is here", e_.place(s.init_span)}});
    return;
  }
  e_.next_name_ = name + "_init";
  const Thing thing = e_.evaluate_one(init.value);
  e_.next_name_ = {};
  if (thing.as<None>() != nullptr) return;
  s.has_init = true;
  s.init_span = init.value.span;
  broken_ = broken_ || thing.nothing();
  if (thing.nothing()) return;
  try {
    s.init = e_.value_of(thing);
    s.type = s.init.type();
  } catch (const Error& error) {
    e_.fail(init.value.span, error.message);
    broken_ = true;
  }
}

bool Loop::types_known() const {
  return std::all_of(states_.begin(), states_.end(), [](const auto& entry) {
    const State& s = entry.second;
    return s.delay == 0 ||
           (s.type.known && std::all_of(s.type.dims.begin(), s.type.dims.end(),
                                        [](const Dim& d) { return d.size != Dim::unknown; }));
  });
}

// What the first step does not tell, because it chooses another branch, a later one may.
void Loop::infer_types() {
  constexpr std::int64_t most_steps = 16;
  inferring_ = true;
  ++e_.silent_;
  const int errors = e_.errors_;
  for (std::int64_t t = 0; t < std::min(axis_.size, most_steps); ++t) {
    infer_types_at(t);
    if (types_known()) break;
  }
  inferred_step_ = 0;
  --e_.silent_;
  e_.errors_ = errors;
  inferring_ = false;
}

// Evaluates the body with the states' shapes unknown, again and again with what it says of them,
// until nothing changes; what that added to the graph is taken back.
void Loop::infer_types_at(std::int64_t step) {
  inferred_step_ = step;
  for (std::size_t turn = 0; turn <= states_.size() + 2; ++turn) {
    const Trial trial(e_);
    evaluate_step();
    bool changed = false;
    for (auto& [name, s] : states_) {
      if (!s.has_init && s.current && s.current.type().known) {
        Type found = s.current.type();
        found.batched = false;
        changed = changed || !(found == s.type);
        s.type = std::move(found);
      }
      s.current = {};
    }
    if (!changed) break;
  }
}

// Zeros for the states that have no `init`; for ids, the id of nothing.
void Loop::zero_inits() {
  for (const std::string& name : order_) {
    State& s = states_[name];
    if (s.delay > 0 && !s.has_init)
      s.init = fill(e_.graph(), s.type.kind == Kind::index ? -1.0 : 0.0, s.type);
  }
}

}  // namespace unfold
