#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace unfold {

/// One node of a graph as people see it.
struct PictureNode {
  /// What it is called: a source by its own name (`rnn.W`, `review`), the value of a named quantity
  /// by that name and its timestep (`rnn.h[2]`), any other by number (`%17`).
  std::string label;
  std::string equation;  ///< its right side, `tanh(%16)`; empty for a source
  std::string op;
  std::string shape;  ///< `[time(review)=3, units=64]`
  std::string where;  ///< `sentiment.fold:9`, empty if no program wrote it
  std::string path;   ///< of the layer
  std::int32_t step = no_step;
  bool in_time = false;    ///< belongs to a timestep (in a rolled picture, to every one)
  bool backward = false;   ///< made by differentiation
  std::int32_t count = 1;  ///< how many nodes of the graph it stands for
};

/// A use of one node's value by another.
struct PictureEdge {
  std::uint32_t from = 0, to = 0;
  std::int32_t delay = 0;  ///< in a rolled picture: how many steps later it is used
  auto operator<=>(const PictureEdge&) const = default;
};

struct PictureOutput {
  std::string name;
  std::uint32_t node;
};

/// A graph with what there is to say of it, ready to be written in any format.
struct Picture {
  std::vector<PictureNode> nodes;
  std::vector<PictureEdge> edges;
  std::vector<PictureOutput> outputs;
  bool rolled = false;
};

/// Every node of the graph as it is.
Picture unrolled_picture(const Graph& graph);

/// The graph with the step forgotten: nodes of one operation at one site are one, shown as in a
/// typical step; what one step hands to another is an edge with a delay.
Picture rolled_picture(const Graph& graph);

}  // namespace unfold
