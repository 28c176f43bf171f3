#pragma once

#include <map>
#include <set>
#include <string>

#include "tools/train/model.h"

namespace unfold {

/// A graph in which parameters, states and call sites of random numbers are named by what they are
/// and when they are first used, whatever the program calls them, and sizes have no names.
struct CanonicalGraph {
  Graph graph;
  /// Those that an output needs, under their new names: `[128, 512] 1`, the first of this shape.
  std::vector<TrainedParameter> parameters;
  std::map<std::string, std::string> own_names;  ///< by new name
};

/// Shapes of the parameters that an output needs, and whether they are frozen, by name.
std::map<std::string, std::string> parameters_needed(
    const Graph& graph, const std::vector<TrainedParameter>& parameters);

/// Order of use is that of `order_by_use`: reading from the outputs, operands before what they are
/// operands of. So it does not depend on the order in which a program writes its lines or the terms
/// of a sum. What no output needs is left out. The parameters in `kept` are called by shape and own
/// name: `[128, 512] h.W`.
CanonicalGraph canonical(const Graph& graph, const std::vector<TrainedParameter>& parameters,
                         const std::set<std::string>& kept);

}  // namespace unfold
