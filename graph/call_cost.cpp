#include "graph/call_cost.h"

#include <algorithm>

namespace unfold {

namespace {

// A core's, in round numbers: what products reach, what a formula applied tile by tile does, and
// what comes from the last cache.
constexpr double operations_a_microsecond = 50'000;
constexpr double numbers_a_microsecond = 2'000;
constexpr double bytes_a_microsecond = 50'000;
constexpr double around_a_call = 0.5;

// Half of what second caches hold at least.
constexpr std::int64_t large_weights = 1 << 18;

std::vector<const Type*> types_of_inputs(const Graph& graph, NodeId node) {
  std::vector<const Type*> types;
  for (const NodeId in : graph.inputs(node)) types.push_back(&graph.type(in));
  return types;
}

}  // namespace

double work_of(const Graph& graph, NodeId node) {
  const OpDef& op = *graph.node(node).op;
  const Type& result = graph.type(node);
  if (op.shape == nullptr) return 0;
  if (op.cost == nullptr) return static_cast<double>(result.size());
  return op.cost({types_of_inputs(graph, node), graph.attributes(node)}, result);
}

double estimated_microseconds(const Plan& plan, const Call& call) {
  double numbers = 0;
  const auto count = [&](ValueId v) {
    const Home& home = plan.homes[v];
    numbers +=
        home.uniform
            ? 0
            : static_cast<double>(std::max(home.prepared, plan.graph.type_at(home.type).size()));
  };
  for (const ValueId v : plan.reads(call)) count(v);
  // A prepared form is read instead of what it was made of.
  if (call.prepared) numbers /= 2;
  for (const ValueId v : plan.writes(call)) count(v);
  const double bytes = numbers * static_cast<double>(size_of(plan.precision));
  double busy = 0;
  if (call.kind == Call::Kind::fused) {
    const FusedProgram& program = plan.programs[call.program];
    const Type& shape = plan.graph.type(call.node);
    busy = static_cast<double>(shape.size()) * static_cast<double>(program.code.size()) /
           numbers_a_microsecond;
  } else if (call.kind == Call::Kind::kernel || call.kind == Call::Kind::fused_sum) {
    busy = work_of(plan.graph, call.node) / operations_a_microsecond;
  }
  return around_a_call + std::max(busy, bytes / bytes_a_microsecond);
}

std::int64_t column_blocks(const Plan& plan, const Call& call) {
  const OpDef& op = *plan.graph.node(call.node).op;
  const bool can = call.kind == Call::Kind::kernel || call.kind == Call::Kind::fused_sum;
  if (!can || op.column_blocks == nullptr) return 1;
  const std::vector<const Type*> in = types_of_inputs(plan.graph, call.node);
  return op.column_blocks({in, plan.graph.attributes(call.node)}, plan.graph.type(call.node),
                          call.prepared, plan.products);
}

std::int64_t shards_of_batch(const Plan& plan, std::int64_t batch, std::int64_t shards) {
  const auto width = static_cast<std::int64_t>(size_of(plan.precision));
  const auto large = [&](const Home& home) { return home.prepared * width > large_weights; };
  const std::int64_t least = std::ranges::any_of(plan.homes, large) ? least_of_shard : 1;
  return std::clamp<std::int64_t>(batch / least, 1, shards);
}

}  // namespace unfold
