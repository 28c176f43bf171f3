#include "ops/rewrites/sequences.h"

namespace unfold {

namespace {

/// Whether a step of the stack is the part itself in every respect but the names of sizes.
bool is_step(const Type& stack, const Type& part) {
  Type step = stack;
  step.dims.erase(step.dims.begin());
  step.batched = part.batched;
  return same_but_labels(step, part);
}

}  // namespace

Sequences::Sequences(const Graph& graph)
    : graph_(graph), level_(graph.size()), first_(graph.size(), none) {
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (const NodeId in : graph.inputs(id))
      level_[id] = std::max(level_[id], level_[in] + graph.node(in).op->sums_batch);
    add_parts(id);
  }
}

void Sequences::add_parts(NodeId id) {
  const bool is_stack = graph_.node(id).op == &stack_op;
  if (!is_stack && graph_.node(id).op != &concat_op) return;
  const auto dim = is_stack ? 0 : static_cast<std::size_t>(graph_.attributes(id).integer("dim"));
  std::int64_t at = 0;
  for (const NodeId part : graph_.inputs(id)) {
    if (!is_stack || is_step(graph_.type(id), graph_.type(part))) {
      entries_.push_back({id, at, is_stack, first_[part]});
      first_[part] = static_cast<std::uint32_t>(entries_.size() - 1);
    }
    at += is_stack ? 1 : graph_.type(part).dims[dim].size;
  }
}

Value steps_of(Rebuild& r, NodeId sequence, std::int64_t begin, std::int64_t end) {
  const Value all = r.to.value(r.need(sequence));
  return begin == 0 && end == all.type().dims[0].size ? all : cut(all, 0, begin, end);
}

Dim dim_of_steps(const Graph& graph, NodeId sequence, std::int64_t begin, std::int64_t end) {
  const Dim& all = graph.type(sequence).dims[0];
  return begin == 0 && end == all.size ? all : plain(end - begin);
}

Value new_sequence(Rebuild& r, std::span<const NodeId> values, const Dim& dim) {
  std::vector<Value> parts;
  for (const NodeId id : values) parts.push_back({&r.to, r.need(id)});
  return r.to.add(stack_op, parts,
                  {{"axis", dim.axis.str()}, {"ragged", dim.ragged}, {"label", dim.label.str()}});
}

}  // namespace unfold
