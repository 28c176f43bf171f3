#include "tools/inspect/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/call_cost.h"

namespace unfold {

namespace {

std::string top_of(const std::string& path) { return path.substr(0, path.find('.')); }

// A second layer of one name is `h_2`.
bool named_after(const std::string& layer, const std::string& result) {
  if (result.empty() || !layer.starts_with(result)) return false;
  const std::string rest = layer.substr(result.size());
  return rest.empty() ||
         (rest.starts_with('_') && rest.find_first_not_of("0123456789", 1) == std::string::npos);
}

// Steps of an axis are the example's, so their number says nothing.
std::string output_text(const Type& type) {
  std::string text;
  for (const Dim& dim : type.dims)
    text += (text.empty() ? "" : ", ") + (dim.is_time() ? dim.axis.str() : describe(dim));
  return "[" + text + "]";
}

/// Divides the nodes of a graph among layers.
class Layers {
 public:
  explicit Layers(const Graph& graph) : graph_(graph) {
    // A quantity whose value comes out of a layer is that layer's.
    for (NodeId id = 0; id < graph.size(); ++id) {
      const Site site = graph.place(id).site;
      if (!is_source(id)) layer_of_[site.name] = top_of(site.path.str());
    }
    for (NodeId id = 0; id < graph.size(); ++id) names_.push_back(name_of(id));
    for (NodeId id = 0; id < graph.size(); ++id)
      first_result_.push_back(named_after(names_[id], graph.place(id).site.result.str()));
    // What a `for` gathers belongs to what it gathers.
    for (NodeId id = 0; id < graph.size(); ++id)
      for (const NodeId in : graph.inputs(id))
        if (names_[id].empty()) {
          names_[id] = names_[in];
          first_result_[id] = first_result_[in];
        }
    // Sources at the top of a program, and what only prepares them, belong to their first use.
    for (NodeId id = graph.size(); id-- > 0;)
      for (const NodeId in : graph.inputs(id))
        if (names_[in].empty() || (is_source(in) && !has_path(in))) names_[in] = names_[id];
  }

  /// Layers in the order in which the program completes them: a layer stands after those that its
  /// arguments are made by. Sources alone make none.
  std::vector<std::string> in_order() const {
    std::vector<std::string> order;
    for (NodeId id = graph_.size(); id-- > 0;)
      if (!is_source(id) && std::find(order.begin(), order.end(), names_[id]) == order.end())
        order.push_back(names_[id]);
    std::reverse(order.begin(), order.end());
    return order;
  }

  const std::string& of(NodeId id) const { return names_[id]; }

  /// The type of the last value of each layer that something outside of it uses; of several results
  /// the first, which the layer is named after.
  std::map<std::string, std::string> outputs() const {
    std::map<std::string, NodeId> last;
    const auto later = [&](NodeId a, NodeId b) {
      return first_result_[a] == first_result_[b] ? a > b : first_result_[a];
    };
    const auto used = [&](NodeId id) {
      if (is_source(id)) return;
      const auto [found, first] = last.try_emplace(names_[id], id);
      if (!first && later(id, found->second)) found->second = id;
    };
    for (NodeId id = 0; id < graph_.size(); ++id)
      for (const NodeId in : graph_.inputs(id))
        if (names_[in] != names_[id]) used(in);
    for (const Output& o : graph_.outputs) used(o.node);
    std::map<std::string, std::string> out;
    for (const auto& [layer, id] : last) out[layer] = output_text(graph_.type(id));
    return out;
  }

  std::map<std::string, double> work() const {
    std::map<std::string, double> work;
    for (NodeId id = 0; id < graph_.size(); ++id) work[names_[id]] += work_of(graph_, id);
    return work;
  }

 private:
  bool is_source(NodeId id) const { return graph_.node(id).op->shape == nullptr; }

  bool has_path(NodeId id) const { return !graph_.place(id).site.path.empty(); }

  std::string name_of(NodeId id) const {
    const Site site = graph_.place(id).site;
    if (!site.path.empty()) return top_of(site.path.str());
    if (is_source(id)) return {};
    const auto found = layer_of_.find(site.name);
    return found == layer_of_.end() || found->second.empty() ? site.name.str() : found->second;
  }

  const Graph& graph_;
  std::map<Symbol, std::string> layer_of_;
  std::vector<std::string> names_;
  std::vector<bool> first_result_;  ///< of a call of several that the layer is named after
};

// The graph of a program whose time axes all have so many steps.
BuiltModel build_for(const Model& model, std::int64_t steps) {
  BuildOptions options;
  options.training = false;
  options.default_steps = steps;
  for (const data::FieldSpec& field : model.program->data().fields)
    if (field.type.has_time()) options.steps[field.type.axis] = steps;
  return build(model, options);
}

std::pair<BuiltModel, BuiltModel> build_two_lengths(const Model& model) {
  try {
    return {build_for(model, 3), build_for(model, 4)};
  } catch (const ProgramErrors&) {  // a program that asks for the length that its data have
    BuildOptions options;
    options.training = false;
    return {build(model, options), build(model, options)};
  }
}

}  // namespace

Summary summarise(const Model& model) {
  const auto [built, longer_built] = build_two_lengths(model);
  const Graph& graph = built.model.graph;
  const Layers layers(graph), longer(longer_built.model.graph);
  std::map<std::string, std::int64_t> parameters;
  Summary summary;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const AttributeValue* name = graph.attributes(id).find("name");
    for (const TrainedParameter& p : model.parameters)
      if (graph.node(id).op == &parameter_op && std::get<std::string>(*name) == p.name)
        parameters[layers.of(id)] += p.value.size();
  }
  for (const TrainedParameter& p : model.parameters) {
    summary.parameters += p.value.size();
    if (p.frozen) summary.frozen += p.value.size();
    summary.bytes += static_cast<std::int64_t>(p.value.bytes());
  }
  auto outputs = layers.outputs();
  auto work = layers.work(), more = longer.work();
  for (const std::string& layer : layers.in_order()) {
    const double step = more[layer] - work[layer];
    summary.rows.push_back(
        {layer, outputs[layer], parameters[layer], step, std::max(0.0, work[layer] - 3 * step)});
    summary.work_step += summary.rows.back().work_step;
    summary.work_once += summary.rows.back().work_once;
  }
  return summary;
}

namespace {

std::string size_text(std::int64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace

std::string to_table(const Summary& summary) {
  std::size_t name = 5, shape = 6;
  for (const SummaryRow& row : summary.rows) {
    name = std::max(name, row.layer.size());
    shape = std::max(shape, row.output.size());
  }
  const auto line = [&](const auto& layer, const auto& output, const auto& parameters,
                        const auto& step, const auto& once) {
    return fmt::format("{:<{}}  {:<{}}  {:>10}  {:>12}  {:>12}\n", layer, name, output, shape,
                       parameters, step, once);
  };
  std::string out = line("layer", "output", "parameters", "work a step", "work once");
  for (const SummaryRow& row : summary.rows)
    out += line(row.layer, row.output, row.parameters, row.work_step, row.work_once);
  out += line("total", "", summary.parameters, summary.work_step, summary.work_once);
  out += fmt::format("\n{} parameters", summary.parameters);
  if (summary.frozen > 0) out += fmt::format(", {} of them frozen", summary.frozen);
  return out + fmt::format(", {}; work in floating-point operations for one example\n",
                           size_text(summary.bytes));
}

}  // namespace unfold
