#include "graph/verify.h"

#include <fmt/format.h>

#include <set>

#include "graph/text.h"

namespace unfold {

namespace {

[[noreturn]] void broken(const Graph& graph, NodeId id, int invariant, const std::string& what) {
  throw Error(fmt::format("invariant {} broken at %{} = {}: {}", invariant, id,
                          print_node(graph, id), what),
              location_of(graph.place(id).site));
}

void verify_type(const Graph& graph, NodeId id, const OpDef& op) {
  std::vector<const Type*> types;
  bool batched = false;
  for (const NodeId in : graph.inputs(id)) {
    types.push_back(&graph.type(in));
    batched = batched || types.back()->batched;
  }
  Type expected;
  try {
    expected = op.shape({types, graph.attributes(id)});
  } catch (const Error& e) {
    broken(graph, id, 3, e.message);
  }
  expected.batched = graph.type(id).batched;
  if (!(expected == graph.type(id)))
    broken(graph, id, 3, "the shape rule gives " + print(expected));
  if (graph.type(id).batched != (batched && !op.sums_batch))
    broken(graph, id, 4, "batched and shared are mixed up");
}

void verify_node(const Graph& graph, NodeId id) {
  const OpDef& op = *graph.node(id).op;
  const auto count = static_cast<int>(graph.inputs(id).size());
  for (const NodeId in : graph.inputs(id))
    if (in >= id) broken(graph, id, 1, fmt::format("operand %{} comes later", in));
  const bool source = op.shape == nullptr;
  if (source ? count != 0 : count < op.min_inputs || (op.max_inputs >= 0 && count > op.max_inputs))
    broken(graph, id, source ? 5 : 2, fmt::format("{} operands", count));
  for (const Attribute& a : graph.attributes(id).list()) {
    bool own = false;
    for (const AttributeDef& def : op.attributes) own = own || def.name == a.name.str();
    if (!own) broken(graph, id, 5, fmt::format("no attribute '{}'", a.name.str()));
  }
  if (!source) verify_type(graph, id, op);
  try {
    check_held_numbers(op, graph.attributes(id), graph.type(id));
  } catch (const Error& e) {
    broken(graph, id, 5, e.message);
  }
}

void verify_sizes(const Graph& graph, NodeId id) {
  bool known = graph.type(id).known;
  for (const Dim& d : graph.type(id).dims) known = known && d.size != Dim::unknown;
  if (!known) broken(graph, id, 6, "a size is unknown");
}

}  // namespace

void verify(const Graph& graph) {
  for (NodeId id = 0; id < graph.size(); ++id) verify_node(graph, id);
  verify_complete(graph);
}

void verify_complete(const Graph& graph) {
  for (NodeId id = 0; id < graph.size(); ++id) verify_sizes(graph, id);
  std::set<Symbol> names;
  for (const Output& o : graph.outputs)
    if (o.node >= graph.size() || !names.insert(o.name).second)
      throw Error(fmt::format("invariant 7 broken: output '{}' is no node, or there are two of it",
                              o.name.str()));
  names.clear();
  for (const State& s : graph.states)
    if (s.in >= graph.size() || s.out >= graph.size() || !names.insert(s.name).second)
      throw Error(fmt::format("invariant 7 broken: state '{}' is no node, or there are two of it",
                              s.name.str()));
}

#ifdef NDEBUG
void verify_if_debug(const Graph&) {}
#else
void verify_if_debug(const Graph& graph) { verify(graph); }
#endif

}  // namespace unfold
