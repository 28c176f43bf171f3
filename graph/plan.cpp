#include "graph/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/text.h"

namespace unfold {

namespace {

std::int64_t rounded(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

// The slots of one arena, and which of them are free.
class SlotPool {
 public:
  explicit SlotPool(std::vector<Slot>& slots) : slots_(slots) {}

  // A slot of at least this size. A far larger one would be wasted on a small value that lives
  // long.
  std::int32_t take(Slot wanted) {
    auto& free = free_of(wanted);
    auto found = free.lower_bound(bytes(wanted));
    while (found != free.end() && found->second.empty()) ++found;
    if (found != free.end() && found->first <= 2 * bytes(wanted)) {
      const std::int32_t slot = found->second.back();
      found->second.pop_back();
      return slot;
    }
    slots_.push_back(wanted);
    return static_cast<std::int32_t>(slots_.size() - 1);
  }

  void give_back(std::int32_t slot) { free_of(slots_[slot])[bytes(slots_[slot])].push_back(slot); }

 private:
  using BySize = std::map<std::int64_t, std::vector<std::int32_t>>;

  static std::int64_t bytes(const Slot& s) { return std::max(s.shared, s.per_example); }
  BySize& free_of(const Slot& s) { return s.per_example > 0 ? free_per_example_ : free_shared_; }

  std::vector<Slot>& slots_;
  BySize free_shared_, free_per_example_;
};

class Planner {
 public:
  Planner(Graph graph, DType precision)
      : graph_(plan_.graph), shared_(plan_.shared_slots), shard_(plan_.shard_slots) {
    plan_.graph = std::move(graph);
    plan_.precision = precision;
  }

  Plan make() {
    mark_needed();
    find_fusions();
    assign_phases();
    find_last_uses();
    assign_slots();
    return std::move(plan_);
  }

 private:
  bool is_bound(NodeId id) const {
    return graph_.node(id).op->shape == nullptr && graph_.node(id).op->kernel == nullptr;
  }
  bool is_sum(NodeId id) const { return graph_.node(id).op->sums_batch; }

  void mark_needed() {
    uses_.resize(graph_.size());
    for (const Output& o : graph_.outputs) ++uses_[o.node];
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (uses_[id] == 0) continue;
      if (is_bound(id)) plan_.bound.push_back(id);
      for (const NodeId in : graph_.inputs(id)) ++uses_[in];
    }
  }

  // An operand whose only use is a sum over the batch that its own operation knows how to make.
  void find_fusions() {
    fused_into_.assign(graph_.size(), no_node);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (uses_[id] == 0 || !is_sum(id)) continue;
      for (const NodeId in : graph_.inputs(id))
        if (uses_[in] == 1 && graph_.node(in).op->sum_kernel != nullptr) fused_into_[in] = id;
    }
  }

  // Shared nodes of level n run before the batched ones of level n; a sum over the batch at level n
  // is known at level n + 1.
  void assign_phases() {
    std::vector<std::int64_t> level(graph_.size());
    std::map<std::int64_t, Phase> phases;  // by 2 * level + batched
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (uses_[id] == 0) continue;
      for (const NodeId in : graph_.inputs(id)) level[id] = std::max(level[id], level[in]);
      if (is_sum(id)) {
        for (const NodeId in : graph_.inputs(id))
          if (fused_into_[in] != id) phases[2 * level[in] + 1].calls.push_back({in, id});
        phases[2 * level[id] + 1].sums.push_back(id);
        ++level[id];
      } else if (fused_into_[id] != no_node) {
        phases[2 * level[id] + 1].calls.push_back({id, fused_into_[id], true});
      } else if (!is_bound(id)) {
        phases[2 * level[id] + graph_.type(id).batched].calls.push_back({id});
      }
    }
    std::vector<bool> started(graph_.size());
    for (auto& [key, phase] : phases) {
      phase.batched = key % 2 == 1;
      for (Call& call : phase.calls)
        if (call.sums_into != no_node && !started[call.sums_into])
          call.first = started[call.sums_into] = true;
      plan_.phases.push_back(std::move(phase));
    }
  }

  // Calls `visit(node, position)` for every read; a phase's end is a position of its own, which
  // shared values read by several shards at once live until.
  template <class Visit>
  void for_each_read(const Visit& visit) const {
    std::size_t position = 0;
    for (const Phase& phase : plan_.phases) {
      const std::size_t end = position + phase.calls.size();
      for (const Call& call : phase.calls) {
        const auto at = [&](NodeId id) {
          visit(id, phase.batched && !graph_.type(id).batched ? end : position);
        };
        if (call.sums_into != no_node && !call.fused)
          at(call.node);
        else
          for (const NodeId in : graph_.inputs(call.node)) at(in);
        ++position;
      }
      ++position;
    }
  }

