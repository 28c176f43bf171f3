#include "graph/plan.h"

#include <algorithm>
#include <limits>

#include "graph/calls.h"
#include "graph/homes.h"
#include "graph/lanes.h"
#include "graph/slots.h"
#include "graph/verify.h"

namespace unfold {

namespace {

class Planner {
 public:
  Planner(Graph graph, DType precision, const PlanOptions& options)
      : graph_(plan_.graph), options_(options) {
    plan_.graph = std::move(graph);
    plan_.precision = precision;
    if (precision == DType::f32) plan_.products = options.products;
  }

  Plan make() {
    mark_needed();
    find_fused_sums();
    assign_levels();
    facts_.grouping =
        group_elementwise(graph_, facts_.made, facts_.level, options_.fuse_elementwise);
    std::vector<bool> dense = assign_homes(plan_, in_memory(), options_);
    make_items();
    CallMaker calls(plan_, facts_, std::move(dense), options_);
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (item_of_[id] != none && items_[item_of_[id]].nodes.back() == id)
        emit(item_of_[id], calls);
    calls.finish();
    assign_lanes(plan_, options_);
    assign_slots(plan_, options_.in_place);
    wait_for_slots(plan_);
    return std::move(plan_);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffffu;

  // What one or more calls do together: a fused group, or one node.
  struct Item {
    std::vector<NodeId> nodes;
    bool emitted = false;
  };

  bool is_sum(NodeId id) const { return graph_.node(id).op->sums_batch; }
  const OpDef& op(NodeId id) const { return *graph_.node(id).op; }
  ValueId value(NodeId id) const { return plan_.value_of[id]; }

  void mark_needed() {
    uses_.resize(graph_.size());
    for (const Output& o : graph_.outputs) ++uses_[o.node];
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (uses_[id] == 0) continue;
      if (is_bound(graph_, id)) plan_.bound.push_back(id);
      for (const NodeId in : graph_.inputs(id)) ++uses_[in];
    }
    std::reverse(plan_.bound.begin(), plan_.bound.end());
  }

  // An operand whose only use is a sum over the batch that its own operation knows how to make.
  void find_fused_sums() {
    facts_.fused_into.assign(graph_.size(), no_node);
    facts_.made.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      facts_.made[id] = uses_[id] > 0;
      if (uses_[id] == 0 || !is_sum(id)) continue;
      for (const NodeId in : graph_.inputs(id))
        if (uses_[in] == 1 && op(in).sum_kernel != nullptr) facts_.fused_into[in] = id;
    }
  }

