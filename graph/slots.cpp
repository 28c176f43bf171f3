#include "graph/slots.h"

#include <algorithm>
#include <map>

#include "graph/call_cost.h"
#include "graph/lanes.h"

namespace unfold {

namespace {

// The slots of one arena, and which of them are free. What is given back on a lane of a phase is
// free for that lane until the phase ends, so that lanes need not wait for each other's slots;
// lane -1 is all of them.
class SlotPool {
 public:
  explicit SlotPool(std::vector<Slot>& slots) : slots_(slots) {}

  // A slot of at least this size. A far larger one would be wasted on a small value that lives
  // long.
  std::int32_t take(Slot wanted, std::int32_t lane) {
    for (const std::int32_t of : {lane, -1}) {
      auto& free = free_[{of, wanted.per_example > 0}];
      auto found = free.lower_bound(bytes(wanted));
      while (found != free.end() && found->second.empty()) ++found;
      if (found != free.end() && found->first <= 2 * bytes(wanted)) {
        const std::int32_t slot = found->second.back();
        found->second.pop_back();
        return slot;
      }
    }
    slots_.push_back(wanted);
    return static_cast<std::int32_t>(slots_.size() - 1);
  }

  Slot size(std::int32_t slot) const { return slots_[slot]; }

  void give_back(std::int32_t slot, std::int32_t lane) {
    const Slot& s = slots_[slot];
    free_[{lane, s.per_example > 0}][bytes(s)].push_back(slot);
  }

  void end_phase() {
    for (auto& [key, by_size] : free_) {
      if (key.first < 0) continue;
      for (auto& [size, slots] : by_size) {
        auto& all = free_[{-1, key.second}][size];
        all.insert(all.end(), slots.begin(), slots.end());
      }
      by_size.clear();
    }
  }

 private:
  using BySize = std::map<std::int64_t, std::vector<std::int32_t>>;

  static std::int64_t bytes(const Slot& s) { return std::max(s.shared, s.per_example); }

  std::vector<Slot>& slots_;
  std::map<std::pair<std::int32_t, bool>, BySize> free_;  ///< by lane and whether per example
};

class SlotAssigner {
 public:
  SlotAssigner(Plan& plan, bool in_place)
      : plan_(plan),
        graph_(plan.graph),
        shared_(plan.shared_slots),
        shard_(plan.shard_slots),
        in_place_(in_place) {}

  void run() {
    find_roots();
    find_last_uses();
    plan_.partial_slot.assign(graph_.size(), no_slot);
    for (ValueId v = 0; v < plan_.homes.size(); ++v)
      if (plan_.homes[v].uniform) plan_.homes[v].slot = shared_.take(size_of_value(v), -1);
    std::size_t position = 0;
    for (const Phase& phase : plan_.phases) {
      const std::vector<std::int32_t> lanes = lanes_of_calls(phase);
      for (std::size_t c = 0; c < phase.calls.size(); ++c) {
        const Call& call = phase.calls[c];
        lane_ = lanes[c];
        if (call.kind == Call::Kind::fused && in_place_) pass_on(call, position);
        for (const ValueId v : plan_.writes(call)) take(root_[v]);
        if (call.first)
          plan_.partial_slot[call.sum] =
              shard_.take(size_of_value(plan_.value_of[call.sum]), lane_);
        release(position++);
      }
      lane_ = -1;
      shared_.end_phase();
      shard_.end_phase();
      for (const NodeId sum : phase.sums) {
        take(root_[plan_.value_of[sum]]);
        if (plan_.partial_slot[sum] != no_slot) shard_.give_back(plan_.partial_slot[sum], lane_);
      }
      release(position++);
    }
  }

 private:
  void find_roots() {
    root_.resize(plan_.homes.size());
    for (const ValueId v : plan_.order) {
      const ValueId of = plan_.homes[v].of;
      root_[v] = of == no_value ? v : root_[of];
    }
    plan_.seen_through.resize(plan_.homes.size());
    for (const Output& o : graph_.outputs) {
      Home& home = plan_.homes[plan_.value_of[o.node]];
      home.handed_out = home.kind == Home::Kind::own && !home.batched && !home.uniform;
    }
    for (ValueId v = 0; v < plan_.homes.size(); ++v) {
      const Home& home = plan_.homes[root_[v]];
      if (root_[v] != v && (home.kind == Home::Kind::bound || home.handed_out))
        plan_.seen_through[root_[v]].push_back(v);
    }
  }

