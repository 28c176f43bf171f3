#include "graph/slots.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "graph/plan.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tests/support/random_graph.h"

using namespace unfold;

namespace {

// When a value is written first and read last, as positions of calls in the order of the phases.
struct Life {
  std::size_t begin, end;
};

// Lives by arena and slot, found without the planner's own bookkeeping: every call is walked
// through, the ends of phases count as a position, and outputs live for ever. What a value shows or
// is part of lives as long as it does.
class Lives {
 public:
  explicit Lives(const Plan& plan) : plan_(plan) {
    std::size_t at = 0;
    for (const Phase& phase : plan.phases) {
      const std::size_t end = at + phase.calls.size();
      for (const Call& call : phase.calls) {
        visit(call, at, phase.batched ? end : at);
        ++at;
      }
      for (const Call& call : phase.direct_sums)
        for (const ValueId v : plan.reads(call)) read(v, end);
      for (const NodeId sum : phase.sums) {
        if (plan.partial_slot[sum] != no_slot) partial_[sum].end = end;
        value_[plan.value_of[sum]] = {end, end};
        written_.insert(plan.value_of[sum]);
      }
      at = end + 1;
    }
    for (const Output& o : plan.graph.outputs) read(plan.value_of[o.node], at);
  }

  // Every pair of values in one slot, one after the other; a fused call may write where it reads
  // for the last time.
  void check() const {
    std::map<std::pair<bool, std::int32_t>, std::map<std::size_t, std::size_t>> by_slot;
    const auto place = [&](bool shard, std::int32_t slot, Life life) {
      BOOST_TEST_REQUIRE(slot != no_slot);
      auto& lives = by_slot[{shard, slot}];
      const auto [added, is_new] = lives.emplace(life.begin, life.end);
      BOOST_TEST_REQUIRE(is_new, "two values written at once in slot " << slot);
    };
    for (const auto& [v, life] : value_)
      if (!plan_.homes[v].handed_out) place(plan_.homes[v].batched, plan_.homes[v].slot, life);
    for (const auto& [id, life] : partial_) place(true, plan_.partial_slot[id], life);
    for (const auto& [slot, lives] : by_slot)
      for (auto a = lives.begin(), b = std::next(a); b != lives.end(); a = b++)
        BOOST_TEST((a->second < b->first || (a->second == b->first && fused_.contains(b->first))),
                   "slot " << slot.second << " is written while it is read");
  }

 private:
  void visit(const Call& call, std::size_t at, std::size_t shared_end) {
    if (call.kind == Call::Kind::fused) fused_.insert(at);
    for (const ValueId v : plan_.reads(call)) read(v, plan_.homes[v].batched ? at : shared_end);
    for (const ValueId v : plan_.writes(call)) {
      BOOST_TEST(written_.insert(v).second);
      Life& life = value_.try_emplace(root(v), at, at).first->second;
      life.end = std::max(life.end, at);
    }
    if (call.sum == no_node || partial_.contains(call.sum)) return;
    BOOST_TEST(call.first);
    partial_[call.sum] = {at, at};
  }

  void read(ValueId v, std::size_t at) {
    const Home& home = plan_.homes[root(v)];
    if (home.uniform || home.kind == Home::Kind::bound) return;
    require_written(v);
    Life& life = value_.at(root(v));
    life.end = std::max(life.end, at);
  }

  // What is seen must be there: itself or what it shows; what has parts, all of them.
  void require_written(ValueId v) const {
    while (plan_.homes[v].kind == Home::Kind::view) v = plan_.homes[v].of;
    if (plan_.homes[v].uniform || written_.contains(v)) return;
    bool any = false;
    for (ValueId part = 0; part < plan_.homes.size(); ++part) {
      const Home& home = plan_.homes[part];
      if (home.kind != Home::Kind::part || home.of != v) continue;
      any = true;
      require_written(part);
    }
    BOOST_TEST(any, "value " << v << " is read before it is computed");
  }

