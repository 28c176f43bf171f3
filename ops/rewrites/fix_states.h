#pragma once

#include "graph/graph.h"

namespace unfold {

/// Takes the initial value of each state for the state itself, and forgets the states that no
/// output hands on: for a graph that is run as it is, from the values it has. `carry_states` and
/// `export_states` must have been applied before if they are wanted; afterwards a recurrence that
/// starts from zeros is seen to do so.
Graph fix_states(const Graph& graph);

}  // namespace unfold
