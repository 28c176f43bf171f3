#include "graph/plan.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <tuple>

#include "graph/grouping.h"
#include "graph/homes.h"
#include "graph/slots.h"

namespace unfold {

namespace {

class Planner {
 public:
  Planner(Graph graph, DType precision, const PlanOptions& options)
      : graph_(plan_.graph), options_(options) {
    plan_.graph = std::move(graph);
    plan_.precision = precision;
  }

  Plan make() {
    mark_needed();
    find_fused_sums();
    assign_levels();
    grouping_ = group_elementwise(graph_, made_, level_, options_.fuse_elementwise);
    assign_homes(plan_, in_memory(), options_);
    find_dense();
    count_prepared();
    make_items();
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (item_of_[id] != none && items_[item_of_[id]].last == id) emit(item_of_[id]);
    finish_phases();
    assign_slots(plan_);
    return std::move(plan_);
  }

 private:
  static constexpr std::uint32_t none = 0xffffffffu;

  struct Prepared {
    std::uint32_t readers = 0;
    ValueId value = no_value;
  };

  // What one or more calls do together: a fused group, or one node.
  struct Item {
    std::vector<NodeId> nodes;
    NodeId last;
    bool emitted = false;
  };

  bool is_sum(NodeId id) const { return graph_.node(id).op->sums_batch; }
  const OpDef& op(NodeId id) const { return *graph_.node(id).op; }
  ValueId value(NodeId id) const { return plan_.value_of[id]; }
  Home::Kind kind(NodeId id) const { return plan_.homes[value(id)].kind; }

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
    fused_into_.assign(graph_.size(), no_node);
    made_.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      made_[id] = uses_[id] > 0;
      if (uses_[id] == 0 || !is_sum(id)) continue;
      for (const NodeId in : graph_.inputs(id))
        if (uses_[in] == 1 && op(in).sum_kernel != nullptr) fused_into_[in] = id;
    }
  }