  ValueId root(ValueId v) const {
    while (plan_.homes[v].of != no_value) v = plan_.homes[v].of;
    return v;
  }

  const Plan& plan_;
  std::map<ValueId, Life> value_;
  std::map<NodeId, Life> partial_;
  std::set<ValueId> written_;
  std::set<std::size_t> fused_;  ///< positions of such calls
};

std::int64_t bytes_of(const Graph& g, NodeId id) {
  return g.type(id).size() * (g.type(id).kind == Kind::index ? 4 : 8);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slots)

BOOST_AUTO_TEST_CASE(values_alive_at_once_never_share_a_slot) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) BOOST_TEST_CONTEXT("seed " << seed) {
      Graph g = support::random_graph(seed, {.operations = 40, .gradients = seed % 2 == 0});
      if (seed % 3 == 0) g = optimise(std::move(g));
      const PlanOptions options{seed % 5 != 0, seed % 7 != 0, seed % 11 != 0};
      const Plan plan = make_plan(std::move(g), DType::f64, options);
      Lives(plan).check();
    }
}

BOOST_AUTO_TEST_CASE(an_elementwise_result_takes_over_the_memory_of_what_it_reads_last) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(8)}, true));
  const Value w = parameter(g, "w", {plain(8), plain(8)});
  const Value product = matmul(x, w), activation = tanh(product);
  g.outputs.push_back({"y", matmul(activation, w).id});
  const auto share = [&](const PlanOptions& options) {
    const Plan plan = make_plan(g, DType::f64, options);
    const auto slot = [&](Value v) { return plan.homes[plan.value_of[v.id]].slot; };
    return slot(product) == slot(activation);
  };
  PlanOptions apart;
  apart.in_place = false;
  BOOST_TEST(share({}));
  BOOST_TEST(!share(apart));
  g.outputs.push_back({"z", matmul(product, w).id});
  BOOST_TEST(!share({}));  // the product is read once more
}

BOOST_AUTO_TEST_CASE(slots_are_large_enough) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const Plan plan = make_plan(support::random_graph(seed, {.gradients = true}), DType::f64);
    const Graph& g = plan.graph;
    for (NodeId id = 0; id < g.size(); ++id) {
      if (plan.partial_slot[id] != no_slot)
        BOOST_TEST(plan.shard_slots.at(plan.partial_slot[id]).shared >= bytes_of(g, id));
      if (plan.value_of[id] == no_value) continue;
      const Home& home = plan.homes[plan.value_of[id]];
      if (home.slot == no_slot || home.uniform) continue;
      if (g.type(id).batched)
        BOOST_TEST(plan.shard_slots.at(home.slot).per_example >= bytes_of(g, id));
      else
        BOOST_TEST(plan.shared_slots.at(home.slot).shared >= bytes_of(g, id));
    }
  }
}

BOOST_AUTO_TEST_CASE(slots_are_used_again) {
  Graph g;
  Value v = input(g, "x", real_type({plain(16)}, true));
  for (int i = 0; i < 100; ++i) v = softmax(v);
  g.outputs.push_back({"y", v.id});
  const Plan plan = make_plan(std::move(g), DType::f32);
  BOOST_TEST(plan.shard_slots.size() <= 3u);
  BOOST_TEST(plan.shared_slots.empty());
}

BOOST_AUTO_TEST_CASE(memory_is_linear_in_the_batch) {
  const Plan plan = make_plan(support::random_graph(5, {.gradients = true}), DType::f64);
  const std::int64_t at_64 = plan.bytes(64, 1), at_128 = plan.bytes(128, 1),
                     at_192 = plan.bytes(192, 1);
  BOOST_TEST(at_128 > at_64);
  BOOST_TEST(at_192 - at_128 == at_128 - at_64);
  BOOST_TEST(plan.bytes(64, 2) >= at_64);
}

BOOST_AUTO_TEST_SUITE_END()
