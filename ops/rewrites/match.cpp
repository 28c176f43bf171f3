#include "ops/rewrites/match.h"

#include <algorithm>

#include "ops/ops.h"

namespace unfold {

std::optional<double> number_of(const Graph& graph, NodeId id) {
  if (graph.node(id).op != &fill_op) return std::nullopt;
  return graph.attributes(id).number("value");
}

std::optional<StepOf> step_of(const Graph& graph, NodeId id) {
  if (graph.node(id).op != &at_op || graph.attributes(id).integer("dim") != 0) return std::nullopt;
  return StepOf{graph.inputs(id)[0], graph.attributes(id).integer("index")};
}

bool is_weights(const Graph& graph, NodeId id) {
  const Type& type = graph.type(id);
  return !type.batched && type.rank() == 2;
}

bool takes_transpose(const Graph& graph, NodeId id) {
  return graph.attributes(id).find("transpose_b") != nullptr;
}

std::vector<bool> fixed_values(const Graph& graph) {
  std::vector<bool> fixed(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) {
    fixed[id] = !graph.type(id).batched && !graph.node(id).op->sums_batch;
    for (const NodeId in : graph.inputs(id)) fixed[id] = fixed[id] && fixed[in];
  }
  return fixed;
}

Value applied(const OpDef& op, std::initializer_list<Value> in, Attributes attributes) {
  return in.begin()->graph->add(op, {in.begin(), in.size()}, std::move(attributes));
}

Value cut(Value x, std::int64_t dim, std::int64_t begin, std::int64_t end) {
  return applied(slice_op, {x}, {{"dim", dim}, {"begin", begin}, {"end", end}});
}

Value put_together(std::span<const Value> parts, std::int64_t dim) {
  return parts[0].graph->add(concat_op, parts, {{"dim", dim}});
}

Place place_of_all_steps(const Graph& graph) {
  Place place = graph.current;
  place.step = no_step;
  return place;
}

}  // namespace unfold
