#include "models/sequence.h"

#include <fmt/format.h>

#include "models/dropout.h"
#include "models/shapes.h"

namespace unfold {

namespace {

Dim time_of(std::string_view layer, Value x) {
  const Type& type = x.type();
  width_of(layer, x);
  if (type.rank() != 2)
    throw Error(
        fmt::format("{}: needs a sequence of vectors [time, n], got {}", layer, describe(type)));
  return type.dims[0];
}

Value initial(ModelBuilder& m, std::string_view layer, const NamedState& state, const Dim& units) {
  if (!state.init) return fill(m.graph, 0.0, real_type({units}));
  const Type& type = state.init.type();
  const bool fits = type.rank() == 1 && type.kind == Kind::real &&
                    (type.dims[0].size == units.size || type.dims[0].size == Dim::unknown);
  if (type.known && !fits)
    throw Error(fmt::format("{}: the initial value of {} is {}, it needs to be {}", layer,
                            state.name.str(), describe(type), describe(real_type({units}))));
  return state.init;
}

}  // namespace

std::vector<Value> run_over_time(ModelBuilder& m, std::string_view layer, Value x, const Dim& units,
                                 const std::vector<NamedState>& states, const Step& step) {
  // While shapes are being inferred, of an unknown sequence nothing follows.
  if (!x.type().known) return std::vector<Value>(states.size(), x);
  Recurrence recurrence{time_of(layer, x), false, {}, m.path()};
  for (const NamedState& s : states)
    recurrence.states.push_back({s.name, initial(m, layer, s, units), 1});
  return m.unroll(recurrence, [&](Unroller& t) {
    std::vector<Value> before;
    for (const NamedState& s : states) before.push_back(t.previous(s.name));
    const std::vector<Value> now = step(t.at(x), before);
    for (std::size_t i = 0; i < states.size(); ++i) t.define(states[i].name, now[i]);
  });
}

std::vector<Value> run_stack(ModelBuilder& m, std::string_view name, Value x, const Stack& stack,
                             const std::function<std::vector<Value>(Value x)>& layer) {
  if (stack.layers < 1)
    throw Error(fmt::format("{}: layers must be at least 1, got {}", name, stack.layers));
  if (stack.layers == 1) return layer(x);
  std::vector<Value> states;
  for (int i = 1; i <= stack.layers; ++i) {
    const LayerScope scope(m, fmt::format("layer_{}", i));
    states = layer(i == 1 ? x : dropout(m, states[0], stack.dropout));
  }
  return states;
}

}  // namespace unfold
