#include "tools/train/not_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/interpret.h"

namespace unfold {

namespace {

template <class T>
bool all_finite(std::span<const T> values) {
  return std::ranges::all_of(values, [](T x) { return std::isfinite(x); });
}

std::string name_of(const Graph& graph, NodeId id) {
  const Place place = graph.place(id);
  std::string name = place.site.path.str();
  if (!place.site.name.empty()) name += (name.empty() ? "" : ".") + place.site.name.str();
  if (const AttributeValue* own = graph.attributes(id).find("name"))
    if (const auto* text = std::get_if<std::string>(own)) name = *text;
  std::string out = fmt::format("`{}`{}", graph.node(id).op->name,
                                name.empty() ? "" : fmt::format(" of {}", name));
  if (place.step != no_step) out += fmt::format(", timestep {}", place.step);
  if (place.backward) out += ", in the gradient";
  return out;
}

}  // namespace

bool is_finite(const Tensor& tensor) {
  return tensor.dtype() == DType::f64 ? all_finite(tensor.as<double>())
                                      : all_finite(tensor.as<float>());
}

Error describe_not_finite(const std::string& what, const Graph& graph, const Feed& feed,
                          DType precision) {
  NodeId first = no_node;
  std::vector<bool> bad(graph.size());
  interpret(graph, feed, precision, [&](NodeId id, const NodeValues& values) {
    bad[id] = graph.type(id).kind == Kind::real && !std::ranges::all_of(values, is_finite);
    if (!bad[id]) return true;
    // Infinity written in the program, or by a mask, is no accident.
    const bool own = graph.node(id).op->shape == nullptr && graph.node(id).op->kernel != nullptr;
    for (const NodeId in : graph.inputs(id))
      if (bad[in]) return true;
    if (own) return true;
    first = id;
    return false;
  });
  if (first == no_node)
    return Error(fmt::format("{}; the parameters are as they were before this update", what));
  return Error(
      fmt::format("{}: the first such value is in {}; the parameters are as they were before "
                  "this update",
                  what, name_of(graph, first)),
      location_of(graph.place(first).site));
}

}  // namespace unfold