  // Shared nodes of level n run before the batched ones of level n; a sum over the batch at level n
  // is known at level n + 1.
  void assign_levels() {
    level_.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!made_[id]) continue;
      for (const NodeId in : graph_.inputs(id)) level_[id] = std::max(level_[id], level_[in]);
      if (is_sum(id)) ++level_[id];
    }
    sink();
  }

  // What only later phases read, and is cheap to make or to see, is left to them: what lies between
  // the forward pass and the loss's derivative need not be stored.
  void sink() {
    constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();
    std::vector<std::int32_t> first_use(graph_.size(), never);
    for (const Output& o : graph_.outputs) first_use[o.node] = level_[o.node];
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (!made_[id]) continue;
      const bool movable = op(id).tile != nullptr || op(id).view != nullptr;
      if (movable && first_use[id] != never) level_[id] = std::max(level_[id], first_use[id]);
      for (const NodeId in : graph_.inputs(id)) {
        const std::int32_t used_at = is_sum(id) ? level_[in] : level_[id];
        first_use[in] = std::min(first_use[in], used_at);
      }
    }
  }

  // Everything but what lives only inside of a fused kernel or a fused sum.
  std::vector<bool> in_memory() const {
    std::vector<bool> stays(graph_.size());
    for (const Output& o : graph_.outputs) stays[o.node] = true;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!made_[id]) continue;
      const std::uint32_t group = grouping_.group[id];
      if (group == no_group && fused_into_[id] == no_node) stays[id] = true;
      for (const NodeId in : graph_.inputs(id))
        if (group == no_group || grouping_.group[in] != group) stays[in] = true;
    }
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (fused_into_[id] != no_node) stays[id] = false;
    return stays;
  }

  // Which values a kernel that knows no strides can read as they are.
  void find_dense() {
    constexpr std::int64_t batch = 1'000'003;
    ViewMaker maker(graph_, plan_.precision, batch);
    std::vector<View> views(plan_.homes.size());
    dense_.resize(plan_.homes.size());
    for (const ValueId v : plan_.order) {
      const Home& home = plan_.homes[v];
      views[v] = maker.make(home, home.of == no_value ? View{} : views[home.of]);
      dense_[v] = is_dense(views[v]);
    }
  }

  void make_items() {
    item_of_.assign(graph_.size(), none);
    std::vector<std::uint32_t> of_group(grouping_.count, none);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!has_call(id)) continue;
      const std::uint32_t group = grouping_.group[id];
      std::uint32_t item = group == no_group ? none : of_group[group];
      if (item == none) {
        item = static_cast<std::uint32_t>(items_.size());
        items_.push_back({{}, id});
        if (group != no_group) of_group[group] = item;
      }
      item_of_[id] = item;
      items_[item].nodes.push_back(id);
      items_[item].last = id;
    }
  }

  bool has_call(NodeId id) const {
    if (!made_[id]) return false;
    if (fused_into_[id] != no_node || grouping_.group[id] != no_group) return true;
    const Home& home = plan_.homes[value(id)];
    return !home.uniform && home.kind != Home::Kind::bound && home.kind != Home::Kind::view;
  }

  // Emits an item after what it needs; the items' order is otherwise that of their last nodes.
  void emit(std::uint32_t item) {
    if (items_[item].emitted) return;
    waiting_.push_back({item, false});
    while (!waiting_.empty()) {
      const auto [next, ready] = waiting_.back();
      waiting_.pop_back();
      if (items_[next].emitted) continue;
      if (ready) {
        items_[next].emitted = true;
        emit_calls(items_[next]);
        continue;
      }
      waiting_.push_back({next, true});
      for (const NodeId id : items_[next].nodes)
        for (const NodeId in : graph_.inputs(id)) wait_for(in, next);
    }
  }

  void wait_for(NodeId id, std::uint32_t item) {
    while (item_of_[id] == none) {  // a view waits for what it shows
      if (graph_.inputs(id).empty()) return;
      id = graph_.inputs(id)[0];
    }
    if (item_of_[id] != item && !items_[item_of_[id]].emitted)
      waiting_.push_back({item_of_[id], false});
  }

  void emit_calls(const Item& item) {
    const NodeId id = item.nodes.front();
    if (grouping_.group[id] != no_group)
      emit_group(item);
    else if (is_sum(id))
      emit_sum(id);
    else if (fused_into_[id] != no_node)
      emit_fused_sum(id);
    else if (op(id).part != nullptr)
      emit_parts(id);
    else
      emit_kernel(id);
  }

  std::vector<Call>& phase_of(std::int32_t level, bool batched) {
    return phases_[2 * level + batched].calls;
  }

  Call call(Call::Kind kind, NodeId node) const {
    Call c;
    c.kind = kind;
    c.node = node;
    c.first_operand = static_cast<std::uint32_t>(plan_.operands.size());
    return c;
  }

  void add(Call c, std::int32_t level, bool batched) {
    c.operand_count = static_cast<std::uint32_t>(plan_.operands.size()) - c.first_operand;
    phase_of(level, batched).push_back(c);
  }

  void emit_kernel(NodeId id) {
    const bool batched = graph_.type(id).batched;
    const std::vector<ValueId> in = readable(id, level_[id], batched);
    const ValueId prepared = prepared_operand(id);
    Call c = call(Call::Kind::kernel, id);
    plan_.operands.insert(plan_.operands.end(), in.begin(), in.end());
    c.prepared = prepared != no_value;
    if (c.prepared) plan_.operands.push_back(prepared);
    plan_.operands.push_back(value(id));
    add(c, level_[id], batched);
  }

  // What readers of one prepared form have in common.
  std::tuple<const OpDef*, std::uint32_t, NodeId> preparation_of(NodeId id) const {
    const NodeId operand = graph_.inputs(id)[static_cast<std::size_t>(op(id).preparation->operand)];
    return {&op(id), graph_.node(id).attributes, operand};
  }

  void count_prepared() {
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (made_[id] && fused_into_[id] == no_node && op(id).preparation != nullptr)
        ++prepared_[preparation_of(id)].readers;
  }

  // The prepared form of an operand that enough kernels read: made when the operand is.
  ValueId prepared_operand(NodeId id) {
    constexpr std::uint32_t least_readers = 4;
    if (op(id).preparation == nullptr) return no_value;
    const auto key = preparation_of(id);
    const NodeId operand = std::get<2>(key);
    Prepared& prepared = prepared_.at(key);
    if (prepared.value != no_value || prepared.readers < least_readers ||
        graph_.type(operand).batched)
      return prepared.value;
    Home home{.type = graph_.node(operand).type};
    home.prepared =
        op(id).preparation->size(graph_.type(operand), graph_.attributes(id), plan_.precision);
    if (home.prepared == 0) return no_value;
    prepared.value = new_value(home);
    Call c = call(Call::Kind::prepare, id);
    plan_.operands.push_back(value(operand));
    plan_.operands.push_back(prepared.value);
    add(c, level_[operand], false);
    return prepared.value;
  }

  // The operands as the operation's kernels can read them: where they take no strides, copied.
  std::vector<ValueId> readable(NodeId id, std::int32_t level, bool batched) {
    std::vector<ValueId> in;
    for (const NodeId i : graph_.inputs(id)) {
      const ValueId v = value(i);
      in.push_back(op(id).strided || dense_[v] ? v : dense_copy(v, id, level, batched));
    }
    return in;
  }

  ValueId dense_copy(ValueId of, NodeId reader, std::int32_t level, bool batched) {
    const auto [found, added] = copies_.try_emplace({of, 2 * level + batched}, no_value);
    if (!added) return found->second;
    Home home{.batched = plan_.homes[of].batched, .type = plan_.homes[of].type};
    found->second = new_value(home);
    Call c = call(Call::Kind::copy, reader);
    plan_.operands.push_back(of);
    plan_.operands.push_back(found->second);
    // A shared value copied in a batched phase would be copied by each shard: before it, once.
    add(c, level, batched && home.batched);
    return found->second;
  }

  ValueId new_value(const Home& home) {
    const auto v = static_cast<ValueId>(plan_.homes.size());
    plan_.homes.push_back(home);
    plan_.order.push_back(v);
    dense_.push_back(home.kind == Home::Kind::own);
    return v;
  }

  // Operands that are not in their places yet.
  void emit_parts(NodeId id) {
    const auto inputs = graph_.inputs(id);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Home& home = plan_.homes[value(inputs[i])];
      const auto index = static_cast<std::uint32_t>(i);
      if (home.kind == Home::Kind::part && home.of == value(id) && home.index == index) continue;
      Home place{.kind = Home::Kind::part, .batched = graph_.type(id).batched};
      place.type = graph_.node(inputs[i]).type;
      place.via = id;
      place.of = value(id);
      place.index = index;
      const ValueId to = new_value(place);
      Call c = call(Call::Kind::copy, id);
      plan_.operands.push_back(value(inputs[i]));
      plan_.operands.push_back(to);
      add(c, level_[id], graph_.type(id).batched);
    }
  }

  void emit_sum(NodeId id) {
    for (const NodeId in : graph_.inputs(id)) {
      if (fused_into_[in] == id) continue;
      Call c = call(Call::Kind::sum, in);
      c.sum = id;
      plan_.operands.push_back(value(in));
      add(c, level_[in], true);
    }
    phases_[2 * (level_[id] - 1) + 1].sums.push_back(id);
  }

  void emit_fused_sum(NodeId id) {
    const std::vector<ValueId> in = readable(id, level_[id], true);
    Call c = call(Call::Kind::fused_sum, id);
    c.sum = fused_into_[id];
    plan_.operands.insert(plan_.operands.end(), in.begin(), in.end());
    if (!op(id).sums_sparsely || level_[id] != level_[c.sum] - 1) return add(c, level_[id], true);
    c.operand_count = static_cast<std::uint32_t>(plan_.operands.size()) - c.first_operand;
    phases_[2 * level_[id] + 1].sparse_sums.push_back(c);
  }

  void emit_group(const Item& item) {
    FusedProgram program;
    std::map<NodeId, std::int32_t> number;  // of values in memory; temporaries come later
    std::vector<ValueId> memory;
    const auto remember = [&](NodeId id) {
      if (value(id) != no_value &&
          number.emplace(id, static_cast<std::int32_t>(memory.size())).second)
        memory.push_back(value(id));
    };
    const std::uint32_t group = grouping_.group[item.nodes.front()];
    for (const NodeId id : item.nodes)
      for (const NodeId in : graph_.inputs(id))
        if (grouping_.group[in] != group) remember(in);
    const auto reads = static_cast<std::uint32_t>(memory.size());
    for (const NodeId id : item.nodes) remember(id);
    number_temporaries(item, number, program);
    for (const NodeId id : item.nodes) {
      Instruction i{&op(id), static_cast<std::uint32_t>(program.operands.size()), 0, number.at(id)};
      for (const NodeId in : graph_.inputs(id)) program.operands.push_back(number.at(in));
      i.operand_count = static_cast<std::uint32_t>(program.operands.size()) - i.first_operand;
      program.code.push_back(i);
    }
    program.reads = reads;
    Call c = call(Call::Kind::fused, item.last);
    c.program = static_cast<std::uint32_t>(plan_.programs.size());
    plan_.programs.push_back(std::move(program));
    plan_.operands.insert(plan_.operands.end(), memory.begin(), memory.end());
    add(c, level_[item.last], graph_.type(item.last).batched);
  }

  // What never is in memory gets a number below 0, used again after its last reader.
  void number_temporaries(const Item& item, std::map<NodeId, std::int32_t>& number,
                          FusedProgram& program) {
    std::map<NodeId, NodeId> last_reader;
    for (const NodeId id : item.nodes)
      for (const NodeId in : graph_.inputs(id)) last_reader[in] = id;
    std::vector<std::int32_t> free;
    for (const NodeId id : item.nodes) {
      for (const NodeId in : graph_.inputs(id)) {
        const auto found = number.find(in);
        if (found->second < 0 && last_reader[in] == id &&
            std::find(free.begin(), free.end(), found->second) == free.end())
          free.push_back(found->second);
      }
      if (number.contains(id)) continue;
      if (free.empty()) free.push_back(-1 - program.temporaries++);
      number.emplace(id, free.back());
      free.pop_back();
    }
  }

  void finish_phases() {
    std::vector<bool> started(graph_.size());
    for (auto& [key, phase] : phases_) {
      phase.batched = key % 2 == 1;
      for (Call& c : phase.calls)
        if (c.sum != no_node && !started[c.sum]) c.first = started[c.sum] = true;
      plan_.phases.push_back(std::move(phase));
    }
  }

  Plan plan_;
  Graph& graph_;
  const PlanOptions options_;
  std::vector<std::uint32_t> uses_;
  std::vector<bool> made_;
  std::vector<NodeId> fused_into_;
  std::vector<std::int32_t> level_;
  Grouping grouping_;
  std::vector<bool> dense_;  ///< by value
  std::vector<Item> items_;
  std::vector<std::uint32_t> item_of_;  ///< by node
  std::vector<std::pair<std::uint32_t, bool>> waiting_;
  std::map<std::pair<ValueId, std::int32_t>, ValueId> copies_;  ///< by value and phase
  std::map<std::tuple<const OpDef*, std::uint32_t, NodeId>, Prepared> prepared_;
  std::map<std::int32_t, Phase> phases_;  ///< by 2 * level + batched
};

}  // namespace

Plan make_plan(Graph graph, DType precision, const PlanOptions& options) {
  return Planner(std::move(graph), precision, options).make();
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
