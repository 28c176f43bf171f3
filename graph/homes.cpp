#include "graph/homes.h"

#include <algorithm>

namespace unfold {

namespace {

// Where nothing is there is nothing to move: a plan asks for strides before there is any memory.
void* moved(void* data, std::int64_t elements, DType type) {
  if (data == nullptr) return nullptr;
  return static_cast<std::byte*>(data) + elements * static_cast<std::int64_t>(size_of(type));
}

}  // namespace

ViewMaker::ViewMaker(const Graph& graph, DType precision, std::int64_t batch)
    : graph_(graph), precision_(precision), batch_(batch) {
  for (std::uint32_t t = 0; t < graph.type_count(); ++t) sizes_.push_back(graph.type_at(t).sizes());
}

View ViewMaker::typed(const Home& home) const {
  View v;
  v.dtype = element_type(graph_.type_at(home.type), precision_);
  v.batched = home.batched;
  v.batch = home.batched ? batch_ : 1;
  v.sizes = sizes_[home.type];
  return v;
}

std::span<const std::int64_t> ViewMaker::keep(std::span<const std::int64_t> strides) {
  std::size_t hash = strides.size();
  for (const std::int64_t s : strides) hash = hash_mix(hash, static_cast<std::size_t>(s));
  const auto [first, last] = index_.equal_range(hash);
  for (auto i = first; i != last; ++i)
    if (std::ranges::equal(*i->second, strides)) return *i->second;
  const Dims& kept = strides_.emplace_back(strides.begin(), strides.end());
  index_.emplace(hash, &kept);
  return kept;
}

View ViewMaker::own(const Home& home) {
  View v = typed(home);
  std::array<std::int64_t, max_rank + 1> strides{};
  const auto used = std::span(strides).first(v.sizes.size() + 1);
  if (!home.uniform) dense_strides(v.sizes, v.batched, v.batch, home.time_major, used);
  v.strides = keep(used);
  return v;
}

std::optional<View> ViewMaker::seen(const Home& home, const View& base) {
  View v = typed(home);
  std::array<std::int64_t, max_rank + 1> strides{};
  const std::int64_t offset =
      graph_.node(home.via).op->view({base, v.sizes, graph_.attributes(home.via)}, strides);
  if (offset == no_view) return {};
  v.strides = keep(std::span(strides).first(v.sizes.size() + 1));
  v.data = moved(base.data, offset, v.dtype);
  return v;
}

View ViewMaker::part(const Home& home, const View& whole) {
  View v = typed(home);
  std::array<std::int64_t, max_rank + 1> strides{};
  struct Context {
    const Graph& graph;
    NodeId node;
  };
  const Context context{graph_, home.via};
  const auto size = [](const void* c, std::size_t operand, std::size_t dim) {
    const auto& [graph, node] = *static_cast<const Context*>(c);
    return graph.type(graph.inputs(node)[operand]).dims[dim].size;
  };
  const std::int64_t offset = graph_.node(home.via).op->part(
      {whole, home.index, graph_.attributes(home.via), size, &context}, strides);
  v.strides = keep(std::span(strides).first(v.sizes.size() + 1));
  v.data = moved(whole.data, offset, v.dtype);
  return v;
}

View ViewMaker::make(const Home& home, const View& of) {
  switch (home.kind) {
    case Home::Kind::view: return *seen(home, of);
    case Home::Kind::part: return part(home, of);
    default: return own(home);
  }
}

bool is_bound(const Graph& graph, NodeId id) {
  const OpDef& op = *graph.node(id).op;
  return op.shape == nullptr && op.kernel == nullptr;
}

namespace {

// A batch so large that no other size is taken for it: what holds of strides at this batch holds at
// all of them.
constexpr std::int64_t probing_batch = 1'000'003;

class Assigner {
 public:
  Assigner(Plan& plan, const std::vector<bool>& in_memory, const PlanOptions& options)
      : plan_(plan),
        graph_(plan.graph),
        in_memory_(in_memory),
        options_(options),
        maker_(plan.graph, plan.precision, probing_batch) {}

  std::vector<bool> run() {
    plan_.value_of.assign(graph_.size(), no_value);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!in_memory_[id]) continue;
      plan_.value_of[id] = static_cast<ValueId>(plan_.homes.size());
      plan_.homes.push_back(first_home(id));
    }
    // From the last: the outermost of nested containers takes its parts first.
    for (NodeId id = graph_.size(); id-- > 0;)
      if (options_.in_place && in_memory_[id] && graph_.node(id).op->part != nullptr)
        take_parts(id);
    views_.resize(plan_.homes.size());
    placed_.resize(plan_.homes.size());
    for (ValueId v = 0; v < plan_.homes.size(); ++v) place(v);
    std::vector<bool> dense;
    for (const View& view : views_) dense.push_back(is_dense(view));
    return dense;
  }

 private:
  Home first_home(NodeId id) const {
    const OpDef& op = *graph_.node(id).op;
    const Type& type = graph_.type(id);
    Home home;
    home.batched = type.batched;
    home.type = graph_.node(id).type;
    home.via = id;
    if (is_bound(graph_, id)) {
      home.kind = Home::Kind::bound;
    } else if (options_.views && op.view != nullptr) {
      home.kind = Home::Kind::view;
      home.of = plan_.value_of[graph_.inputs(id)[0]];
    } else {
      home.uniform = op.uniform;
      home.time_major = type.batched && writes_strided(op) && !type.dims.empty() &&
                        type.dims[0].is_time() && !op.uniform;
    }
    return home;
  }

  static bool writes_strided(const OpDef& op) {
    return op.tile != nullptr || (op.strided && !op.dense_result);
  }

  // Operands that nothing else decided about are computed in their places.
  void take_parts(NodeId container) {
    const ValueId whole = plan_.value_of[container];
    const auto inputs = graph_.inputs(container);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!in_memory_[inputs[i]]) continue;
      const OpDef& op = *graph_.node(inputs[i]).op;
      Home& home = plan_.homes[plan_.value_of[inputs[i]]];
      if (home.kind != Home::Kind::own || home.uniform || op.sums_batch || !writes_strided(op))
        continue;
      if (home.batched != plan_.homes[whole].batched) continue;
      home.kind = Home::Kind::part;
      home.time_major = false;
      home.via = container;
      home.of = whole;
      home.index = static_cast<std::uint32_t>(i);
    }
  }

  void place(ValueId v) {
    if (placed_[v]) return;
    placed_[v] = true;
    Home& home = plan_.homes[v];
    if (home.of != no_value) place(home.of);
    if (home.kind == Home::Kind::view) {
      if (const auto view = maker_.seen(home, views_[home.of])) {
        views_[v] = *view;
      } else {
        home = Home{.batched = home.batched, .type = home.type};
        home.time_major = false;
      }
    }
    if (home.kind == Home::Kind::part) views_[v] = maker_.part(home, views_[home.of]);
    if (home.kind == Home::Kind::own || home.kind == Home::Kind::bound)
      views_[v] = maker_.own(home);
    plan_.order.push_back(v);
  }

  Plan& plan_;
  const Graph& graph_;
  const std::vector<bool>& in_memory_;
  const PlanOptions options_;
  ViewMaker maker_;
  std::vector<View> views_;
  std::vector<bool> placed_;
};

}  // namespace

std::vector<bool> assign_homes(Plan& plan, const std::vector<bool>& in_memory,
                               const PlanOptions& options) {
  return Assigner(plan, in_memory, options).run();
}

}  // namespace unfold
