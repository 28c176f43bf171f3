#include "tools/inspect/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <tuple>

namespace unfold {

namespace {

/// What a node is called without its step: empty for one that has only a number.
using Names = std::vector<std::string>;

std::string source_name(const Graph& graph, NodeId id) {
  if (graph.node(id).op->shape != nullptr) return {};
  const Attributes& attributes = graph.attributes(id);
  if (const AttributeValue* name = attributes.find("name"))
    if (const auto* text = std::get_if<std::string>(name)) return *text;
  if (const AttributeValue* value = attributes.find("value"))
    if (const auto* number = std::get_if<double>(value)) return fmt::format("{}", *number);
  return {};
}

// A layer that a program names by its result (`h = rnn(…)`) needs no name inside.
std::string quantity(const Site& site) {
  if (!site.result.empty()) return site.result.str();
  const std::string &path = site.path.str(), &name = site.name.str();
  if (path.empty() || path == name || path.ends_with("." + name)) return path.empty() ? name : path;
  return path + "." + name;
}

// Whether a node that a call of several results made has its first result's name for the only
// reason that all of the call's nodes have it.
bool only_makes(const Site& node, const Site& result) {
  const std::string &call = node.path.str(), &path = result.path.str();
  return node.result.empty() && !result.result.empty() &&
         (path == call || path.starts_with(call + "."));
}

// The last node of a quantity at its step holds its value.
Names names_of(const Graph& graph) {
  std::map<std::pair<std::string, std::int32_t>, NodeId> last;
  Names names(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) {
    names[id] = source_name(graph, id);
    const Place place = graph.place(id);
    if (!names[id].empty() || place.backward || place.site.name.empty()) continue;
    const auto [found, first] = last.try_emplace({quantity(place.site), place.step}, id);
    if (!first && !only_makes(place.site, graph.place(found->second).site)) found->second = id;
  }
  for (const auto& [quantity, id] : last) names[id] = quantity.first;
  for (const Output& output : graph.outputs)
    if (names[output.node].empty()) names[output.node] = output.name.str();
  return names;
}

PictureNode describe_node(const Graph& graph, NodeId id) {
  const Place place = graph.place(id);
  PictureNode node;
  node.op = graph.node(id).op->name;
  node.shape = describe(graph.type(id));
  if (!place.site.file.empty())
    node.where = fmt::format(
        "{}:{}", std::filesystem::path(place.site.file.str()).filename().string(), place.site.line);
  node.path = place.site.path.str();
  node.step = place.step;
  node.in_time = place.step != no_step;
  node.backward = place.backward;
  return node;
}

// Names and constants say nothing that the operands or the shape do not.
bool is_told(const AttributeValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return !std::holds_alternative<std::shared_ptr<const Tensor>>(value) &&
         !std::holds_alternative<std::string>(value);
}

std::string equation(const Graph& graph, NodeId id,
                     const std::function<std::string(NodeId)>& operand,
                     const std::function<std::string(const Attribute&)>& value) {
  if (graph.node(id).op->shape == nullptr) return {};
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  std::string before;
  for (const NodeId in : graph.inputs(id)) {
    const std::string name = operand(in);
    if (name != before || !name.ends_with("[..]")) add(name);
    before = name;
  }
  for (const Attribute& a : graph.attributes(id).list())
    if (is_told(a.value)) add(fmt::format("{}={}", a.name.str(), value(a)));
  return fmt::format("{}({})", graph.node(id).op->name, text);
}

/// Which node of the rolled picture each node of the graph is part of, and the members of each.
struct Roll {
  std::vector<std::uint32_t> of;
  std::vector<std::vector<NodeId>> members;
};

// Where one site makes several nodes of one operation in a step, the first of each step are one,
// the second of each, and so on.
Roll roll(const Graph& graph) {
  Roll roll;
  using Key = std::tuple<std::uint32_t, const OpDef*, bool, bool, std::string>;
  std::map<Key, std::map<std::int32_t, std::uint32_t>> seen;
  std::map<std::pair<Key, std::uint32_t>, std::uint32_t> numbers;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& n = graph.node(id);
    const Key key{n.site, n.op, n.backward, n.step != no_step, source_name(graph, id)};
    const std::uint32_t ordinal = seen[key][n.step]++;
    const auto [found, fresh] =
        numbers.try_emplace({key, ordinal}, static_cast<std::uint32_t>(roll.members.size()));
    if (fresh) roll.members.emplace_back();
    roll.members[found->second].push_back(id);
    roll.of.push_back(found->second);
  }
  return roll;
}

std::string step_index(std::int32_t delay) {
  return delay == 0 ? "[t]" : fmt::format("[t{}{}]", delay > 0 ? "-" : "+", std::abs(delay));
}

std::int32_t delay_of(const Graph& graph, NodeId from, NodeId to) {
  const std::int32_t a = graph.node(from).step, b = graph.node(to).step;
  return a == no_step || b == no_step ? 0 : b - a;
}

// The member that uses most values of other steps, so that it is not one of the first, which use
// initial values instead; of equals a middle one.
NodeId typical(const Graph& graph, const std::vector<NodeId>& members) {
  const auto in_time = [&](NodeId id) {
    const auto in = graph.inputs(id);
    return std::count_if(in.begin(), in.end(),
                         [&](NodeId i) { return graph.node(i).step != no_step; });
  };
  NodeId best = members[members.size() / 2];
  for (const NodeId id : members)
    if (in_time(id) > in_time(best)) best = id;
  return best;
}

// Whether an attribute is nothing but the number of the step.
bool is_the_step(const Graph& graph, const std::vector<NodeId>& members, Symbol attribute) {
  return members.size() > 1 && std::all_of(members.begin(), members.end(), [&](NodeId id) {
           const AttributeValue* value = graph.attributes(id).find(attribute.str());
           const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
           return number != nullptr && *number == graph.node(id).step;
         });
}

}  // namespace

