#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace unfold {

/// What a person calls each node: a source by its own name (`rnn.W`, `review`), the value of a
/// named quantity by that name and its timestep (`h[2]`), the gradient of one with a `d` (`dh[2]`),
/// all others by number (`%17`).
std::vector<std::string> node_labels(const Graph& graph);

/// The node as an equation without its left side: `tanh(%11)`, `at(x, index=2)`.
std::string equation(const Graph& graph, NodeId id, const std::vector<std::string>& labels);

/// Dimensions as a person writes them: `[time(review)=3, units=64]`.
std::string shape_text(const Type& type);

}  // namespace unfold
