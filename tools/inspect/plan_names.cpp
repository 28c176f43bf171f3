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

Type without_labels(Type type) {
  for (Dim& dim : type.dims) dim.label = {};
  return type;
}

}  // namespace unfold
