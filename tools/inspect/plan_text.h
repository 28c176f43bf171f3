#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/plan.h"

namespace unfold {

/// A line of a plan's text, and the node of the graph that it is about.
struct PlanLine {
  std::string text;
  NodeId node = no_node;
};

/// What a plan does and where, and nothing else: its calls in order with operations, shapes,
/// attributes and slots. Values are numbered by first appearance; those that need no call (sources,
/// views) have a line before their first use. Neither the numbers of nodes nor places and names of
/// sizes are in it, so that graphs that differ in these only have one text.
std::vector<PlanLine> plan_text(const Plan& plan);

/// How many calls of each kind (tools/inspect/plan_names.h) a plan has.
std::map<std::string, std::int64_t> calls_by_kind(const Plan& plan);

}  // namespace unfold