  // Shared nodes of level n run before the batched ones of level n; a sum over the batch at level n
  // is known at level n + 1.
  void assign_levels() {
    facts_.level.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!facts_.made[id]) continue;
      for (const NodeId in : graph_.inputs(id))
        facts_.level[id] = std::max(facts_.level[id], facts_.level[in]);
      if (is_sum(id)) ++facts_.level[id];
    }
    sink();
  }

  // What only later phases read, and is cheap to make or to see, is left to them: what lies between
  // the forward pass and the loss's derivative need not be stored.
  void sink() {
    constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();
    std::vector<std::int32_t> first_use(graph_.size(), never);
    for (const Output& o : graph_.outputs) first_use[o.node] = facts_.level[o.node];
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (!facts_.made[id]) continue;
      const bool movable = op(id).tile != nullptr || op(id).view != nullptr;
      if (movable && first_use[id] != never)
        facts_.level[id] = std::max(facts_.level[id], first_use[id]);
      for (const NodeId in : graph_.inputs(id)) {
        const std::int32_t used_at = is_sum(id) ? facts_.level[in] : facts_.level[id];
        first_use[in] = std::min(first_use[in], used_at);
      }
    }
  }

  // Everything but what lives only inside of a fused kernel or a fused sum.
  std::vector<bool> in_memory() const {
    std::vector<bool> stays(graph_.size());
    for (const Output& o : graph_.outputs) stays[o.node] = true;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!facts_.made[id]) continue;
      const std::uint32_t group = facts_.grouping.group[id];
      if (group == no_group && facts_.fused_into[id] == no_node) stays[id] = true;
      for (const NodeId in : graph_.inputs(id))
        if (group == no_group || facts_.grouping.group[in] != group) stays[in] = true;
    }
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (facts_.fused_into[id] != no_node) stays[id] = false;
    return stays;
  }

  void make_items() {
    item_of_.assign(graph_.size(), none);
    std::vector<std::uint32_t> of_group(facts_.grouping.count, none);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!has_call(id)) continue;
      const std::uint32_t group = facts_.grouping.group[id];
      std::uint32_t item = group == no_group ? none : of_group[group];
      if (item == none) {
        item = static_cast<std::uint32_t>(items_.size());
        items_.emplace_back();
        if (group != no_group) of_group[group] = item;
      }
      item_of_[id] = item;
      items_[item].nodes.push_back(id);
    }
  }

  bool has_call(NodeId id) const {
    if (!facts_.made[id]) return false;
    if (facts_.fused_into[id] != no_node || facts_.grouping.group[id] != no_group) return true;
    const Home& home = plan_.homes[value(id)];
    return !home.uniform && home.kind != Home::Kind::bound && home.kind != Home::Kind::view;
  }

  // Emits an item after what it needs; the items' order is otherwise that of their last nodes.
  void emit(std::uint32_t item, CallMaker& calls) {
    if (items_[item].emitted) return;
    waiting_.push_back({item, false});
    while (!waiting_.empty()) {
      const auto [next, ready] = waiting_.back();
      waiting_.pop_back();
      if (items_[next].emitted) continue;
      if (ready) {
        items_[next].emitted = true;
        calls.make(items_[next].nodes);
        continue;
      }
      waiting_.push_back({next, true});
      for (const NodeId id : items_[next].nodes)
        for (const NodeId in : graph_.inputs(id)) wait_for(in, next);
    }
  }

  void wait_for(NodeId id, std::uint32_t item) {
    if (item_of_[id] == none) {  // a view waits for what it shows, and for what it is to follow
      for (const NodeId in : graph_.inputs(id)) wait_for(in, item);
    } else if (item_of_[id] != item && !items_[item_of_[id]].emitted) {
      waiting_.push_back({item_of_[id], false});
    }
  }

  Plan plan_;
  Graph& graph_;
  const PlanOptions options_;
  std::vector<std::uint32_t> uses_;
  NodeFacts facts_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> item_of_;  ///< by node
  std::vector<std::pair<std::uint32_t, bool>> waiting_;
};

}  // namespace

Plan make_plan(Graph graph, DType precision, const PlanOptions& options) {
  verify_complete(graph);
  return Planner(std::move(graph), precision, options).make();
}

std::int64_t Plan::own_bytes(int shards) const {
  const auto of = []<class T>(const std::vector<T>& v) { return v.size() * sizeof(T); };
  std::size_t total = graph.size() * sizeof(Node) + of(operands) + of(homes) + of(order) +
                      of(value_of) + of(seen_through) + of(partial_slot);
  for (NodeId id = 0; id < graph.size(); ++id) total += graph.inputs(id).size_bytes();
  for (const Phase& phase : phases) total += of(phase.calls);
  for (const FusedProgram& program : programs)
    total += sizeof(program) + of(program.code) + of(program.operands);
  total += homes.size() * sizeof(View) * static_cast<std::size_t>(shards + 1);
  return static_cast<std::int64_t>(total);
}

bool Plan::keeps_first_phase() const {
  if (phases.empty() || phases.front().batched) return false;
  for (const Call& call : phases.front().calls)
    for (ValueId v : writes(call)) {
      while (homes[v].of != no_value) v = homes[v].of;
      if (homes[v].handed_out) return false;
    }
  return true;
}

std::span<const ValueId> Plan::reads(const Call& call) const {
  const std::span all(operands.data() + call.first_operand, call.operand_count);
  switch (call.kind) {
    case Call::Kind::kernel:
    case Call::Kind::prepare:
    case Call::Kind::copy: return all.first(all.size() - 1);
    case Call::Kind::fused: return all.first(programs[call.program].reads);
    default: return all;
  }
}

std::span<const ValueId> Plan::writes(const Call& call) const {
  const std::span all(operands.data() + call.first_operand, call.operand_count);
  return all.subspan(reads(call).size());
}

}  // namespace unfold
