#include "tools/inspect/dot.h"

#include <fmt/format.h>

#include <map>

namespace unfold {

namespace {

constexpr const char* backward_color = "#b03a2e";

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string node_line(const Picture& picture, std::size_t number) {
  const PictureNode& node = picture.nodes[number];
  std::string label = quoted(node.label);
  label.pop_back();
  label += "\\n" + (node.op + " " + node.shape);
  if (node.count > 1) label += fmt::format("\\n{} times", node.count);
  label += "\"";
  const bool source = node.equation.empty();
  return fmt::format("n{} [label={}, shape={}, color=\"{}\", tooltip={}]", number, label,
                     source ? "ellipse" : "box", node.backward ? backward_color : "black",
                     quoted(node.where));
}

std::string edge_line(const Picture& picture, const PictureEdge& edge) {
  const bool from = picture.nodes[edge.from].backward, to = picture.nodes[edge.to].backward;
  std::string style = "color=black, style=solid";
  if (to) style = fmt::format("color=\"{}\", style={}", backward_color, from ? "dashed" : "dotted");
  if (edge.delay != 0)
    style += fmt::format(", constraint=false, label=\"t{}{}\"", edge.delay > 0 ? "-" : "+",
                         std::abs(edge.delay));
  return fmt::format("n{} -> n{} [{}]", edge.from, edge.to, style);
}

}  // namespace

std::string to_dot(const Picture& picture) {
  std::map<std::int32_t, std::string> clusters;
  std::string outside;
  for (std::size_t i = 0; i < picture.nodes.size(); ++i) {
    const PictureNode& node = picture.nodes[i];
    if (node.in_time)
      clusters[node.step] += "    " + node_line(picture, i) + ";\n";
    else
      outside += "  " + node_line(picture, i) + ";\n";
  }
  std::string out =
      "digraph unfold {\n  rankdir=LR;\n  node [fontname=\"monospace\", fontsize=10];\n"
      "  edge [fontname=\"monospace\", fontsize=10];\n";
  for (const auto& [step, lines] : clusters) {
    const std::string name = picture.rolled ? "every step" : fmt::format("step {}", step);
    out += fmt::format("  subgraph cluster_{} {{\n    label=\"{}\"; color=gray;\n{}  }}\n",
                       picture.rolled ? 0 : step, name, lines);
  }
  out += outside;
  for (const PictureEdge& edge : picture.edges) out += "  " + edge_line(picture, edge) + ";\n";
  for (std::size_t i = 0; i < picture.outputs.size(); ++i) {
    const PictureOutput& o = picture.outputs[i];
    out += fmt::format("  o{} [label={}, shape=plaintext];\n  n{} -> o{} [color=gray];\n", i,
                       quoted(o.name), o.node, i);
  }
  return out + "}\n";
}

}  // namespace unfold
