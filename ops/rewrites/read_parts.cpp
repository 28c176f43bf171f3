#include "ops/rewrites/read_parts.h"

#include "ops/ops.h"
#include "ops/rewrites/rules.h"

namespace unfold {

namespace {

NodeId step_of_stack(const Match& m) {
  const auto parts = m.inside(0, stack_op);
  if (parts.empty() || m.attributes.integer("dim") != 0) return no_node;
  return m.same(parts[static_cast<std::size_t>(m.attributes.integer("index"))]);
}

NodeId step_of_place(const Match& m) {
  const auto in = m.inside(0, place_op);
  const auto same = [&](const char* name) {
    return m.attributes.integer(name) == m.attributes_of(0).integer(name);
  };
  if (in.empty() || !same("dim")) return no_node;
  return same("index") ? m.same(in[0]) : m.filled(0);
}

bool same_dim(const Match& m) {
  return m.attributes.integer("dim") == m.attributes_of(0).integer("dim");
}

Attributes cut(std::int64_t dim, std::int64_t begin, std::int64_t end) {
  return {{"dim", dim}, {"begin", begin}, {"end", end}};
}

NodeId step_of_slice(const Match& m) {
  const auto in = m.inside(0, slice_op);
  if (in.empty() || !same_dim(m)) return no_node;
  const std::int64_t index = m.attributes_of(0).integer("begin") + m.attributes.integer("index");
  return m.replaced(at_op, in, {{"dim", m.attributes.integer("dim")}, {"index", index}});
}

NodeId slice_of_slice(const Match& m) {
  const auto in = m.inside(0, slice_op);
  if (in.empty() || !same_dim(m)) return no_node;
  const std::int64_t first = m.attributes_of(0).integer("begin");
  return m.replaced(slice_op, in,
                    cut(m.attributes.integer("dim"), first + m.attributes.integer("begin"),
                        first + m.attributes.integer("end")));
}

NodeId slice_of_concat(const Match& m) {
  const auto parts = m.inside(0, concat_op);
  if (parts.empty() || !same_dim(m)) return no_node;
  const std::int64_t dim = m.attributes.integer("dim");
  const std::int64_t begin = m.attributes.integer("begin"), end = m.attributes.integer("end");
  std::int64_t at = 0;
  for (const NodeId part : parts) {
    const std::int64_t size = m.graph.type(part).dims[static_cast<std::size_t>(dim)].size;
    if (begin == at && end == at + size) return m.same(part);
    if (begin >= at && end <= at + size)
      return m.replaced(slice_op, {&part, 1}, cut(dim, begin - at, end - at));
    at += size;
  }
  return no_node;
}

NodeId slice_of_pad(const Match& m) {
  const auto in = m.inside(0, pad_op);
  if (in.empty() || !same_dim(m)) return no_node;
  const std::int64_t dim = m.attributes.integer("dim");
  const std::int64_t first = m.attributes_of(0).integer("before");
  const std::int64_t last = first + m.graph.type(in[0]).dims[static_cast<std::size_t>(dim)].size;
  const std::int64_t begin = m.attributes.integer("begin"), end = m.attributes.integer("end");
  if (end <= first || begin >= last) return m.filled(0);
  if (begin == first && end == last) return m.same(in[0]);
  if (begin < first || end > last) return no_node;
  return m.replaced(slice_op, in, cut(dim, begin - first, end - first));
}

const Rule table[] = {
    {"at", "stack(x, ..)[i] = x_i", step_of_stack},
    {"at", "place(x, i)[i] = x, [j] = 0", step_of_place},
    {"at", "x[b:e][i] = x[b + i]", step_of_slice},
    {"slice", "x[b:e][c:d] = x[b + c:b + d]", slice_of_slice},
    {"slice", "of one part of a concatenation", slice_of_concat},
    {"slice", "of what was padded", slice_of_pad},
};

}  // namespace

Graph read_parts(const Graph& graph) { return apply_rules(graph, table); }

}  // namespace unfold
