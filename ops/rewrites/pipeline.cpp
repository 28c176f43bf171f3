#include "ops/rewrites/pipeline.h"

#include <algorithm>

#include "graph/passes/drop_dead_nodes.h"
#include "graph/passes/keep_less.h"
#include "graph/passes/merge_duplicates.h"
#include "graph/passes/order_by_use.h"
#include "graph/passes/recompute.h"
#include "graph/passes/sum_early.h"
#include "graph/verify.h"
#include "ops/ops.h"
#include "ops/rewrites/commute_gather.h"
#include "ops/rewrites/fix_states.h"
#include "ops/rewrites/join_outers.h"
#include "ops/rewrites/join_products.h"
#include "ops/rewrites/join_steps.h"
#include "ops/rewrites/join_sums.h"
#include "ops/rewrites/read_parts.h"
#include "ops/rewrites/simplify.h"
#include "ops/rewrites/split_products.h"

namespace unfold {

namespace {

template <Graph (*pass)(const Graph&)>
Graph as_it_is(const Graph& graph, const PassOptions&) {
  return pass(graph);
}

Graph drop_all_dead(const Graph& graph, const PassOptions&) { return drop_dead_nodes(graph); }

// A gradient may be asked for even for a parameter that does not matter.
Graph drop_dead_but_parameters(const Graph& graph, const PassOptions&) {
  std::vector<NodeId> parameters;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) parameters.push_back(id);
  return drop_dead_nodes(graph, parameters);
}

Graph join_steps_for(const Graph& graph, const PassOptions& options) {
  return join_steps(graph, options.segment);
}

Graph join_products_for(const Graph& graph, const PassOptions& options) {
  return join_products(graph, options.segment > 0);
}

Graph join_outers_for(const Graph& graph, const PassOptions& options) {
  return join_outers(graph, options.segment);
}

Graph join_sums_for(const Graph& graph, const PassOptions& options) {
  return join_sums(graph, options.segment);
}

Graph recompute_for(const Graph& graph, const PassOptions& options) {
  return recompute(graph, options.segment, options.kept, core_ops());
}

Graph commute_gather_for(const Graph& graph, const PassOptions& options) {
  return commute_gather(graph, options.batch);
}

// The order matters: equal nodes must be one before nodes are put in the order of use, zeros known
// before products are split, products of one value be one
// before those of all steps become one, and lookups be lookups of all ids before their steps are
// seen as steps.
constexpr Pass before_differentiation[] = {
    {"drop_dead_nodes", drop_dead_but_parameters},
    {"fix_states", as_it_is<fix_states>},
    {"simplify", as_it_is<simplify>},
    {"merge_duplicates", as_it_is<merge_duplicates>},
    {"order_by_use", as_it_is<order_by_use>},
    {"join_steps", join_steps_for},
    {"split_products", as_it_is<split_products>},
    {"join_products", join_products_for},
    {"join_steps", join_steps_for},
    {"commute_gather", commute_gather_for},
    {"merge_duplicates", as_it_is<merge_duplicates>},
    {"drop_dead_nodes", drop_dead_but_parameters},
};

// What differentiation wrote in terms of parts and places is read back before its sums are joined.
// Parts may turn out to be zeros, which what is made of them then need not be computed from.
constexpr Pass after_differentiation[] = {
    {"drop_dead_nodes", drop_all_dead},
    {"simplify", as_it_is<simplify>},
    {"read_parts", as_it_is<read_parts>},
    {"simplify", as_it_is<simplify>},
    {"merge_duplicates", as_it_is<merge_duplicates>},
    {"join_outers", join_outers_for},
    {"join_sums", join_sums_for},
    {"merge_duplicates", as_it_is<merge_duplicates>},
    {"drop_dead_nodes", drop_all_dead},
    {"keep_less", as_it_is<keep_less>},
};

constexpr Pass in_segments[] = {
    {"sum_early", as_it_is<sum_early>},
    {"recompute", recompute_for},
};

struct PlanSwitch {
  const char* name;
  bool PlanOptions::*on;
};

constexpr PlanSwitch of_the_plan[] = {{"fuse_elementwise", &PlanOptions::fuse_elementwise},
                                      {"views", &PlanOptions::views},
                                      {"in_place", &PlanOptions::in_place}};

Graph run(std::span<const Pass> list, Graph graph, const PassOptions& options) {
  for (const Pass& pass : list) {
    if (options.off.contains(pass.name)) continue;
    graph = pass.run(graph, options);
    verify_if_debug(graph);
    if (options.dump_after) options.dump_after(pass.name, graph);
  }
  return graph;
}

}  // namespace

std::span<const Pass> forward_passes() { return before_differentiation; }

std::span<const Pass> passes() { return after_differentiation; }

std::span<const Pass> memory_passes() { return in_segments; }

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const auto list : {forward_passes(), passes(), memory_passes()})
    for (const Pass& pass : list)
      if (std::ranges::find(names, pass.name) == names.end()) names.emplace_back(pass.name);
  for (const PlanSwitch& each : of_the_plan) names.emplace_back(each.name);
  return names;
}

Graph optimise_forward(Graph graph, const PassOptions& options) {
  return run(forward_passes(), std::move(graph), options);
}

Graph optimise(Graph graph, const PassOptions& options) {
  return save_memory(optimise_work(std::move(graph), options), options);
}

Graph optimise_work(Graph graph, const PassOptions& options) {
  return run(passes(), std::move(graph), options);
}

Graph save_memory(Graph graph, const PassOptions& options) {
  return options.segment == 0 ? std::move(graph) : run(memory_passes(), std::move(graph), options);
}

PlanOptions plan_options(const PassOptions& options) {
  PlanOptions out;
  for (const PlanSwitch& each : of_the_plan) out.*each.on = !options.off.contains(each.name);
  return out;
}

}  // namespace unfold