Picture unrolled_picture(const Graph& graph) {
  Picture picture;
  const Names names = names_of(graph);
  const auto label = [&](NodeId id) {
    if (names[id].empty()) return fmt::format("%{}", id);
    const bool stepped = graph.node(id).step != no_step && graph.node(id).op->shape != nullptr;
    return stepped ? fmt::format("{}[{}]", names[id], graph.node(id).step) : names[id];
  };
  for (NodeId id = 0; id < graph.size(); ++id) {
    PictureNode node = describe_node(graph, id);
    node.label = label(id);
    node.equation = equation(graph, id, label, [](const Attribute& a) { return print(a.value); });
    picture.nodes.push_back(std::move(node));
    for (const NodeId in : graph.inputs(id)) picture.edges.push_back({in, id, 0});
  }
  for (const Output& o : graph.outputs) picture.outputs.push_back({o.name.str(), o.node});
  return picture;
}

Picture rolled_picture(const Graph& graph) {
  Picture picture;
  picture.rolled = true;
  const Names names = names_of(graph);
  const Roll rolled = roll(graph);
  for (std::uint32_t number = 0; number < rolled.members.size(); ++number) {
    const auto& members = rolled.members[number];
    const NodeId shown = typical(graph, members);
    const auto label = [&](NodeId id) {
      const Node& n = graph.node(id);
      std::string text = names[id].empty() ? fmt::format("%{}", rolled.of[id]) : names[id];
      if (n.step == no_step || n.op->shape == nullptr) return text;
      const std::int32_t delay = delay_of(graph, id, shown);
      if (graph.node(shown).step == no_step) return text + "[..]";  // of all steps
      return names[id].empty() && delay == 0 ? text : text + step_index(delay);
    };
    PictureNode node = describe_node(graph, shown);
    node.label = label(shown);
    node.equation = equation(graph, shown, label, [&](const Attribute& a) {
      return is_the_step(graph, members, a.name) ? "t" : print(a.value);
    });
    node.step = no_step;
    node.count = static_cast<std::int32_t>(members.size());
    picture.nodes.push_back(std::move(node));
  }
  std::set<PictureEdge> edges;
  for (NodeId id = 0; id < graph.size(); ++id)
    for (const NodeId in : graph.inputs(id))
      edges.insert({rolled.of[in], rolled.of[id], delay_of(graph, in, id)});
  picture.edges.assign(edges.begin(), edges.end());
  for (const Output& o : graph.outputs)
    picture.outputs.push_back({o.name.str(), rolled.of[o.node]});
  return picture;
}

}  // namespace unfold
