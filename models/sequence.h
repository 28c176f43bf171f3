#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "models/builder.h"

namespace unfold {

/// Layers of one kind on top of each other: each reads the states of the one below.
struct Stack {
  int layers = 1;
  double dropout = 0;  ///< between layers; not before the first, not after the last
};

/// A recurrence's quantities by name, each with its value before the first step. An empty one is
/// zeros [units].
struct NamedState {
  Symbol name;
  Value init;
};

/// The next states from x[t] and the former states, in the order of the names.
using Step = std::function<std::vector<Value>(Value x, const std::vector<Value>& before)>;

/// Runs `step` along the first dimension of x [time, n] and returns the states of all steps,
/// [time, units] each. Throws Error that names `layer` when x is no sequence of vectors, or when an
/// initial state is not [units].
std::vector<Value> run_over_time(ModelBuilder& m, std::string_view layer, Value x, const Dim& units,
                                 const std::vector<NamedState>& states, const Step& step);

/// Applies `layer` once for each layer of the stack, to x and then to the first of what the layer
/// below returned; returns what the last returned. More than one are named `layer_1`, `layer_2`, ….
std::vector<Value> run_stack(ModelBuilder& m, std::string_view name, Value x, const Stack& stack,
                             const std::function<std::vector<Value>(Value x)>& layer);

}  // namespace unfold
