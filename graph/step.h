#pragma once

#include "graph/core_ops.h"

namespace unfold {

/// The same graph with the initial value of every state on `axis` replaced by an input named after
/// the state (`h.h@1`), and an output of the same name holding what the next piece is to be fed.
/// Built for one timestep, this is the network's step function; built for more, a piece of a long
/// sequence (truncated backpropagation through time).
Graph carry_states(const Graph& graph, Symbol axis, const CoreOps& ops);

/// A graph of one step on an axis, cut at what no step of that axis changes (an encoder of another
/// sequence).
struct SplitStep {
  /// Run first. Its outputs are inputs of `step`: the initial value of each state, by the state's
  /// name, and `once:0`, `once:1`, … for all else.
  Graph once;
  /// Run for each step; has a value of each state for each example, also where `once` has one for
  /// all. Its outputs are those of the graph and, by their names, the states that the
  /// next step is to be fed.
  Graph step;
};

/// Cuts a graph that was built for a single step on `axis`. What belongs to a step are the inputs
/// with that axis, the states on it and all that is computed from them. Throws Error if a state
/// starts from such.
SplitStep split_step(const Graph& graph, Symbol axis, const CoreOps& ops);

/// The same graph with outputs, but not inputs, for the states on `axis`: the first piece, which
/// starts from the initial values.
Graph export_states(Graph graph, Symbol axis, const CoreOps& ops);

}  // namespace unfold
