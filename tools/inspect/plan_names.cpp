#include "tools/inspect/plan_names.h"

namespace unfold {

std::string layer_of(const Place& place) {
  if (!place.site.path.empty()) return place.site.path.str();
  return place.site.name.empty() ? "-" : place.site.name.str();
}

std::string kind_of(const Plan& plan, const Call& call) {
  const std::string operation(plan.graph.node(call.node).op->name);
  switch (call.kind) {
    case Call::Kind::kernel: return operation;
    case Call::Kind::fused: return "fused";
    case Call::Kind::prepare: return "prepare";
    case Call::Kind::copy: return "copy";
    case Call::Kind::sum: return "sum";
    case Call::Kind::fused_sum: return "sum of " + operation;
  }
  return {};
}

Attributes without_labels(Attributes attributes) {
  for (const char* name : {"label", "labels"})
    if (const AttributeValue* value = attributes.find(name)) {
      std::string left = std::get<std::string>(*value);
      std::erase_if(left, [](char c) { return c != '\n'; });  // which counts dimensions
      attributes.set(name, left);
    }
  return attributes;
}

Type without_labels(Type type) {
  for (Dim& dim : type.dims) dim.label = {};
  return type;
}

}  // namespace unfold
