#include "graph/lanes.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "graph/call_cost.h"
#include "graph/footprints.h"

namespace unfold {

namespace {

// Of the work, what must be saved at least for threads to come together.
constexpr double least_gain = 0.1;

// Who used which memory so far in a phase.
class History {
 public:
  explicit History(std::size_t lanes) : lanes_(lanes) {}

  // How many steps of a lane have to be done before memory can be used; those of which `known` are
  // done anyhow are not looked at.
  std::uint32_t steps_before(const Footprint& use, std::size_t lane, std::uint32_t known) const {
    const auto found = roots_.find(use.root);
    if (found == roots_.end()) return known;
    const Uses& uses = found->second[lane];
    const std::uint32_t written = latest(uses.writes, use, known);
    return use.writes ? latest(uses.reads, use, written) : written;
  }

  void add(const Footprint& use, std::size_t lane, std::uint32_t steps) {
    auto& root = roots_[use.root];
    root.resize(lanes_);
    (use.writes ? root[lane].writes : root[lane].reads).push_back({use.begin, use.end, steps});
  }

 private:
  struct Use {
    std::int64_t begin, end;
    std::uint32_t steps;
  };
  struct Uses {
    std::vector<Use> reads, writes;
  };

  static std::uint32_t latest(const std::vector<Use>& uses, const Footprint& use,
                              std::uint32_t known) {
    for (std::size_t i = uses.size(); i-- > 0 && uses[i].steps > known;)
      if (use.meets(uses[i].begin, uses[i].end)) return uses[i].steps;
    return known;
  }

  std::size_t lanes_;
  std::unordered_map<std::uint32_t, std::vector<Uses>> roots_;
};

// Deals out the calls of one phase.
class Dealer {
 public:
  Dealer(const Plan& plan, const Phase& phase, std::size_t lanes, const Footprints& footprints,
         double meeting)
      : count_(lanes), gathering_(meeting), handover_(meeting / 10) {
    const double least_share = std::max(meeting / 2, 0.1);
    for (const Call& call : phase.calls) {
      const double cost = estimated_microseconds(plan, call);
      const auto shares = std::min({static_cast<std::int64_t>(lanes), column_blocks(plan, call),
                                    static_cast<std::int64_t>(cost / least_share)});
      calls_.push_back({cost, std::max<std::int64_t>(shares, 1), footprints.of(call)});
      total_ += cost;
    }
  }

  // Nothing where it is not worth it.
  Lanes deal() {
    const double enough = (1 - least_gain) * total_ - gathering_;
    if (enough < gathering_) return {};
    deal_out();
    mark_alone();
    deal_out();
    const double finish = *std::max_element(free_.begin(), free_.end());
    return finish < enough ? std::move(lanes_) : Lanes{};
  }

 private:
  struct Planned {
    double cost;
    std::int64_t shares;  ///< at most
    std::vector<Footprint> uses;
    bool cut = false;
    std::size_t lane = 0;
    double start = 0, finish = 0;
  };
  struct Times {
    std::vector<double> start, finish;  ///< by step
  };

  void deal_out() {
    lanes_ = {};
    lanes_.steps.resize(count_);
    lanes_.after.resize(count_);
    times_.assign(count_, {});
    free_.assign(count_, 0);
    known_.assign(count_ * count_, 0);
    History history(count_);
    for (std::uint32_t c = 0; c < calls_.size(); ++c) {
      Planned& call = calls_[c];
      const std::vector<std::uint32_t> before = steps_before(call, history);
      if (call.cut) {
        for (std::int64_t i = 0; i < call.shares; ++i)
          give(static_cast<std::size_t>(i), c, {i, call.shares}, before, history);
        continue;
      }
      call.lane = best_lane(call, before);
      call.start = std::max(free_[call.lane], ready(before, call.lane));
      give(call.lane, c, {}, before, history);
      call.finish = free_[call.lane];
    }
  }

  // By lane, how many of its steps must be done before the call, as far as any other lane does not
  // know yet that they are.
  std::vector<std::uint32_t> steps_before(const Planned& call, const History& history) const {
    std::vector<std::uint32_t> before(count_);
    for (std::size_t lane = 0; lane < count_; ++lane) {
      std::uint32_t known = 0xffffffffu;
      for (std::size_t other = 0; other < count_; ++other)
        if (other != lane) known = std::min(known, known_[other * count_ + lane]);
      for (const Footprint& use : call.uses) known = history.steps_before(use, lane, known);
      before[lane] = known;
    }
    return before;
  }

  // When a lane can see that these steps are done.
  double ready(const std::vector<std::uint32_t>& before, std::size_t lane) const {
    double at = 0;
    for (std::size_t other = 0; other < count_; ++other)
      if (other != lane && before[other] > known_[lane * count_ + other])
        at = std::max(at, times_[other].finish[before[other] - 1] + handover_);
    return at;
  }

  std::size_t best_lane(const Planned& call, const std::vector<std::uint32_t>& before) const {
    std::size_t best = 0;
    double earliest = 0;
    for (std::size_t lane = 0; lane < count_; ++lane) {
      const double finish = std::max(free_[lane], ready(before, lane)) + call.cost;
      if (lane == 0 || finish < earliest) {
        best = lane;
        earliest = finish;
      }
    }
    return best;
  }