  // A phase's end is a position of its own, which shared values read by several shards at once live
  // until.
  void find_last_uses() {
    std::size_t positions = 0;
    for (const Phase& phase : plan_.phases) positions += phase.calls.size() + 1;
    last_.assign(plan_.homes.size(), 0);
    std::vector<std::size_t>& last = last_;
    std::size_t position = 0;
    for (const Phase& phase : plan_.phases) {
      const std::size_t end = position + phase.calls.size();
      for (const Call& call : phase.calls) {
        for (const ValueId v : plan_.reads(call))
          last[root_[v]] =
              std::max(last[root_[v]], phase.batched && !plan_.homes[v].batched ? end : position);
        for (const ValueId v : plan_.writes(call))
          last[root_[v]] = std::max(last[root_[v]], position);
        ++position;
      }
      const auto until_end = [&](ValueId v) { last[root_[v]] = std::max(last[root_[v]], end); };
      for (const NodeId sum : phase.sums) until_end(plan_.value_of[sum]);
      for (const Call& call : phase.direct_sums)
        for (const ValueId v : plan_.reads(call)) until_end(v);
      ++position;
    }
    for (const Output& o : graph_.outputs) last[root_[plan_.value_of[o.node]]] = positions;
    // What the first phase makes of parameters alone may be used again by the next run.
    if (!plan_.phases.empty() && !plan_.phases.front().batched)
      for (const Call& call : plan_.phases.front().calls)
        for (const ValueId v : plan_.writes(call)) last[root_[v]] = positions;
    passed_on_.resize(plan_.homes.size());
    released_.resize(positions + 1);
    for (ValueId v = 0; v < plan_.homes.size(); ++v) {
      const Home& home = plan_.homes[v];
      if (home.kind == Home::Kind::own && !home.uniform) released_[last[v]].push_back(v);
    }
  }

  Slot size_of_value(ValueId v) const {
    const Home& home = plan_.homes[v];
    const Type& type = graph_.type_at(home.type);
    const auto width = static_cast<std::int64_t>(size_of(element_type(type, plan_.precision)));
    if (home.uniform) return {cache_lines(width), 0};
    if (home.prepared > 0) return {cache_lines(home.prepared * width), 0};
    const std::int64_t bytes = std::max<std::int64_t>(type.size() * width, 1);
    return home.batched ? Slot{0, bytes} : Slot{cache_lines(bytes), 0};
  }

  SlotPool& pool_of(ValueId v) { return plan_.homes[v].batched ? shard_ : shared_; }

  void take(ValueId root) {
    Home& home = plan_.homes[root];
    if (home.kind == Home::Kind::own && home.slot == no_slot && !home.handed_out)
      home.slot = pool_of(root).take(size_of_value(root), lane_);
  }

  // Results of a fused call that may take over the memory of operands which nothing reads again.
  void pass_on(const Call& call, std::size_t position) {
    const auto reads = plan_.reads(call), writes = plan_.writes(call);
    const FusedProgram& program = plan_.programs[call.program];
    for (std::size_t w = 0; w < writes.size(); ++w) {
      Home& home = plan_.homes[writes[w]];
      if (home.kind != Home::Kind::own || home.handed_out) continue;
      for (std::size_t r = 0; r < reads.size() && home.slot == no_slot; ++r) {
        const ValueId v = reads[r];
        if (root_[v] != v || last_[v] != position || passed_on_[v] || !alike(home, plan_.homes[v]))
          continue;
        const auto others = std::ranges::count_if(reads, [&](ValueId o) { return root_[o] == v; });
        if (others > 1 || !read_before(program, r, reads.size() + w)) continue;
        // A slot that is larger than it need be is not for a value that may live long.
        if (pool_of(v).size(plan_.homes[v].slot) != size_of_value(v)) continue;
        home.slot = plan_.homes[v].slot;
        passed_on_[v] = true;
      }
    }
  }

  // Whether two values take the same memory in the same order.
  bool alike(const Home& a, const Home& b) const {
    const Type &x = graph_.type_at(a.type), &y = graph_.type_at(b.type);
    return b.kind == Home::Kind::own && b.slot != no_slot && !b.handed_out && !b.uniform &&
           b.prepared == 0 && a.batched == b.batched && a.time_major == b.time_major &&
           x.kind == y.kind && x.sizes() == y.sizes();
  }

  // Whether no instruction after the one that makes a result reads the operand: a tile's
  // instructions run one after another.
  static bool read_before(const FusedProgram& program, std::size_t operand, std::size_t result) {
    bool made = false;
    for (const Instruction& i : program.code) {
      const std::span read(program.operands.data() + i.first_operand, i.operand_count);
      if (made && std::ranges::find(read, static_cast<std::int32_t>(operand)) != read.end())
        return false;
      made = made || i.result == static_cast<std::int32_t>(result);
    }
    return true;
  }

  void release(std::size_t position) {
    for (const ValueId v : released_[position])
      if (plan_.homes[v].slot != no_slot && !passed_on_[v])
        pool_of(v).give_back(plan_.homes[v].slot, lane_);
  }

  Plan& plan_;
  const Graph& graph_;
  SlotPool shared_, shard_;
  const bool in_place_;
  std::int32_t lane_ = -1;  ///< of the call at hand
  std::vector<ValueId> root_;
  std::vector<std::size_t> last_;  ///< by value that is a root, the position of its last use
  std::vector<bool> passed_on_;    ///< by value, whether its slot is another's already
  std::vector<std::vector<ValueId>> released_;  ///< by position
};

}  // namespace

void assign_slots(Plan& plan, bool in_place) { SlotAssigner(plan, in_place).run(); }

std::int64_t Plan::bytes(std::int64_t batch, int shards) const {
  std::int64_t total = 0;
  for (const Slot& s : shared_slots) total += cache_lines(s.shared);
  const std::int64_t used = shards_of_batch(*this, batch, shards);
  for (std::int64_t k = 0; k < used; ++k) {
    const std::int64_t examples = batch * (k + 1) / used - batch * k / used;
    for (const Slot& s : shard_slots) total += cache_lines(s.shared + s.per_example * examples);
  }
  return total;
}

}  // namespace unfold
