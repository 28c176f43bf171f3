#include "graph/autodiff.h"

#include <fmt/format.h>

namespace unfold {

namespace {

class ReverseWalk {
 public:
  ReverseWalk(Value loss, std::span<const Value> wanted, const CoreOps& ops)
      : graph_(*loss.graph), ops_(ops), size_(loss.id + 1), adjoints_(size_), depends_(size_) {
    for (const Value& w : wanted)
      if (w.id < size_) depends_[w.id] = true;
    for (NodeId id = 0; id < size_; ++id)
      for (const NodeId in : graph_.inputs(id)) depends_[id] = depends_[id] || depends_[in];
  }

  void run(Value loss) {
    Type seed = loss.type();
    const PlaceScope scope(graph_, backward(loss.id));
    adjoints_[loss.id].push_back(ops_.fill(graph_, 1.0, std::move(seed)));
    for (NodeId id = size_; id-- > 0;)
      if (depends_[id] && !adjoints_[id].empty()) visit(id);
  }

  Value adjoint(Value wanted) {
    if (wanted.id < size_ && !adjoints_[wanted.id].empty()) return adjoints_[wanted.id].front();
    Type type = wanted.type();
    type.batched = false;
    return ops_.fill(graph_, 0.0, std::move(type));
  }

 private:
  Place backward(NodeId id) const {
    Place place = graph_.place(id);
    place.backward = true;
    return place;
  }

  // Sums what arrived at `id`, and passes it on to the operands through the operation's rule.
  void visit(NodeId id) {
    const PlaceScope scope(graph_, backward(id));
    const Value total = collect(id);
    adjoints_[id].assign(1, total);
    const OpDef& op = *graph_.node(id).op;
    if (op.gradient == nullptr) return;
    std::vector<Value> in;
    for (const NodeId input : graph_.inputs(id)) in.push_back(graph_.value(input));
    const Attributes attributes = graph_.attributes(id);  // a copy: adding nodes moves the table
    const auto parts = op.gradient({graph_.value(id), in, total, attributes});
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i] && depends_[in[i].id])
        adjoints_[in[i].id].push_back(unbroadcast(parts[i], in[i].id));
  }

  // The only place where broadcasting over written dimensions is undone.
  Value unbroadcast(Value part, NodeId operand) {
    const Type type = graph_.type(operand);
    return part.type().sizes() == type.sizes() ? part : ops_.sum_to(part, type);
  }

  // The adjoint of a shared value used in batched ones is the sum over the batch. Its terms meet in
  // one batch_sum, so that none of them need exist for each example.
  Value collect(NodeId id) {
    std::vector<Value> batched, plain;
    const bool shared = !graph_.type(id).batched;
    for (const Value& v : adjoints_[id])
      (shared && v.type().batched ? batched : plain).push_back(v);
    if (!batched.empty()) plain.push_back(ops_.batch_sum(batched));
    return plain.size() == 1 ? plain.front() : ops_.accumulate(plain);
  }

  Graph& graph_;
  const CoreOps& ops_;
  NodeId size_;
  std::vector<std::vector<Value>> adjoints_;
  std::vector<bool> depends_;
};

}  // namespace

std::vector<Value> gradients(Value loss, std::span<const Value> wanted, const CoreOps& ops) {
  const Type type = loss.type();
  if (type.batched || type.size() != 1)
    throw Error(fmt::format("a gradient needs a loss of one number for the whole batch, this is {} {}",
                            type.batched ? "one value for each example," : "a shared", describe(type)),
                location_of(loss.graph->place(loss.id).site));
  ReverseWalk walk(loss, wanted, ops);
  walk.run(loss);
  std::vector<Value> result;
  for (const Value& w : wanted) result.push_back(walk.adjoint(w));
  return result;
}

Graph differentiate(Graph graph, Symbol loss, std::span<const NodeId> wanted, const CoreOps& ops) {
  std::vector<Value> values;
  for (const NodeId id : wanted) values.push_back(graph.value(id));
  const auto adjoints = gradients(graph.value(graph.output(loss)), values, ops);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    graph.outputs.push_back({"grad:" + graph.attributes(wanted[i]).text("name"), adjoints[i].id});
  return graph;
}

}  // namespace unfold