  void give(std::size_t lane, std::uint32_t c, Share share,
            const std::vector<std::uint32_t>& before, History& history) {
    const Planned& call = calls_[c];
    const double start = std::max(free_[lane], ready(before, lane));
    free_[lane] = start + call.cost / static_cast<double>(share.count);
    times_[lane].start.push_back(start);
    times_[lane].finish.push_back(free_[lane]);
    lanes_.steps[lane].push_back({c, share});
    for (std::size_t other = 0; other < count_; ++other) {
      lanes_.after[lane].push_back(other == lane ? 0 : before[other]);
      std::uint32_t& known = known_[lane * count_ + other];
      if (other != lane) known = std::max(known, before[other]);
    }
    const auto steps = static_cast<std::uint32_t>(lanes_.steps[lane].size());
    for (const Footprint& use : call.uses) history.add(use, lane, steps);
  }

  // A call is cut where it would leave the other lanes with little to do.
  void mark_alone() {
    constexpr double little = 0.3;
    for (Planned& call : calls_) {
      if (call.shares < 2) continue;
      double busy = 0;
      for (std::size_t lane = 0; lane < count_; ++lane)
        if (lane != call.lane) busy += busy_within(times_[lane], call.start, call.finish);
      call.cut = busy < little * static_cast<double>(count_ - 1) * call.cost;
    }
  }

  static double busy_within(const Times& times, double from, double to) {
    const auto first = std::upper_bound(times.finish.begin(), times.finish.end(), from);
    double busy = 0;
    for (auto i = static_cast<std::size_t>(first - times.finish.begin());
         i < times.start.size() && times.start[i] < to; ++i)
      busy += std::min(times.finish[i], to) - std::max(times.start[i], from);
    return busy;
  }

  const std::size_t count_;
  /// Microseconds until threads have come together for a phase, and until one has seen that
  /// another's step is done and fetched what it made.
  const double gathering_, handover_;
  std::vector<Planned> calls_;
  double total_ = 0;
  Lanes lanes_;
  std::vector<Times> times_;          ///< by lane
  std::vector<double> free_;          ///< by lane, from when on
  std::vector<std::uint32_t> known_;  ///< by lane and other lane, steps that it has waited for
};

// Makes steps wait for those who used the slots of their values before.
class SlotWaits {
 public:
  SlotWaits(Phase& phase, const Footprints& footprints)
      : phase_(phase), lanes_(phase.lanes), footprints_(footprints), count_(lanes_.steps.size()) {}

  void add() {
    std::vector<std::size_t> next(count_);
    for (std::uint32_t c = 0; c < phase_.calls.size(); ++c) {
      const std::vector<Footprint> uses = footprints_.of(phase_.calls[c]);
      for (std::size_t lane = 0; lane < count_; ++lane)
        if (next[lane] < lanes_.steps[lane].size() && lanes_.steps[lane][next[lane]].call == c)
          visit(uses, lane, next[lane]++);
    }
  }

 private:
  struct Tenancy {
    std::uint32_t root;                        ///< whose the slot is
    std::vector<std::uint32_t> steps, former;  ///< by lane, the last to use it, and before `root`
  };

  void visit(const std::vector<Footprint>& uses, std::size_t lane, std::size_t step) {
    for (const Footprint& use : uses) {
      const auto slot = footprints_.slot_of(use.root);
      if (slot.first == no_slot) continue;
      const std::vector<std::uint32_t> none(count_);
      Tenancy& tenancy = tenancies_.try_emplace(slot, Tenancy{use.root, none, none}).first->second;
      if (tenancy.root != use.root) {
        tenancy.root = use.root;
        tenancy.former = tenancy.steps;
      }
      tenancy.steps[lane] = static_cast<std::uint32_t>(step + 1);
      for (std::size_t other = 0; other < count_; ++other) {
        std::uint32_t& after = lanes_.after[lane][step * count_ + other];
        if (other != lane) after = std::max(after, tenancy.former[other]);
      }
    }
  }

  const Phase& phase_;
  Lanes& lanes_;
  const Footprints& footprints_;
  const std::size_t count_;
  std::map<std::pair<std::int32_t, bool>, Tenancy> tenancies_;  ///< by slot
};

}  // namespace

void assign_lanes(Plan& plan, const PlanOptions& options) {
  if (options.lanes < 2) return;
  const Footprints footprints(plan);
  for (Phase& phase : plan.phases) {
    if (phase.batched && options.cut_batches) continue;
    std::size_t count = static_cast<std::size_t>(options.lanes), used = count;
    do {  // again without the lanes that got nothing, which are the last
      count = used;
      phase.lanes = Dealer(plan, phase, count, footprints, options.meeting).deal();
      used = static_cast<std::size_t>(std::ranges::count_if(
          phase.lanes.steps, [](const auto& steps) { return !steps.empty(); }));
    } while (used > 1 && used < count);
  }
}

void wait_for_slots(Plan& plan) {
  const bool any =
      std::ranges::any_of(plan.phases, [](const Phase& phase) { return !phase.lanes.empty(); });
  if (!any) return;
  const Footprints footprints(plan);
  for (Phase& phase : plan.phases)
    if (!phase.lanes.empty()) SlotWaits(phase, footprints).add();
}

std::vector<std::int32_t> lanes_of_calls(const Phase& phase) {
  std::vector<std::int32_t> lanes(phase.calls.size(), -1);
  for (std::size_t lane = phase.lanes.steps.size(); lane-- > 0;)
    for (const LaneStep& step : phase.lanes.steps[lane])
      lanes[step.call] = static_cast<std::int32_t>(lane);
  return lanes;
}

}  // namespace unfold
