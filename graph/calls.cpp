#include "graph/calls.h"

#include <algorithm>
#include <utility>

namespace unfold {

namespace {

// What never is in memory gets a number below 0, used again after its last reader.
void number_temporaries(const Graph& graph, std::span<const NodeId> nodes,
                        std::map<NodeId, std::int32_t>& number, FusedProgram& program) {
  std::map<NodeId, NodeId> last_reader;
  for (const NodeId id : nodes)
    for (const NodeId in : graph.inputs(id)) last_reader[in] = id;
  std::vector<std::int32_t> free;
  for (const NodeId id : nodes) {
    for (const NodeId in : graph.inputs(id)) {
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

}  // namespace

CallMaker::CallMaker(Plan& plan, const NodeFacts& facts, std::vector<bool> dense,
                     const PlanOptions& options)
    : plan_(plan),
      graph_(plan.graph),
      found_(facts),
      options_(options),
      dense_(std::move(dense)),
      call_of_(facts.grouping.count) {
  count_prepared();
}

void CallMaker::make(std::span<const NodeId> nodes) {
  const NodeId id = nodes.front();
  if (found_.grouping.group[id] != no_group)
    make_group(nodes);
  else if (op(id).sums_batch)
    make_sum(id);
  else if (found_.fused_into[id] != no_node)
    make_fused_sum(id);
  else if (op(id).part != nullptr)
    make_parts(id);
  else
    make_kernel(id);
}

Call CallMaker::call(Call::Kind kind, NodeId node) const {
  Call c;
  c.kind = kind;
  c.node = node;
  c.first_operand = static_cast<std::uint32_t>(plan_.operands.size());
  return c;
}

void CallMaker::add(Call c, std::int32_t level, bool batched) {
  c.operand_count = static_cast<std::uint32_t>(plan_.operands.size()) - c.first_operand;
  phases_[2 * level + batched].calls.push_back(c);
}

void CallMaker::make_kernel(NodeId id) {
  const bool batched = graph_.type(id).batched;
  const std::vector<ValueId> in = readable(id, found_.level[id], batched);
  const ValueId prepared = prepared_operand(id);
  Call c = call(Call::Kind::kernel, id);
  plan_.operands.insert(plan_.operands.end(), in.begin(), in.end());
  c.prepared = prepared != no_value;
  if (c.prepared) plan_.operands.push_back(prepared);
  plan_.operands.push_back(value(id));
  add(c, found_.level[id], batched);
}

CallMaker::PreparedKey CallMaker::preparation_of(NodeId id) const {
  const NodeId operand = graph_.inputs(id)[static_cast<std::size_t>(op(id).preparation->operand)];
  return {&op(id), graph_.node(id).attributes, operand};
}

void CallMaker::count_prepared() {
  for (NodeId id = 0; id < graph_.size(); ++id)
    if (found_.made[id] && found_.fused_into[id] == no_node && op(id).preparation != nullptr)
      ++prepared_[preparation_of(id)].readers;
}

// The prepared form of an operand that is read often enough: made when the operand is. Rounding it
// pays for one reader, since otherwise each shard would round it.
ValueId CallMaker::prepared_operand(NodeId id) {
  if (op(id).preparation == nullptr) return no_value;
  const auto key = preparation_of(id);
  const NodeId operand = std::get<2>(key);
  Prepared& prepared = prepared_.at(key);
  const bool pays_for_one =
      plan_.products != Products::full || (options_.parameters_stay && found_.level[operand] == 0);
  const std::uint32_t least_readers = pays_for_one ? 1 : 4;
  if (prepared.value != no_value || prepared.readers < least_readers ||
      graph_.type(operand).batched)
    return prepared.value;
  Home home{.type = graph_.node(operand).type};
  home.prepared = op(id).preparation->size(graph_.type(operand), graph_.attributes(id),
                                           plan_.precision, plan_.products);
  if (home.prepared == 0) return no_value;
  prepared.value = new_value(home);
  Call c = call(Call::Kind::prepare, id);
  plan_.operands.push_back(value(operand));
  plan_.operands.push_back(prepared.value);
  add(c, found_.level[operand], false);
  return prepared.value;
}

// The operands as the operation's kernels can read them: where they take no strides, copied.
std::vector<ValueId> CallMaker::readable(NodeId id, std::int32_t level, bool batched) {
  std::vector<ValueId> in;
  for (const NodeId i : graph_.inputs(id)) {
    const ValueId v = value(i);
    in.push_back(op(id).strided || dense_[v] ? v : dense_copy(v, id, level, batched));
  }
  return in;
}

ValueId CallMaker::dense_copy(ValueId of, NodeId reader, std::int32_t level, bool batched) {
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

ValueId CallMaker::new_value(const Home& home) {
  const auto v = static_cast<ValueId>(plan_.homes.size());
  plan_.homes.push_back(home);
  plan_.order.push_back(v);
  dense_.push_back(home.kind == Home::Kind::own);
  return v;
}

// Operands that are not in their places yet.
void CallMaker::make_parts(NodeId id) {
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
    if (options_.in_place && write_again(inputs[i], to, id)) continue;
    Call c = call(Call::Kind::copy, id);
    plan_.operands.push_back(value(inputs[i]));
    plan_.operands.push_back(to);
    add(c, found_.level[id], graph_.type(id).batched);
  }
}

// Has the fused kernel that makes a value write it to another place too, if it runs in the phase of
// the container that the place is part of.
bool CallMaker::write_again(NodeId id, ValueId to, NodeId container) {
  const std::uint32_t group = found_.grouping.group[id];
  const auto key = [&](NodeId n) { return 2 * found_.level[n] + graph_.type(n).batched; };
  if (group == no_group || key(id) != key(container)) return false;
  Call& c = phases_[key(id)].calls[call_of_[group]];
  FusedProgram& program = plan_.programs[c.program];
  const auto begin = plan_.operands.begin() + c.first_operand, end = begin + c.operand_count;
  const auto from = static_cast<std::int32_t>(std::find(begin, end, value(id)) - begin);
  if (end != plan_.operands.end()) {
    std::vector<ValueId> moved(begin, end);
    c.first_operand = static_cast<std::uint32_t>(plan_.operands.size());
    plan_.operands.insert(plan_.operands.end(), moved.begin(), moved.end());
  }
  program.code.push_back({&copy_op, static_cast<std::uint32_t>(program.operands.size()), 1,
                          static_cast<std::int32_t>(c.operand_count++)});
  program.operands.push_back(from);
  plan_.operands.push_back(to);
  return true;
}

void CallMaker::make_sum(NodeId id) {
  for (const NodeId in : graph_.inputs(id)) {
    if (found_.fused_into[in] == id) continue;
    Call c = call(Call::Kind::sum, in);
    c.sum = id;
    plan_.operands.push_back(value(in));
    add(c, found_.level[in], true);
  }
  phases_[2 * (found_.level[id] - 1) + 1].sums.push_back(id);
}

// Whether a sum is so large beside what some examples give to it that parts of it, one for each
// shard, would cost more than keeping the operands until all shards have come so far.
bool CallMaker::exceeds_operands(NodeId sum) const {
  constexpr std::int64_t some = 8, least = 1 << 16;
  const std::int64_t size = graph_.type(sum).size();
  if (size < least) return false;
  std::int64_t left =
      size / some;  // for operands: soon used up where a sum has a term for each step
  for (const NodeId term : graph_.inputs(sum)) {
    if (found_.fused_into[term] != sum || op(term).column_blocks == nullptr) return false;
    for (const NodeId in : graph_.inputs(term)) left -= graph_.type(in).size();
    if (left < 0) return false;
  }
  return true;
}

void CallMaker::make_fused_sum(NodeId id) {
  const std::vector<ValueId> in = readable(id, found_.level[id], true);
  Call c = call(Call::Kind::fused_sum, id);
  c.sum = found_.fused_into[id];
  plan_.operands.insert(plan_.operands.end(), in.begin(), in.end());
  const bool direct = (op(id).sums_sparsely && is_sparse(c.sum)) || exceeds_operands(c.sum);
  if (!direct || found_.level[id] != found_.level[c.sum] - 1) return add(c, found_.level[id], true);
  c.operand_count = static_cast<std::uint32_t>(plan_.operands.size()) - c.first_operand;
  phases_[2 * found_.level[id] + 1].direct_sums.push_back(c);
}

// Whether the terms that touch little of a sum do so together. Several that are more than the sum,
// as those of the segments of a long sequence, are better added at once than kept until all are
// there.
bool CallMaker::is_sparse(NodeId sum) {
  const auto [found, added] = sparse_.try_emplace(sum, true);
  if (!added) return found->second;
  std::int64_t terms = 0, numbers = 0;
  for (const NodeId in : graph_.inputs(sum)) {
    if (found_.fused_into[in] != sum || !op(in).sums_sparsely) continue;
    ++terms;
    numbers += graph_.type(graph_.inputs(in)[0]).size();
  }
  return found->second = terms < 2 || numbers <= graph_.type(sum).size();
}

void CallMaker::make_group(std::span<const NodeId> nodes) {
  FusedProgram program;
  std::map<NodeId, std::int32_t> number;  // of values in memory; temporaries come later
  std::vector<ValueId> memory;
  const auto remember = [&](NodeId id) {
    if (value(id) != no_value &&
        number.emplace(id, static_cast<std::int32_t>(memory.size())).second)
      memory.push_back(value(id));
  };
  const std::uint32_t group = found_.grouping.group[nodes.front()];
  for (const NodeId id : nodes)
    for (const NodeId in : graph_.inputs(id))
      if (found_.grouping.group[in] != group) remember(in);
  const auto reads = static_cast<std::uint32_t>(memory.size());
  for (const NodeId id : nodes) remember(id);
  number_temporaries(graph_, nodes, number, program);
  for (const NodeId id : nodes) {
    Instruction i{&op(id), static_cast<std::uint32_t>(program.operands.size()), 0, number.at(id)};
    for (const NodeId in : graph_.inputs(id)) program.operands.push_back(number.at(in));
    i.operand_count = static_cast<std::uint32_t>(program.operands.size()) - i.first_operand;
    program.code.push_back(i);
  }
  program.reads = reads;
  Call c = call(Call::Kind::fused, nodes.back());
  c.program = static_cast<std::uint32_t>(plan_.programs.size());
  plan_.programs.push_back(std::move(program));
  plan_.operands.insert(plan_.operands.end(), memory.begin(), memory.end());
  const std::int32_t level = found_.level[nodes.back()];
  const bool batched = graph_.type(nodes.back()).batched;
  call_of_[group] = static_cast<std::uint32_t>(phases_[2 * level + batched].calls.size());
  add(c, level, batched);
}

void CallMaker::finish() {
  std::vector<bool> started(graph_.size());
  for (auto& [key, phase] : phases_) {
    phase.batched = key % 2 == 1;
    for (Call& c : phase.calls)
      if (c.sum != no_node && !started[c.sum]) c.first = started[c.sum] = true;
    // A sum that touches little cannot be the first: the rest would stay as it was found.
    for (Call& c : phase.direct_sums)
      if (!op(c.node).sums_sparsely && !started[c.sum]) c.first = started[c.sum] = true;
    plan_.phases.push_back(std::move(phase));
  }
}

}  // namespace unfold
