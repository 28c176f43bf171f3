#include "graph/unroll.h"

#include <fmt/format.h>

#include <algorithm>

namespace unfold {

namespace {

// The step at which a sequence ends in every example, as far as that is known.
std::int64_t fixed_end(const Dim& axis) { return axis.size - (axis.ragged ? 0 : axis.trim); }

}  // namespace

Unroller::Unroller(Graph& graph, const Recurrence& recurrence, const CoreOps& ops)
    : graph_(graph), recurrence_(recurrence), ops_(ops) {
  if (recurrence.axis.size < 1)
    throw Error(
        fmt::format("a recurrence over {} needs a number of steps", describe(recurrence.axis)));
  const auto steps = static_cast<std::size_t>(recurrence.axis.size);
  for (const StateSpec& spec : recurrence.states) {
    if (spec.delay > 0 && !spec.init)
      throw Error(fmt::format("the state {} has no initial value", spec.name.str()));
    History h{spec, std::vector<Value>(steps), {}};
    if (spec.delay > 0 && !recurrence.backward) {
      const Symbol name = state_name(spec.name.str());
      for (int k = 1; k <= spec.delay; ++k) h.carried.push_back(ops.state(spec.init, name, k));
    }
    histories_.emplace(spec.name, std::move(h));
  }
}

Symbol Unroller::state_name(const std::string& name) const {
  const std::string& path = recurrence_.path.str();
  const Symbol full = path.empty() ? name : path + "." + name;
  return recurrence_.unique ? recurrence_.unique(full) : full;
}

Unroller::History& Unroller::history(Symbol state) {
  const auto found = histories_.find(state);
  if (found == histories_.end())
    throw Error(fmt::format("the recurrence has no state {}", state.str()));
  return found->second;
}

Value Unroller::at(Value sequence, int offset) {
  if (sequence.type().rank() == 0) throw Error("a single number has no steps");
  const std::int64_t steps = recurrence_.axis.size;
  std::int64_t t = step_ + offset;
  if (t < 0) return outside(sequence, -t);
  Dim own = recurrence_.axis;
  own.trim = sequence.type().dims[0].trim;
  const bool may_end = offset + own.trim > recurrence_.axis.trim;  // before a real step asks
  if (may_end && t >= fixed_end(own)) return outside(sequence, 0);
  t = std::min(t, steps - 1);
  auto& slices = slices_[sequence.id];
  if (slices.empty()) slices.resize(static_cast<std::size_t>(steps));
  Value& slice = slices[static_cast<std::size_t>(t)];
  if (!slice) slice = ops_.at(sequence, t);
  return may_end && own.ragged ? ops_.where_reached(own, t, slice, outside(sequence, 0)) : slice;
}

// Zeros, in the shape of one step of `sequence`; before the start they may be carried values.
Value Unroller::outside(Value sequence, std::int64_t before_first) {
  Type type = sequence.type();
  type.dims.erase(type.dims.begin());
  type.batched = false;
  // Zeros, for ids the id of nothing.
  const auto zeros = [&] { return ops_.fill(graph_, type.kind == Kind::index ? -1.0 : 0.0, type); };
  if (before_first == 0) return zeros();
  auto d = std::find_if(delayed_.begin(), delayed_.end(),
                        [&](const Delayed& x) { return x.sequence.same_as(sequence); });
  if (d == delayed_.end())
    d = delayed_.insert(d, {sequence, state_name(fmt::format("past{}", delayed_.size())), {}});
  while (static_cast<std::int64_t>(d->carried.size()) < before_first)
    d->carried.push_back(
        ops_.state(zeros(), d->name, static_cast<std::int64_t>(d->carried.size()) + 1));
  return d->carried[static_cast<std::size_t>(before_first - 1)];
}

Value Unroller::previous(Symbol state, int k) {
  const History& h = history(state);
  if (k < 1 || k > h.spec.delay)
    throw Error(fmt::format("{} steps before this one is outside of what the state {} keeps: {}", k,
                            state.str(), h.spec.delay));
  const std::int64_t t = recurrence_.backward ? step_ + k : step_ - k;
  if (!recurrence_.backward)
    return t >= 0 ? h.steps[static_cast<std::size_t>(t)]
                  : h.carried[static_cast<std::size_t>(-t - 1)];
  if (t >= fixed_end(recurrence_.axis)) return h.spec.init;
  const Value value = h.steps[static_cast<std::size_t>(t)];
  return recurrence_.axis.ragged ? ops_.where_reached(recurrence_.axis, t, value, h.spec.init)
                                 : value;
}

Value Unroller::current(Symbol state) const {
  const auto found = histories_.find(state);
  return found == histories_.end() ? Value() : found->second.steps[static_cast<std::size_t>(step_)];
}

void Unroller::define(Symbol state, Value value) {
  history(state).steps[static_cast<std::size_t>(step_)] = value;
}

void Unroller::run(const std::function<void(Unroller&)>& body) {
  const std::int64_t steps = recurrence_.axis.size;
  const std::int32_t outer = graph_.current.step;
  for (std::int64_t i = 0; i < steps; ++i) {
    step_ = recurrence_.backward ? steps - 1 - i : i;
    graph_.current.step = static_cast<std::int32_t>(step_);
    body(*this);
  }
  graph_.current.step = outer;
  if (!recurrence_.backward) carry_states();
}

// What goes on to the next piece is what the last real steps came to.
void Unroller::carry_states() {
  const std::int64_t end = recurrence_.axis.size - recurrence_.axis.trim;
  for (const StateSpec& spec : recurrence_.states) {
    const History& h = history(spec.name);
    if (h.carried.empty() || h.steps.empty() || !h.steps.back()) continue;
    carry({h.steps.begin(), h.steps.begin() + std::max<std::int64_t>(end, 0)}, h.carried);
  }
  for (const Delayed& d : delayed_) {
    std::vector<Value> steps;
    const auto n = static_cast<std::int64_t>(d.carried.size());
    for (std::int64_t t = 0; t < end; ++t)
      steps.push_back(t + n < end ? Value() : ops_.at(d.sequence, t));
    carry(steps, d.carried);
  }
}

void Unroller::carry(const std::vector<Value>& steps, const std::vector<Value>& carried) {
  for (std::size_t k = 1; k <= carried.size(); ++k) {
    const Value out = k <= steps.size() ? steps[steps.size() - k] : carried[k - steps.size() - 1];
    const Attributes& a = graph_.attributes(carried[k - 1].id);
    graph_.states.push_back({fmt::format("{}@{}", a.text("name"), k), recurrence_.axis.axis,
                             carried[k - 1].id, out.id});
  }
}

Value Unroller::sequence(Symbol state) const {
  return ops_.stack(histories_.at(state).steps, recurrence_.axis);
}

std::vector<Value> unroll(Graph& graph, const Recurrence& recurrence, const CoreOps& ops,
                          const std::function<void(Unroller&)>& body) {
  Unroller unroller(graph, recurrence, ops);
  unroller.run(body);
  std::vector<Value> result;
  for (const StateSpec& spec : recurrence.states) result.push_back(unroller.sequence(spec.name));
  return result;
}

}  // namespace unfold
