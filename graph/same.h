#pragma once

#include <optional>
#include <string>

#include "graph/graph.h"

namespace unfold {

/// Whether two graphs compute the same outputs from the same inputs: nothing if so, else the first
/// difference in words. Outputs are compared by their place in the list, whatever their names.
/// Places, the order of nodes, nodes that no output needs and the names of sizes do not matter.
/// What is shared by all examples (parameters), states and call sites of random numbers may have
/// other names, as long as each name of one graph stands for one name of the other. A value that
/// one graph computes once and the other several times is still the same value.
std::optional<std::string> difference(const Graph& a, const Graph& b);

}  // namespace unfold
