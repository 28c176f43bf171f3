#include "graph/footprints.h"

#include "graph/homes.h"

namespace unfold {

namespace {

std::byte origin{};  // every root begins here

}  // namespace

Footprints::Footprints(const Plan& plan) : plan_(plan), by_value_(plan.homes.size()) {
  ViewMaker maker(plan.graph, plan.precision, 1);
  std::vector<View> views(plan.homes.size());
  for (const ValueId v : plan.order) {
    const Home& home = plan.homes[v];
    views[v] = maker.make(home, home.of == no_value ? View{} : views[home.of]);
    if (home.of == no_value) views[v].data = &origin;
    const View& view = views[v];
    const auto width = static_cast<std::int64_t>(size_of(view.dtype));
    Footprint& f = by_value_[v];
    f.root = home.of == no_value ? v : by_value_[home.of].root;
    f.begin = static_cast<std::byte*>(view.data) - &origin;
    f.end = f.begin + width;
    for (std::size_t d = 0; d < view.sizes.size(); ++d) {
      const std::int64_t reach = (view.sizes[d] - 1) * view.strides[d + 1] * width;
      (reach < 0 ? f.begin : f.end) += reach;
    }
  }
}

std::vector<Footprint> Footprints::of(const Call& call) const {
  std::vector<Footprint> all;
  for (const ValueId v : plan_.reads(call)) all.push_back(by_value_[v]);
  for (const ValueId v : plan_.writes(call)) {
    all.push_back(by_value_[v]);
    all.back().writes = true;
  }
  if (call.sum != no_node)
    all.push_back({static_cast<std::uint32_t>(plan_.homes.size()) + call.sum, 0, 1, true});
  return all;
}

std::pair<std::int32_t, bool> Footprints::slot_of(std::uint32_t root) const {
  const auto values = static_cast<std::uint32_t>(plan_.homes.size());
  if (root >= values) return {plan_.partial_slot[root - values], true};
  const Home& home = plan_.homes[root];
  return {home.slot, home.batched};
}

}  // namespace unfold
