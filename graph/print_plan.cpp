#include <fmt/format.h>

#include "graph/plan.h"
#include "graph/text.h"

namespace unfold {

namespace {

// Nodes are printed by their numbers in the graph; copies have none.
class PlanPrinter {
 public:
  explicit PlanPrinter(const Plan& plan) : plan_(plan), node_of_(plan.homes.size(), no_node) {
    for (NodeId id = 0; id < plan.graph.size(); ++id)
      if (plan.value_of[id] != no_value) node_of_[plan.value_of[id]] = id;
  }

  std::string text() const {
    std::string out = header();
    for (const Phase& phase : plan_.phases) {
      out += fmt::format("{} phase, {} calls{}\n", phase.batched ? "batched" : "shared",
                         phase.call_count(), lanes_of(phase));
      for (const Call& call : phase.calls) out += describe(call);
      for (const NodeId sum : phase.sums)
        out += fmt::format("  reduce %{} {} from {}\n", sum, place(plan_.value_of[sum]),
                           plan_.partial_slot[sum] == no_slot
                               ? "nothing"
                               : fmt::format("the shards' slot {}", plan_.partial_slot[sum]));
      for (const Call& call : phase.direct_sums)
        out += fmt::format("  {} to %{}, shard by shard, {}\n", call.first ? "set" : "add",
                           call.sum, line_of(call.node));
    }
    return out;
  }

 private:
  std::string header() const {
    std::int64_t shared = 0, per_shard = 0, per_example = 0;
    std::size_t calls = 0;
    for (const Slot& s : plan_.shared_slots) shared += s.shared;
    for (const Slot& s : plan_.shard_slots) {
      per_shard += s.shared;
      per_example += s.per_example;
    }
    for (const Phase& phase : plan_.phases) calls += phase.call_count();
    return fmt::format(
        "plan: {} phases, {} calls; {} shared slots of {} bytes; {} slots a shard of {} bytes and "
        "{} an example{}\n",
        plan_.phases.size(), calls, plan_.shared_slots.size(), shared, plan_.shard_slots.size(),
        per_shard, per_example,
        plan_.products == Products::bfloat16 ? "; products in bfloat16" : "");
  }

  static std::string lanes_of(const Phase& phase) {
    if (phase.lanes.empty()) return {};
    std::size_t shares = 0;
    for (const LaneStep& s : phase.lanes.steps.front()) shares += s.share.count > 1;
    return fmt::format(" on {} lanes, {} of them cut", phase.lanes.steps.size(), shares);
  }

  // A node as in the graph's text, but of a tensor of many numbers only the first.
  std::string line_of(NodeId id) const {
    constexpr std::size_t longest = 60;
    std::string text = print_node(plan_.graph, id);
    const std::size_t from = text.find("]("), to = text.find(")}", from);
    if (to == std::string::npos || to - from <= longest) return text;
    const std::size_t cut = text.rfind(", ", from + longest);
    return text.replace(cut, to - cut, ", ...");
  }

  std::string name(ValueId v) const {
    return node_of_[v] == no_node ? fmt::format("copy {}", v) : fmt::format("%{}", node_of_[v]);
  }

  // Where a value lies: `slot 3`, `in %7`.
  std::string place(ValueId v) const {
    const Home& home = plan_.homes[v];
    if (home.kind == Home::Kind::part)
      return fmt::format("as part {} of {}", home.index, name(home.of));
    if (home.handed_out) return "handed out";
    return fmt::format("slot {}{}", home.slot, home.time_major ? " time-major" : "");
  }

  std::string describe(const Call& call) const {
    const Graph& g = plan_.graph;
    const auto written = plan_.writes(call);
    switch (call.kind) {
      case Call::Kind::kernel:
        return fmt::format("  %{} {} = {}\n", call.node, place(written[0]), line_of(call.node));
      case Call::Kind::prepare:
        return fmt::format("  prepare {} {} for {}\n", name(plan_.reads(call)[0]),
                           place(written[0]), g.node(call.node).op->name);
      case Call::Kind::copy:
        return fmt::format("  copy {} {}\n", name(plan_.reads(call)[0]), place(written[0]));
      case Call::Kind::sum:
        return fmt::format("  {} %{} slot {} <- %{}\n", call.first ? "sum" : "add", call.sum,
                           plan_.partial_slot[call.sum], call.node);
      case Call::Kind::fused_sum:
        return fmt::format("  {} %{} slot {} fused <- {}\n", call.first ? "sum" : "add", call.sum,
                           plan_.partial_slot[call.sum], line_of(call.node));
      case Call::Kind::fused: return describe_fused(call);
    }
    return {};
  }

  // The operations on one line; %N for values in memory, tK for what stays inside.
  std::string describe_fused(const Call& call) const {
    const FusedProgram& program = plan_.programs[call.program];
    const std::span memory(plan_.operands.data() + call.first_operand, call.operand_count);
    const auto value = [&](std::int32_t k) {
      return k < 0 ? fmt::format("t{}", -k) : name(memory[static_cast<std::size_t>(k)]);
    };
    std::string out = "  fused";
    for (const ValueId v : plan_.writes(call)) out += fmt::format(" {} {},", name(v), place(v));
    out.back() = ':';
    for (const Instruction& i : program.code) {
      out += fmt::format(" {} = {}(", value(i.result), i.op->name);
      for (std::uint32_t k = 0; k < i.operand_count; ++k)
        out += (k == 0 ? "" : ", ") + value(program.operands[i.first_operand + k]);
      out += ");";
    }
    return out + "\n";
  }

  const Plan& plan_;
  std::vector<NodeId> node_of_;
};

}  // namespace

std::string print(const Plan& plan) { return PlanPrinter(plan).text(); }

}  // namespace unfold
