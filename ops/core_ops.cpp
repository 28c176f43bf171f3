// What graph/ builds with: single steps of sequences, sums of adjoints.

#include <algorithm>
#include <map>

#include "ops/ops.h"

namespace unfold {

namespace {

// Takes no notice of padding: a recurrence may run on over an example's end, nothing reads it
// there.
Value single_step(Value sequence, std::int64_t index) {
  return sequence.graph->add(at_op, {{sequence}}, {{"dim", std::int64_t{0}}, {"index", index}});
}

Value added(std::span<const Value> terms) {
  Value total = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) total = total + terms[i];
  return total;
}

// Adjoints of single steps, each among zeros, become one stack: adding them up one by one would
// make the work grow with the square of the number of steps.
Value stacked(const std::vector<Value>& places) {
  Graph& g = *places[0].graph;
  const Type full = places[0].type();
  std::map<std::int64_t, std::vector<Value>> by_index;
  for (const Value& p : places)
    by_index[g.attributes(p.id).integer("index")].push_back(g.value(g.inputs(p.id)[0]));
  Type one = full;
  one.dims.erase(one.dims.begin());
  one.batched = false;
  std::vector<Value> steps;
  for (std::int64_t i = 0; i < full.dims[0].size; ++i) {
    const auto found = by_index.find(i);
    steps.push_back(found == by_index.end() ? fill(g, 0.0, one) : added(found->second));
  }
  return stack(steps, full.dims[0]);
}

// The same for parts of a dimension that do not overlap; between them there are zeros.
Value joined(std::vector<Value> pads) {
  Graph& g = *pads[0].graph;
  const auto before = [&](const Value& v) { return g.attributes(v.id).integer("before"); };
  std::sort(pads.begin(), pads.end(),
            [&](const Value& a, const Value& b) { return before(a) < before(b); });
  const auto dim = static_cast<std::size_t>(g.attributes(pads[0].id).integer("dim"));
  std::vector<Value> parts;
  std::int64_t end = 0;
  const auto zeros_until = [&](std::int64_t begin) {
    if (begin <= end) return;
    Type gap = pads[0].type();
    gap.dims[dim] = plain(begin - end);
    gap.batched = false;
    parts.push_back(fill(g, 0.0, std::move(gap)));
  };
  for (const Value& p : pads) {
    const Value part = g.value(g.inputs(p.id)[0]);
    if (static_cast<std::size_t>(g.attributes(p.id).integer("dim")) != dim || before(p) < end)
      return added(pads);
    zeros_until(before(p));
    parts.push_back(part);
    end = before(p) + part.type().dims[dim].size;
  }
  const Type whole = pads[0].type();
  zeros_until(whole.dims[dim].size);
  const Value all = concat(parts, static_cast<int>(dim));
  return whole.dims[dim].is_time() ? reshape(all, whole.dims) : all;
}

Value accumulate(std::span<const Value> terms) {
  std::vector<Value> places, pads, rest;
  for (const Value& v : terms) {
    const Graph& g = *v.graph;
    const OpDef* op = g.node(v.id).op;
    const bool first_dim = op == &place_op && g.attributes(v.id).integer("dim") == 0;
    (first_dim ? places : op == &pad_op ? pads : rest).push_back(v);
  }
  if (places.size() == 1) rest.push_back(places[0]);
  if (places.size() > 1) rest.push_back(stacked(places));
  if (pads.size() == 1) rest.push_back(pads[0]);
  if (pads.size() > 1) rest.push_back(joined(std::move(pads)));
  return added(rest);
}

}  // namespace

const CoreOps& core_ops() {
  static const CoreOps ops{
      .accumulate = accumulate,
      .sum_to = sum_to,
      .batch_sum = batch_sum,
      .fill = fill,
      .at = single_step,
      .stack = stack,
      .where_reached = where_reached,
      .state = state,
      .after = after,
      .input = input,
  };
  return ops;
}

}  // namespace unfold
