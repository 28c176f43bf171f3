#include "tools/inspect/rolled_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "graph/text.h"
#include "tools/inspect/plan_names.h"

namespace unfold {

namespace {

constexpr std::size_t columns = 100;

std::string shape(const Type& type) { return describe(without_labels(type)); }

std::string shape(const Plan& plan, ValueId v) {
  return shape(plan.graph.type_at(plan.homes[v].type));
}

// What a product multiplies is told, of others what they give.
std::string call_text(const Plan& plan, const Call& call) {
  const std::string name(plan.graph.node(call.node).op->name);
  const auto reads = plan.reads(call), writes = plan.writes(call);
  switch (call.kind) {
    case Call::Kind::prepare: return fmt::format("prepare {} for {}", shape(plan, reads[0]), name);
    case Call::Kind::copy: return "copy " + shape(plan, reads[0]);
    case Call::Kind::fused: {
      const std::size_t operations = plan.programs[call.program].code.size();
      return fmt::format("fused({}) {}", operations, shape(plan, writes.back()));
    }
    case Call::Kind::sum: return "sum " + shape(plan, reads[0]);
    case Call::Kind::fused_sum:
      return fmt::format("sum of {} {}", name, shape(plan.graph.type(call.sum)));
    case Call::Kind::kernel: break;
  }
  if (name != "matmul") return fmt::format("{} {}", name, shape(plan, writes[0]));
  const bool transposed = plan.graph.attributes(call.node).find("transpose_b") != nullptr;
  return fmt::format("matmul {} x {}{}", shape(plan, reads[0]), shape(plan, reads[1]),
                     transposed ? "'" : "");
}

/// Calls one after another of one layer, in one direction, for one step or for none.
struct Block {
  std::string layer;
  bool backward = false;
  std::int32_t first = no_step, last = no_step;  ///< steps that make the same calls, one by one
  std::vector<std::string> calls;
  bool in_turn = false;  ///< one of several that repeat together, as cells of several layers do

  /// Whether the other does the same, so many steps later.
  bool repeats_as(const Block& other, std::int32_t later) const {
    return first != no_step && other.first == last + later && backward == other.backward &&
           layer == other.layer && calls == other.calls;
  }
};

std::vector<Block> single_blocks(const Plan& plan, const Phase& phase) {
  std::vector<Block> blocks;
  const auto add = [&](const Call& call) {
    const Place place = plan.graph.place(call.sum != no_node ? call.sum : call.node);
    const std::string layer = layer_of(place);
    if (blocks.empty() || blocks.back().layer != layer || blocks.back().first != place.step ||
        blocks.back().backward != place.backward)
      blocks.push_back({layer, place.backward, place.step, place.step, {}});
    blocks.back().calls.push_back(call_text(plan, call));
  };
  for (const Call& call : phase.calls) add(call);
  for (const Call& call : phase.direct_sums) add(call);
  return blocks;
}

// How many blocks from one on repeat as those behind them, a step up or down in time; the fewest.
std::size_t period_of(const std::vector<Block>& blocks, std::size_t from, std::int32_t later) {
  constexpr std::size_t most = 64;
  for (std::size_t n = 1; n <= most && from + 2 * n <= blocks.size(); ++n) {
    std::size_t same = 0;
    while (same < n && blocks[from + same].repeats_as(blocks[from + n + same], later)) ++same;
    if (same == n) return n;
  }
  return 0;
}

// Steps that follow each other and do the same, in one block or in several, become one.
std::vector<Block> rolled(const std::vector<Block>& blocks) {
  std::vector<Block> out;
  for (std::size_t i = 0; i < blocks.size();) {
    const std::size_t up = period_of(blocks, i, 1), down = period_of(blocks, i, -1);
    const std::int32_t later = up > 0 ? 1 : -1;
    const std::size_t period = std::max<std::size_t>(up > 0 ? up : down, 1);
    const std::size_t first = out.size();
    for (std::size_t k = 0; k < period; ++k) {
      out.push_back(blocks[i++]);
      out.back().in_turn = period > 1;
    }
    const auto goes_on = [&] {
      for (std::size_t k = 0; k < period; ++k)
        if (i + k >= blocks.size() || !out[first + k].repeats_as(blocks[i + k], later))
          return false;
      return true;
    };
    while (goes_on())
      for (std::size_t k = 0; k < period; ++k) out[first + k].last = blocks[i++].first;
  }
  return out;
}

std::string steps_text(const Block& block) {
  if (block.first == no_step) return "once";
  if (block.first == block.last) return fmt::format("step {}", block.first);
  return fmt::format("steps {} to {}", block.first, block.last);
}

// Equal calls one after another as one, and lines of a bearable length.
std::string calls_text(const Block& block, std::size_t indent) {
  std::string text, line;
  for (std::size_t i = 0; i < block.calls.size();) {
    std::size_t end = i;
    while (end < block.calls.size() && block.calls[end] == block.calls[i]) ++end;
    std::string call = block.calls[i];
    if (end - i > 1) call = fmt::format("{} times {}", end - i, call);
    i = end;
    if (i < block.calls.size()) call += ",";
    if (!line.empty() && indent + line.size() + call.size() >= columns) {
      text += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    line += (line.empty() ? "" : " ") + call;
  }
  return text + line;
}

std::string title(const Phase& phase, std::size_t index) {
  const std::string when = phase.batched ? "for each shard of the batch" : "once for all examples";
  return fmt::format("\n{}, {}: {} calls\n", index + 1, when, phase.call_count());
}

}  // namespace

std::string rolled_text(const Plan& plan) {
  std::vector<std::vector<Block>> phases;
  std::size_t layer = 0, steps = 0, calls = 0;
  for (const Phase& phase : plan.phases) {
    calls += phase.call_count();
    phases.push_back(rolled(single_blocks(plan, phase)));
    for (const Block& b : phases.back()) {
      layer = std::max(layer, b.layer.size() + (b.backward ? 10 : 0));
      steps = std::max(steps, steps_text(b).size());
    }
  }
  std::string out =
      fmt::format("{} calls in {} phases{}\n", calls, phases.size(),
                  plan.products == Products::bfloat16 ? ", products in bfloat16" : "");
  for (std::size_t i = 0; i < phases.size(); ++i) {
    out += title(plan.phases[i], i);
    for (const Block& b : phases[i]) {
      const std::string what = (b.backward ? "backward, " : "") + b.layer;
      out += fmt::format("{} {:<{}}  {:<{}}  {}\n", b.in_turn ? '|' : ' ', what, layer,
                         steps_text(b), steps, calls_text(b, layer + steps + 6));
    }
  }
  return out;
}

}  // namespace unfold
