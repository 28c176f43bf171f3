#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "graph/plan.h"

namespace unfold {

struct PassOptions {
  std::set<std::string> off = {};  ///< of pass_names(), those that are left out
  std::int64_t batch = 32;         ///< about how many examples a batch will have
  /// So many steps at a time are joined, and computed again for the backward part; 0: all steps are
  /// joined, and nothing is computed again.
  std::int64_t segment = 0;
  /// How many numbers of one example recomputation may leave in memory: those of the last segments.
  std::int64_t kept = 0;
  /// Called after each pass with its name and what it made.
  std::function<void(const char* name, const Graph& graph)> dump_after = {};
};

/// A pass in its place in a pipeline.
struct Pass {
  const char* name;
  Graph (*run)(const Graph& graph, const PassOptions& options);
};

/// The passes before differentiation, those after, and those that save memory where steps are taken
/// in segments, in their order. A name may occur twice.
std::span<const Pass> forward_passes();
std::span<const Pass> passes();
std::span<const Pass> memory_passes();

/// The names of all passes, each once and in the order of first use, and of what planning does that
/// can be left out as they can: `fuse_elementwise`, `views`, `in_place`.
std::vector<std::string> pass_names();

/// Prepares a graph that will run as it is (`carry_states` was applied if it is wanted) for
/// differentiation: products of single steps become products of sequences, so that their adjoints
/// are such too. Parameters stay, even those that nothing needs. Debug builds verify the graph
/// after each pass.
Graph optimise_forward(Graph graph, const PassOptions& options = {});

/// The passes for a graph that is ready to be planned, with or without gradients; with segments,
/// those that save memory too.
Graph optimise(Graph graph, const PassOptions& options = {});

/// The first part of `optimise`, and the second, which may be tried on one graph with several
/// `kept`.
Graph optimise_work(Graph graph, const PassOptions& options);
Graph save_memory(Graph graph, const PassOptions& options);

/// What `make_plan` is to be told so that it does not do what is off.
PlanOptions plan_options(const PassOptions& options);

}  // namespace unfold
