#include "ops/build.h"

#include <fmt/format.h>

#include "graph/graph.h"
#include "ops/ops.h"

namespace unfold {

namespace {

AxisFact fact_of(const OpDef& op, const ShapeArgs& args, int input, int dim) {
  if (op.axis != nullptr) return op.axis(args, input, dim);
  return {op.elementwise ? AxisUse::pointwise : AxisUse::reorders, 0};
}

// `v` with the padding of its dimension `d` replaced by `neutral`.
Value masked(Value v, std::size_t d, double neutral) {
  Graph& g = *v.graph;
  const Type type = v.type();
  Value mask = step_mask(g, type.dims[d]);
  const std::size_t after = type.dims.size() - d - 1;
  if (after > 0) mask = expand_trailing(mask, static_cast<int>(after));
  return select(mask, v, fill(g, neutral, real_type({})));
}

}  // namespace

void require_whole(const Graph& graph, const OpDef& op, const Dim& dim) {
  if (graph.pieces_of.empty() || !(graph.pieces_of == dim.axis)) return;
  throw Error(fmt::format("{}: uses the whole sequence over {}, but {}", op.name, dim.axis.str(),
                          seen_in_pieces(graph)));
}

Value build(const OpDef& op, std::initializer_list<Value> in, Attributes attributes) {
  return build(op, std::span<const Value>(in.begin(), in.size()), std::move(attributes));
}

Value build(const OpDef& op, std::span<const Value> in, Attributes attributes) {
  if (in.empty() || !in.front()) throw Error(fmt::format("{}: an operand is empty", op.name));
  Graph& g = *in.front().graph;
  if (g.current.backward || op.elementwise) return g.add(op, in, std::move(attributes));
  std::vector<Value> operands(in.begin(), in.end());
  std::vector<const Type*> types;
  for (const Value& v : in) {
    if (v.graph != &g) return g.add(op, in, std::move(attributes));  // which says what is wrong
    types.push_back(&v.type());
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    for (std::size_t d = 0; d < types[i]->dims.size(); ++d) {
      const Dim& dim = types[i]->dims[d];
      if (!dim.is_time()) continue;
      const AxisFact fact =
          fact_of(op, {types, attributes}, static_cast<int>(i), static_cast<int>(d));
      if (fact.use == AxisUse::pointwise) continue;
      require_whole(g, op, dim);
      if (!dim.ragged && dim.trim == 0) continue;
      if (fact.use == AxisUse::reorders)
        throw Error(fmt::format("{}: {} has a length of its own in each example; operand is {}",
                                op.name, dim.axis.str(), describe(*types[i])));
      operands[i] = masked(operands[i], d, fact.neutral);
    }
  }
  return g.add(op, operands, std::move(attributes));
}

}  // namespace unfold
