#include <fmt/format.h>

#include "graph/text.h"

namespace unfold {

namespace {

std::string quoted(Symbol s) { return print(AttributeValue(s.str())); }

std::string print(const Dim& dim) {
  std::string out = dim.size == Dim::unknown ? "?" : std::to_string(dim.size);
  if (dim.is_time()) {
    out += "@" + quoted(dim.axis);
    if (dim.ragged) out += "~";
    if (dim.trim > 0) out += fmt::format("-{}", dim.trim);
  }
  if (!dim.label.empty()) out += ":" + quoted(dim.label);
  return out;
}

std::string print(const Place& p) {
  const Site& s = p.site;
  std::string out = fmt::format(" at {} {}", quoted(s.path), quoted(s.name));
  if (!s.result.empty()) out += " as " + quoted(s.result);
  out += p.step == no_step ? " step -" : fmt::format(" step {}", p.step);
  if (!s.file.empty()) out += fmt::format(" {}:{}:{}", quoted(s.file), s.line, s.column);
  if (p.backward) out += " backward";
  return out;
}

}  // namespace

std::string print(const Type& type) {
  if (!type.known) return "unknown";
  std::string dims;
  for (const Dim& d : type.dims) dims += (dims.empty() ? "" : ", ") + print(d);
  return fmt::format("{} {} [{}]", type.batched ? "batched" : "shared",
                     type.kind == Kind::real ? "real" : "index", dims);
}

std::string print_node(const Graph& graph, NodeId id) {
  std::string out(graph.node(id).op->name);
  for (const NodeId in : graph.inputs(id)) out += fmt::format(" %{}", in);
  const std::string attributes = print(graph.attributes(id));
  if (!attributes.empty()) out += " " + attributes;
  return out + " : " + print(graph.type(id));
}

std::string print(const Graph& graph) {
  std::string out = "graph {\n";
  for (NodeId id = 0; id < graph.size(); ++id)
    out += fmt::format("  %{} = {}{}\n", id, print_node(graph, id), print(graph.place(id)));
  for (const Output& o : graph.outputs)
    out += fmt::format("  output {} %{}\n", quoted(o.name), o.node);
  for (const State& s : graph.states)
    out += fmt::format("  state {} {} %{} %{}\n", quoted(s.name), quoted(s.axis), s.in, s.out);
  if (!graph.pieces_of.empty()) out += fmt::format("  pieces {}\n", quoted(graph.pieces_of));
  return out + "}\n";
}

}  // namespace unfold
