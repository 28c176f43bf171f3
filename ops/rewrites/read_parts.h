#pragma once

#include "graph/graph.h"

namespace unfold {

/// Reads what was put together where it came from: a step of a stack is the value that was stacked,
/// a part of a concatenation that part, a part of a part a part of the whole, and what `place` and
/// `pad` put among zeros is what they put there. Values do not change at all.
///
/// Runs after differentiation only: `join_steps` finds the steps of a sequence by the `at` that
/// takes them, even where the sequence is a stack.
Graph read_parts(const Graph& graph);

}  // namespace unfold
