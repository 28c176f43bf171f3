#include "tools/inspect/canonical.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graph/passes/drop_dead_nodes.h"
#include "graph/passes/order_by_use.h"
#include "graph/rebuild.h"
#include "ops/ops.h"
#include "tools/inspect/plan_names.h"

namespace unfold {

namespace {

/// New names for the names of one kind.
using Names = std::map<std::string, std::string>;

std::string kind_of(const TrainedParameter& p) {
  return fmt::format("{}[{}]", p.frozen ? "frozen " : "", fmt::join(p.value.dims(), ", "));
}

class Renamer {
 public:
  Renamer(const Graph& graph, const std::vector<TrainedParameter>& parameters,
          const std::set<std::string>& kept)
      : graph_(graph), kept_(kept) {
    for (const TrainedParameter& p : parameters) known_[p.name] = &p;
    const Graph ordered = order_by_use(graph);
    for (NodeId id = 0; id < ordered.size(); ++id)
      meet(ordered.node(id).op, ordered.attributes(id));
  }

  CanonicalGraph run() && {
    out_.graph = rebuild(graph_, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
      return renamed(to, id, map);
    });
    for (State& s : out_.graph.states) {
      const std::string name = s.name.str();
      const std::size_t delay = name.rfind('@');
      s.name = new_name(states_, "state", name.substr(0, delay)) + name.substr(delay);
    }
    return std::move(out_);
  }

 private:
  static std::string new_name(Names& names, const char* kind, const std::string& name) {
    const auto [found, added] = names.try_emplace(name, "");
    if (added) found->second = fmt::format("{} {}", kind, names.size());
    return found->second;
  }

  void meet(const OpDef* op, const Attributes& attributes) {
    if (op == &parameter_op) meet_parameter(attributes.text("name"));
    if (op == &state_op) new_name(states_, "state", attributes.text("name"));
    if (op == &random_op) new_name(calls_, "call", attributes.text("call"));
  }

  void meet_parameter(const std::string& name) {
    if (parameters_.contains(name)) return;
    TrainedParameter p = *known_.at(name);
    const std::string kind = kind_of(p);
    p.name =
        fmt::format("{} {}", kind, kept_.contains(name) ? name : std::to_string(++of_kind_[kind]));
    parameters_[name] = p.name;
    out_.own_names[p.name] = name;
    out_.parameters.push_back(std::move(p));
  }

  // Names of sizes are part of no network: types are found again without them.
  NodeId renamed(Graph& to, NodeId id, const std::vector<NodeId>& map) {
    const OpDef* op = graph_.node(id).op;
    Attributes attributes = without_labels(graph_.attributes(id));
    if (op == &parameter_op)
      attributes.set("name", parameters_.at(attributes.text("name")));
    else if (op == &state_op)
      attributes.set("name", new_name(states_, "state", attributes.text("name")));
    else if (op == &random_op)
      attributes.set("call", new_name(calls_, "call", attributes.text("call")));
    if (op->shape == nullptr)
      return to.add_source(*op, std::move(attributes), without_labels(graph_.type(id))).id;
    std::vector<Value> in;
    for (const NodeId i : graph_.inputs(id)) in.push_back(to.value(map[i]));
    return to.add(*op, in, std::move(attributes)).id;
  }

  const Graph& graph_;
  const std::set<std::string>& kept_;
  std::map<std::string, const TrainedParameter*> known_;
  std::map<std::string, int> of_kind_;
  Names parameters_, states_, calls_;
  CanonicalGraph out_;
};

}  // namespace

std::map<std::string, std::string> parameters_needed(
    const Graph& graph, const std::vector<TrainedParameter>& parameters) {
  const Graph needed = drop_dead_nodes(graph);
  std::map<std::string, std::string> kinds;
  for (const TrainedParameter& p : parameters)
    for (NodeId id = 0; id < needed.size(); ++id)
      if (needed.node(id).op == &parameter_op && needed.attributes(id).text("name") == p.name)
        kinds[p.name] = kind_of(p);
  return kinds;
}

CanonicalGraph canonical(const Graph& graph, const std::vector<TrainedParameter>& parameters,
                         const std::set<std::string>& kept) {
  const Graph needed = drop_dead_nodes(graph);
  return Renamer(needed, parameters, kept).run();
}

}  // namespace unfold
