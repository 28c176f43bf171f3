#include "tools/inspect/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace unfold {

namespace {

/// Groups in the order in which they are shown: forward before backward; time runs the other way in
/// the backward part, which ends outside of time.
using Group = std::tuple<bool, bool, std::int32_t>;

Group group_of(const PictureNode& node) {
  if (!node.backward) return {false, node.in_time, node.step};
  return {true, !node.in_time, -node.step};
}

std::string title(const PictureNode& node, bool rolled) {
  std::string text = node.backward ? "backward, " : "";
  if (!node.in_time) return text + "outside time";
  return text + (rolled ? "every step" : fmt::format("step {}", node.step));
}

std::string left_part(const PictureNode& node) {
  return fmt::format("  {} = {}", node.label, node.equation.empty() ? node.op : node.equation);
}

std::string line(const PictureNode& node, std::size_t width) {
  std::string text = fmt::format("{:<{}}  {}", left_part(node), width, node.shape);
  if (node.count > 1) text += fmt::format("  {} times", node.count);
  if (!node.path.empty()) text += "  in " + node.path;
  if (!node.where.empty()) text += "  " + node.where;
  return text + "\n";
}

}  // namespace

std::string to_listing(const Picture& picture) {
  std::map<Group, std::vector<const PictureNode*>> groups;
  std::size_t width = 0;
  for (const PictureNode& node : picture.nodes) {
    groups[group_of(node)].push_back(&node);
    width = std::max(width, std::min<std::size_t>(left_part(node).size(), 50));
  }
  std::string out = fmt::format("{} nodes\n", picture.nodes.size());
  for (const auto& [key, nodes] : groups) {
    out += "\n" + title(*nodes.front(), picture.rolled) + "\n";
    for (const PictureNode* node : nodes) out += line(*node, width);
  }
  out += "\noutputs\n";
  for (const PictureOutput& o : picture.outputs)
    out += o.name == picture.nodes[o.node].label
               ? fmt::format("  {}\n", o.name)
               : fmt::format("  {} = {}\n", o.name, picture.nodes[o.node].label);
  return out;
}

}  // namespace unfold
