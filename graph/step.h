#pragma once

#include "graph/core_ops.h"

namespace unfold {

/// The same graph with the initial value of every state on `axis` replaced by an input named after
/// the state (`h.h@1`), and an output of the same name holding what the next piece is to be fed.
/// Built for one timestep, this is the network's step function; built for more, a piece of a long
/// sequence (truncated backpropagation through time).
Graph carry_states(const Graph& graph, Symbol axis, const CoreOps& ops);

/// The same graph with outputs, but not inputs, for the states on `axis`: the first piece, which
/// starts from the initial values.
Graph export_states(Graph graph, Symbol axis, const CoreOps& ops);

}  // namespace unfold
