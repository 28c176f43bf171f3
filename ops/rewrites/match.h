#pragma once

// What rewrites ask of nodes. For the files of this folder.

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace unfold {

/// The number that fills a node made by `fill`.
std::optional<double> number_of(const Graph& graph, NodeId id);

/// Element `index` of the first dimension of `sequence`.
struct StepOf {
  NodeId sequence;
  std::int64_t index;
};
/// What a node made by `at` over the first dimension is a step of.
std::optional<StepOf> step_of(const Graph& graph, NodeId id);

/// Whether a node is a matrix of rank 2, the same for all examples, as weights are.
bool is_weights(const Graph& graph, NodeId id);
/// Whether the product `id`, made by `matmul`, takes the transpose of its right operand.
bool takes_transpose(const Graph& graph, NodeId id);

/// By node: whether nothing goes into it but what is the same for all examples: parameters, shared
/// inputs, numbers of the program.
std::vector<bool> fixed_values(const Graph& graph);

/// Applies an operation as it is: without the masks of padding that `build` adds, which stand in
/// the graph already where they are needed.
Value applied(const OpDef& op, std::initializer_list<Value> in, Attributes attributes = {});
/// Elements begin … end - 1 of dimension `dim`.
Value cut(Value x, std::int64_t dim, std::int64_t begin, std::int64_t end);
/// Values one after another along dimension `dim`.
Value put_together(std::span<const Value> parts, std::int64_t dim);

/// The present place of `graph`, without a step: for what serves several.
Place place_of_all_steps(const Graph& graph);

}  // namespace unfold
