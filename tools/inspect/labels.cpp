#include "tools/inspect/labels.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

namespace unfold {

namespace {

/// The attribute `name` of a source, empty if it has none.
std::string source_name(const Graph& graph, NodeId id) {
  if (graph.node(id).op->shape != nullptr) return {};
  const AttributeValue* name = graph.attributes(id).find("name");
  const auto* text = name == nullptr ? nullptr : std::get_if<std::string>(name);
  return text == nullptr ? std::string() : *text;
}

std::string quantity(const Place& place) {
  const std::string& path = place.site.path.str();
  std::string name = path.empty() ? place.site.name.str() : path + "." + place.site.name.str();
  if (place.step != no_step) name += fmt::format("[{}]", place.step);
  return name;
}

}  // namespace

std::vector<std::string> node_labels(const Graph& graph) {
  // The last node of a quantity at its step is its value; gradients have no such last word.
  std::map<std::string, NodeId> last;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Place place = graph.place(id);
    if (!place.backward && !place.site.name.empty() && source_name(graph, id).empty())
      last[quantity(place)] = id;
  }
  std::vector<std::string> labels;
  for (NodeId id = 0; id < graph.size(); ++id) labels.push_back(fmt::format("%{}", id));
  for (const auto& [name, id] : last) labels[id] = name;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (std::string name = source_name(graph, id); !name.empty()) labels[id] = std::move(name);
  for (const Output& output : graph.outputs)
    if (output.name.str().starts_with("grad:")) labels[output.node] = output.name.str();
  return labels;
}

std::string equation(const Graph& graph, NodeId id, const std::vector<std::string>& labels) {
  std::string text;
  for (const NodeId in : graph.inputs(id)) text += (text.empty() ? "" : ", ") + labels[in];
  for (const Attribute& a : graph.attributes(id).list()) {
    if (std::holds_alternative<std::shared_ptr<const Tensor>>(a.value)) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", a.name.str(), print(a.value));
  }
  return fmt::format("{}({})", graph.node(id).op->name, text);
}

std::string shape_text(const Type& type) { return describe(type); }

}  // namespace unfold
