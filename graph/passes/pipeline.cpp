#include "graph/passes/pipeline.h"

#include "graph/passes/drop_dead_nodes.h"
#include "graph/passes/merge_duplicates.h"
#include "graph/verify.h"

namespace unfold {

namespace {

struct Pass {
  const char* name;
  Graph (*run)(const Graph&);
};

constexpr Pass passes[] = {
    {"drop_dead_nodes", drop_dead_nodes},
    {"merge_duplicates", merge_duplicates},
};

}  // namespace

Graph optimise(Graph graph) {
  for (const Pass& pass : passes) {
    graph = pass.run(graph);
#ifndef NDEBUG
    verify(graph);
#endif
  }
  return graph;
}

}  // namespace unfold
