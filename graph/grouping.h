#pragma once

#include <vector>

#include "graph/graph.h"

namespace unfold {

/// Which elementwise nodes run together in one fused kernel: `group[id]` is the number of the
/// node's group, or no_group. Groups are numbered from 0 to `count - 1`.
struct Grouping {
  std::vector<std::uint32_t> group;
  std::uint32_t count = 0;
};

inline constexpr std::uint32_t no_group = 0xffffffffu;

/// Joins elementwise operations of one shape that feed each other or read the same numbers, as late
/// as their first reader allows: what only a backward step needs is computed in that step, from the
/// values that the forward step kept, and not stored. `level[id]` keeps apart what different phases
/// compute, and forward nodes are kept apart from those that differentiation made. No group depends
/// on itself by way of another node: a node's height, the number of kernels on the longest path to
/// an output, falls along every edge that leaves a group. Without `join` each is a group of its
/// own.
Grouping group_elementwise(const Graph& graph, const std::vector<bool>& needed,
                           const std::vector<std::int32_t>& level, bool join);

}  // namespace unfold
