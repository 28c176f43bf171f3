#pragma once

#include "graph/graph.h"

namespace unfold {

/// Checks what holds for every graph, and throws Error naming the node and the number of the
/// invariant that it breaks:
///
///  1. operands come before their users (so the graph has no cycle);
///  2. the number of operands is one the operation takes;
///  3. a node's type is what the shape rule says of its operands' types;
///  4. a node is batched exactly when an operand is, except that sums over the batch are shared;
///  5. attributes are the operation's own; sources have no operands, and the numbers that one holds
///     are of its type;
///  6. no size is unknown;
///  7. outputs and states name nodes of the graph, each name once.
void verify(const Graph& graph);

/// Invariants 6 and 7 only, which whoever makes a graph by hand breaks most easily.
void verify_complete(const Graph& graph);

/// All of them in builds with assertions, nothing in others: how whatever makes a graph of a graph
/// ends.
void verify_if_debug(const Graph& graph);

}  // namespace unfold
