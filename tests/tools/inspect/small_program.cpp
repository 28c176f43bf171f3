#include "tests/tools/inspect/small_program.h"

#include "graph/autodiff.h"
#include "graph/passes/drop_dead_nodes.h"
#include "ops/ops.h"
#include "tools/train/compiled.h"

namespace unfold::testing {

Graph graph_of(const Model& model, std::int64_t steps, bool backward) {
  BuildOptions options;
  options.default_steps = steps;
  Graph graph = build(model, options).model.graph;
  if (!backward) return drop_dead_nodes(graph);
  std::vector<NodeId> wanted;
  for (const auto& [name, node] : parameter_nodes(graph)) wanted.push_back(node);
  return drop_dead_nodes(differentiate(std::move(graph), "loss", wanted, core_ops()));
}

}  // namespace unfold::testing
