#include "graph/autodiff.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/verify.h"

namespace unfold {

namespace {

class ReverseWalk {
 public:
  ReverseWalk(Value loss, std::span<const Value> wanted, const CoreOps& ops)
      : graph_(*loss.graph),
        ops_(ops),
        size_(loss.id + 1),
        first_part_(size_, none),
        depends_(size_) {
    for (const Value& w : wanted)
      if (w.id < size_) depends_[w.id] = true;
    for (NodeId id = 0; id < size_; ++id)
      for (const NodeId in : graph_.inputs(id)) depends_[id] = depends_[id] || depends_[in];
  }

  void run(Value loss) {
    Type seed = loss.type();
    const PlaceScope scope(graph_, backward(loss.id));
    add_part(loss.id, {ops_.fill(graph_, 1.0, std::move(seed)), false});
    for (NodeId id = size_; id-- > 0;)
      if (depends_[id] && first_part_[id] != none) visit(id);
  }

  Value adjoint(Value wanted) {
    if (wanted.id < size_ && first_part_[wanted.id] != none)
      return parts_[first_part_[wanted.id]].value;
    Type type = wanted.type();
    type.batched = false;
    return ops_.fill(graph_, 0.0, std::move(type));
  }

 private:
  static constexpr std::uint32_t none = 0xffffffffu;

  // One of the adjoints that meet at a node, in a list from the latest to the first.
  struct Part {
    Value value;
    bool each_example;  ///< the node is shared, and this is what each example adds to its adjoint
    std::uint32_t next = none;
  };

  Place backward(NodeId id) const {
    Place place = graph_.place(id);
    place.backward = true;
    return place;
  }

  void add_part(NodeId id, Part part) {
    part.next = first_part_[id];
    first_part_[id] = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back(part);
  }

  // Sums what arrived at `id`, and passes it on to the operands through the operation's rule.
  void visit(NodeId id) {
    const PlaceScope scope(graph_, backward(id));
    const Value total = collect(id);
    first_part_[id] = none;
    add_part(id, {total, false});
    const OpDef& op = *graph_.node(id).op;
    if (op.gradient == nullptr) return;
    operands_.clear();
    for (const NodeId input : graph_.inputs(id)) operands_.push_back(graph_.value(input));
    const auto parts = op.gradient({graph_.value(id), operands_, total, graph_.attributes(id)});
    if (parts.size() != operands_.size())
      throw Error(fmt::format("{}: its gradient has {} adjoints for {} operands", op.name,
                              parts.size(), operands_.size()));
    const bool batched = graph_.type(id).batched;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const NodeId in = operands_[i].id;
      if (parts[i] && depends_[in])
        add_part(in, {unbroadcast(parts[i], in), batched && !graph_.type(in).batched});
    }
  }

  // The only place where broadcasting over written dimensions is undone.
  Value unbroadcast(Value part, NodeId operand) {
    const Type& type = graph_.type(operand);
    return same_sizes(part.type(), type) ? part : ops_.sum_to(part, type);
  }

  // The adjoint of a shared value used in batched ones is the sum over the batch, even of parts
  // that are the same for each example. The terms meet in one batch_sum, so that none of them need
  // exist for each example.
  Value collect(NodeId id) {
    summed_.clear();
    plain_.clear();
    for (std::uint32_t p = first_part_[id]; p != none; p = parts_[p].next)
      (parts_[p].each_example ? summed_ : plain_).push_back(parts_[p].value);
    std::reverse(summed_.begin(), summed_.end());
    std::reverse(plain_.begin(), plain_.end());
    if (!summed_.empty()) plain_.push_back(ops_.batch_sum(summed_));
    return plain_.size() == 1 ? plain_.front() : ops_.accumulate(plain_);
  }

  Graph& graph_;
  const CoreOps& ops_;
  NodeId size_;
  std::vector<Part> parts_;
  std::vector<std::uint32_t> first_part_;  ///< by node
  std::vector<bool> depends_;
  std::vector<Value> operands_, summed_, plain_;  ///< of one visit; kept to save allocations
};

}  // namespace

std::vector<Value> gradients(Value loss, std::span<const Value> wanted, const CoreOps& ops) {
  const Type type = loss.type();
  if (type.batched || type.size() != 1)
    throw Error(
        fmt::format("a gradient needs a loss of one number for the whole batch, this is {} {}",
                    type.batched ? "one value for each example," : "a shared", describe(type)),
        location_of(loss.graph->place(loss.id).site));
  for (const Value& w : wanted)
    if (w.graph != loss.graph)
      throw Error("a gradient was asked for with respect to a value of another graph");
  ReverseWalk walk(loss, wanted, ops);
  walk.run(loss);
  std::vector<Value> result;
  for (const Value& w : wanted) result.push_back(walk.adjoint(w));
  return result;
}

Graph differentiate(Graph graph, Symbol loss, std::span<const NodeId> wanted, const CoreOps& ops) {
  if (graph.output(loss) == no_node)
    throw Error(fmt::format("there is no output '{}' to differentiate", loss.str()));
  std::vector<Value> values;
  for (const NodeId id : wanted) values.push_back(graph.value(id));
  const auto adjoints = gradients(graph.value(graph.output(loss)), values, ops);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    graph.outputs.push_back({"grad:" + graph.attributes(wanted[i]).text("name"), adjoints[i].id});
  verify_if_debug(graph);
  return graph;
}

}  // namespace unfold
