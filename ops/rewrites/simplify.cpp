#include "ops/rewrites/simplify.h"

#include <algorithm>

#include "ops/ops.h"
#include "ops/rewrites/match.h"
#include "ops/rewrites/rules.h"

namespace unfold {

namespace {

// --- what several lines of the table have in common

/// The other operand of two, where one is `number`.
NodeId beside(const Match& m, double number) {
  if (m.is(0, number)) return m.same(m.in[1]);
  return m.is(1, number) ? m.same(m.in[0]) : no_node;
}

NodeId zero_if(const Match& m, bool condition) { return condition ? m.filled(0) : no_node; }

/// A move of numbers that are all equal.
NodeId moved_number(const Match& m) {
  const auto number = number_of(m.graph, m.in[0]);
  return number && m.all_are(*number) ? m.filled(*number) : no_node;
}

/// A result that is the only operand.
NodeId unchanged(const Match& m) { return m.in.size() == 1 ? m.same(m.in[0]) : no_node; }

NodeId zero_if_first_is(const Match& m) { return zero_if(m, m.is(0, 0)); }
NodeId zero_if_any_is(const Match& m) { return zero_if(m, m.any_is(0)); }

NodeId unchanged_order(const Match& m) {
  const auto& order = m.attributes.integers("order");
  return std::is_sorted(order.begin(), order.end()) ? m.same(m.in[0]) : no_node;
}

/// Terms of a sum over the batch that are not zero.
NodeId without_zeros(const Match& m) {
  std::vector<NodeId> rest;
  for (const NodeId id : m.in)
    if (number_of(m.graph, id) != 0.0) rest.push_back(id);
  if (rest.empty()) return m.filled(0);
  return rest.size() < m.in.size() ? m.replaced(m.op, rest) : no_node;
}

NodeId minus(const Match& m) {
  return m.is(0, 0) ? m.replaced(*find_op("neg"), m.in.subspan(1)) : no_node;
}

NodeId negated_twice(const Match& m) {
  const auto in = m.inside(0, m.op);
  return in.empty() ? no_node : m.same(in[0]);
}

NodeId chosen(const Match& m) {
  if (m.in[1] == m.in[2]) return m.same(m.in[1]);
  const auto condition = number_of(m.graph, m.in[0]);
  return condition ? m.same(m.in[*condition != 0 ? 1 : 2]) : no_node;
}

/// An elementwise operation on known numbers: its kernel, run on one element.
NodeId known(const Match& m) {
  std::vector<double> reals(m.in.size());
  std::vector<std::int32_t> ids(m.in.size());
  std::vector<View> views;
  const auto view = [](Kind kind, double& real, std::int32_t& id) {
    View v;
    v.dtype = kind == Kind::real ? DType::f64 : DType::i32;
    v.data = kind == Kind::real ? static_cast<void*>(&real) : &id;
    static constexpr std::int64_t shared = 0;
    v.strides = {&shared, 1};
    return v;
  };
  for (std::size_t i = 0; i < m.in.size(); ++i) {
    const auto number = number_of(m.graph, m.in[i]);
    if (!number) return no_node;
    const Kind kind = m.graph.type(m.in[i]).kind;
    reals[i] = *number;
    if (kind == Kind::index) ids[i] = static_cast<std::int32_t>(*number);
    views.push_back(view(kind, reals[i], ids[i]));
  }
  double real = 0;
  std::int32_t id = 0;
  run_kernel(m.op, {views, view(m.type.kind, real, id), m.attributes, {}});
  return m.filled(m.type.kind == Kind::real ? real : id);
}

const Rule table[] = {
    {"add", "x + 0 = x", [](const Match& m) { return beside(m, 0); }},
    {"sub", "x - 0 = x", [](const Match& m) { return m.is(1, 0) ? m.same(m.in[0]) : no_node; }},
    {"sub", "0 - x = -x", minus},
    {"mul", "x * 1 = x", [](const Match& m) { return beside(m, 1); }},
    {"mul", "x * 0 = 0", zero_if_any_is},
    {"div", "x / 1 = x", [](const Match& m) { return m.is(1, 1) ? m.same(m.in[0]) : no_node; }},
    {"pow", "x ^ 1 = x", [](const Match& m) { return m.is(1, 1) ? m.same(m.in[0]) : no_node; }},
    {"neg", "-(-x) = x", negated_twice},
    {"where", "a known choice, or one between equals", chosen},
    {"matmul", "0 W = x 0 = 0", zero_if_any_is},
    {"outer", "0 b' = a 0' = 0", zero_if_any_is},
    {"gather", "rows of zeros", zero_if_first_is},
    {"scatter", "rows of zeros", zero_if_first_is},
    {"sum", "a sum of zeros", zero_if_first_is},
    {"sum_to", "a sum of zeros", zero_if_first_is},
    {"sum_to", "a sum over nothing", unchanged},
    {"batch_sum", "a sum of zeros", without_zeros},
    {"reshape", "to the same shape", unchanged},
    {"broadcast", "to the same shape", unchanged},
    {"slice", "of all", unchanged},
    {"pad", "by nothing", unchanged},
    {"concat", "of one", unchanged},
    {"transpose", "to the same order", unchanged_order},
    {"reshape", "of one number", moved_number},
    {"broadcast", "of one number", moved_number},
    {"slice", "of one number", moved_number},
    {"at", "of one number", moved_number},
    {"transpose", "of one number", moved_number},
    {"concat", "of one number", moved_number},
    {"stack", "of one number", moved_number},
    {"pad", "zeros beside zeros", zero_if_first_is},
    {"place", "zeros beside zeros", zero_if_first_is},
    {"shift", "zeros beside zeros", zero_if_first_is},
    {"put_step", "zeros beside zeros", zero_if_first_is},
    {"take_step", "a step of zeros", zero_if_first_is},
};

std::vector<Rule> all_rules() {
  std::vector<Rule> rules(std::begin(table), std::end(table));
  for (const OpDef* op : all_ops())
    if (op->tile != nullptr) rules.push_back({op->name.data(), "of known numbers", known});
  return rules;
}

}  // namespace

Graph simplify(const Graph& graph) {
  static const std::vector<Rule> rules = all_rules();
  return apply_rules(graph, rules);
}

}  // namespace unfold