  void find_last_uses() {
    std::size_t positions = 0;
    for (const Phase& phase : plan_.phases) positions += phase.calls.size() + 1;
    std::vector<std::size_t> last(graph_.size(), positions);
    for_each_read([&](NodeId id, std::size_t position) { last[id] = position; });
    for (const Output& o : graph_.outputs) last[o.node] = positions;
    released_.assign(positions, no_node);
    released_too_.assign(graph_.size(), no_node);
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (uses_[id] == 0 || last[id] == positions) continue;
      released_too_[id] = released_[last[id]];
      released_[last[id]] = id;
    }
  }

  Slot size_of_value(NodeId id, bool batched) const {
    const Type& type = graph_.type(id);
    const auto width =
        static_cast<std::int64_t>(size_of(type.kind == Kind::index ? DType::i32 : plan_.precision));
    const std::int64_t bytes = std::max<std::int64_t>(type.size() * width, 1);
    return batched ? Slot{0, bytes} : Slot{rounded(bytes), 0};
  }

  void assign_slots() {
    plan_.slot.assign(graph_.size(), no_slot);
    plan_.partial_slot.assign(graph_.size(), no_slot);
    std::size_t position = 0;
    for (const Phase& phase : plan_.phases) {
      for (const Call& call : phase.calls) {
        if (call.sums_into == no_node) {
          const bool batched = graph_.type(call.node).batched;
          plan_.slot[call.node] =
              (batched ? shard_ : shared_).take(size_of_value(call.node, batched));
        } else if (call.first) {
          plan_.partial_slot[call.sums_into] = shard_.take(size_of_value(call.sums_into, false));
        }
        release(position++);
      }
      for (const NodeId sum : phase.sums) {
        plan_.slot[sum] = shared_.take(size_of_value(sum, false));
        shard_.give_back(plan_.partial_slot[sum]);
      }
      release(position++);
    }
  }

  void release(std::size_t position) {
    for (NodeId id = released_[position]; id != no_node; id = released_too_[id])
      if (plan_.slot[id] != no_slot)
        (graph_.type(id).batched ? shard_ : shared_).give_back(plan_.slot[id]);
  }

  Plan plan_;
  Graph& graph_;
  SlotPool shared_, shard_;
  std::vector<std::uint32_t> uses_;
  std::vector<NodeId> fused_into_;
  // Lists of the nodes that are read last at a position: the first, and by node the next one.
  std::vector<NodeId> released_, released_too_;
};

std::string print(const Plan& plan, const Call& call) {
  const Graph& g = plan.graph;
  if (call.sums_into != no_node)
    return fmt::format("{} %{} slot {}{} <- {}", call.first ? "sum" : "add", call.sums_into,
                       plan.partial_slot[call.sums_into], call.fused ? " fused" : "",
                       call.fused ? print_node(g, call.node) : fmt::format("%{}", call.node));
  return fmt::format("%{} slot {} = {}", call.node, plan.slot[call.node], print_node(g, call.node));
}

}  // namespace

Plan make_plan(Graph graph, DType precision) { return Planner(std::move(graph), precision).make(); }

std::int64_t Plan::bytes(std::int64_t batch, int shards) const {
  std::int64_t total = 0;
  for (const Slot& s : shared_slots) total += rounded(s.shared);
  for (int k = 0; k < shards; ++k) {
    const std::int64_t examples = batch * (k + 1) / shards - batch * k / shards;
    for (const Slot& s : shard_slots) total += rounded(s.shared + s.per_example * examples);
  }
  return total;
}

std::string print(const Plan& plan) {
  std::string out;
  std::int64_t shared = 0, per_shard = 0, per_example = 0;
  for (const Slot& s : plan.shared_slots) shared += s.shared;
  for (const Slot& s : plan.shard_slots) {
    per_shard += s.shared;
    per_example += s.per_example;
  }
  out += fmt::format(
      "plan: {} phases; {} shared slots of {} bytes; {} slots a shard of {} bytes and {} an "
      "example\n",
      plan.phases.size(), plan.shared_slots.size(), shared, plan.shard_slots.size(), per_shard,
      per_example);
  for (const Phase& phase : plan.phases) {
    out += fmt::format("{} phase, {} calls\n", phase.batched ? "batched" : "shared",
                       phase.calls.size());
    for (const Call& call : phase.calls) out += "  " + print(plan, call) + "\n";
    for (const NodeId sum : phase.sums)
      out += fmt::format("  reduce %{} slot {} from the shards' slot {}\n", sum, plan.slot[sum],
                         plan.partial_slot[sum]);
  }
  return out;
}

}  // namespace unfold
