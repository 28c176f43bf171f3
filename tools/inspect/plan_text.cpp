#include "tools/inspect/plan_text.h"

#include <fmt/format.h>

#include "graph/text.h"
#include "tools/inspect/plan_names.h"

namespace unfold {

namespace {

std::string attributes_text(const Attributes& attributes) {
  std::string text;
  for (const Attribute& a : attributes.list())
    if (a.name.str() != "label" && a.name.str() != "labels")
      text += fmt::format("{}{}={}", text.empty() ? "" : ", ", a.name.str(), print(a.value));
  return text.empty() ? "" : " {" + text + "}";
}

class PlanWriter {
 public:
  explicit PlanWriter(const Plan& plan)
      : plan_(plan), number_(plan.homes.size(), 0), partial_(plan.graph.size(), 0) {}

  std::vector<PlanLine> run() {
    for (const Phase& phase : plan_.phases) {
      add(phase.batched ? "batched phase" : "shared phase", no_node);
      for (const Call& call : phase.calls) write(call);
      for (const NodeId sum : phase.sums)
        add(fmt::format("reduce {} to {}", partial(sum), result(plan_.value_of[sum])), sum);
      for (const Call& call : phase.direct_sums)
        add(fmt::format("{} {}{} to {}", call.first ? "set" : "add", operation(call.node),
                        operands(call), operand(plan_.value_of[call.sum])),
            call.sum);
    }
    std::map<std::string, NodeId> outputs;
    for (const Output& o : plan_.graph.outputs) outputs[o.name.str()] = o.node;
    for (const auto& [name, node] : outputs)
      add(fmt::format("output {} {}", name, operand(plan_.value_of[node])), node);
    return std::move(lines_);
  }

 private:
  void add(std::string text, NodeId node) { lines_.push_back({std::move(text), node}); }

  const Graph& graph() const { return plan_.graph; }

  std::string operation(NodeId id) const {
    return std::string(graph().node(id).op->name) + attributes_text(graph().attributes(id));
  }

  std::string type_of(ValueId v) const {
    return print(without_labels(graph().type_at(plan_.homes[v].type)));
  }

  // The number of a value. What needs no call is introduced by a line of its own.
  std::string operand(ValueId v) {
    const Home& home = plan_.homes[v];
    const bool no_call =
        home.uniform || home.kind == Home::Kind::bound || home.kind == Home::Kind::view;
    if (number_[v] == 0 && no_call) {
      const std::string of = home.of == no_value ? "" : " of " + operand(home.of);
      number_[v] = ++numbers_;
      add(fmt::format("v{} = {}{} : {}", number_[v], operation(home.via), of, type_of(v)),
          home.via);
    }
    if (number_[v] == 0) number_[v] = ++numbers_;
    return fmt::format("v{}", number_[v]);
  }

  // The same with where the value is written.
  std::string result(ValueId v) {
    const Home& home = plan_.homes[v];
    const std::string place =
        home.kind == Home::Kind::part ? fmt::format("part {} of {}", home.index, operand(home.of))
        : home.handed_out
            ? "the results"
            : fmt::format("slot {}{}", home.slot, home.time_major ? " time-major" : "");
    return fmt::format("{} in {} : {}", operand(v), place, type_of(v));
  }

  std::string operands(const Call& call) {
    std::string text;
    for (const ValueId v : plan_.reads(call)) text += " " + operand(v);
    return text;
  }

  // A shard's part of a sum over the batch.
  std::string partial(NodeId sum) {
    if (plan_.partial_slot[sum] == no_slot) return "nothing";
    if (partial_[sum] == 0) partial_[sum] = ++partials_;
    return fmt::format("s{} in slot {}", partial_[sum], plan_.partial_slot[sum]);
  }

  void write(const Call& call) {
    const std::string in = operands(call);
    const auto written = plan_.writes(call);
    switch (call.kind) {
      case Call::Kind::kernel:
        return add(fmt::format("{}{} -> {}", operation(call.node), in, result(written[0])),
                   call.node);
      case Call::Kind::prepare:
        return add(
            fmt::format("prepare{} for {} -> {}", in, operation(call.node), result(written[0])),
            call.node);
      case Call::Kind::copy:
        return add(fmt::format("copy{} -> {}", in, result(written[0])), call.node);
      case Call::Kind::sum:
      case Call::Kind::fused_sum: {
        const std::string what = call.kind == Call::Kind::sum ? "" : " " + operation(call.node);
        return add(
            fmt::format("{}{}{} -> {}", call.first ? "sum" : "add", what, in, partial(call.sum)),
            call.sum);
      }
      case Call::Kind::fused: return write_fused(call);
    }
  }

  void write_fused(const Call& call) {
    const FusedProgram& program = plan_.programs[call.program];
    const std::span memory(plan_.operands.data() + call.first_operand, call.operand_count);
    const auto value = [&](std::int32_t k) {
      return k < 0 ? fmt::format("t{}", -k) : operand(memory[static_cast<std::size_t>(k)]);
    };
    std::string text = "fused";
    for (const Instruction& i : program.code) {
      text += fmt::format("{} {}", &i == program.code.data() ? "" : ";", i.op->name);
      for (std::uint32_t k = 0; k < i.operand_count; ++k)
        text += " " + value(program.operands[i.first_operand + k]);
      text += " -> " + value(i.result);
    }
    for (const ValueId v : plan_.writes(call)) text += ", " + result(v);
    add(std::move(text), call.node);
  }

  const Plan& plan_;
  std::vector<std::uint32_t> number_;   ///< by value, 0: not seen yet
  std::vector<std::uint32_t> partial_;  ///< by node
  std::uint32_t numbers_ = 0, partials_ = 0;
  std::vector<PlanLine> lines_;
};

}  // namespace

std::vector<PlanLine> plan_text(const Plan& plan) { return PlanWriter(plan).run(); }

std::map<std::string, std::int64_t> calls_by_kind(const Plan& plan) {
  std::map<std::string, std::int64_t> counts;
  for (const Phase& phase : plan.phases)
    for (const auto* calls : {&phase.calls, &phase.direct_sums})
      for (const Call& call : *calls) ++counts[kind_of(plan, call)];
  return counts;
}

}  // namespace unfold
