#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "graph/plan.h"

namespace unfold {

struct PassOptions {
  std::set<std::string> off;  ///< of pass_names(), those that are left out
  std::int64_t batch = 32;    ///< about how many examples a batch will have
  /// Called after each pass with its name and what it made.
  std::function<void(const char* name, const Graph& graph)> dump_after;
};

/// A pass in its place in a pipeline.
struct Pass {
  const char* name;
  Graph (*run)(const Graph& graph, const PassOptions& options);
};

/// The passes before differentiation, and those after, in their order. A name may occur twice.
std::span<const Pass> forward_passes();
std::span<const Pass> passes();

/// The names of all passes, each once and in the order of first use, and of what planning does that
/// can be left out as they can: `fuse_elementwise`, `views`, `in_place`.
std::vector<std::string> pass_names();

/// Prepares a graph that will run as it is (`carry_states` was applied if it is wanted) for
/// differentiation: products of single steps become products of sequences, so that their adjoints
/// are such too. Parameters stay, even those that nothing needs. Debug builds verify the graph
/// after each pass.
Graph optimise_forward(Graph graph, const PassOptions& options = {});

/// The passes for a graph that is ready to be planned, with or without gradients.
Graph optimise(Graph graph, const PassOptions& options = {});

/// What `make_plan` is to be told so that it does not do what is off.
PlanOptions plan_options(const PassOptions& options);

}  // namespace unfold
