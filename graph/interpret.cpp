#include "graph/interpret.h"

#include <cstring>

#include "graph/verify.h"

namespace unfold {

namespace {

class Interpreter {
 public:
  Interpreter(const Graph& graph, const Feed& feed, DType precision)
      : graph_(graph), feed_(feed), precision_(precision), values_(graph.size()) {
    verify_complete(graph);
    sizes_.reserve(graph.size());
    for (NodeId id = 0; id < graph.size(); ++id) {
      sizes_.push_back(graph.type(id).sizes());
      strides_.emplace_back(sizes_.back().size() + 1);
      dense_strides(sizes_.back(), graph.type(id).batched, 1, false, strides_.back());
    }
  }

  const NodeValues& evaluate(NodeId id) {
    const Type& type = graph_.type(id);
    const DType dtype = element_type(type, precision_);
    const std::int64_t count = type.batched ? feed_.batch : 1;
    values_[id].assign(static_cast<std::size_t>(count), Tensor(dtype, type.sizes()));
    if (graph_.node(id).op->shape == nullptr) {
      if (const Tensor* given = bound(graph_, id, feed_, precision_)) {
        for (std::int64_t b = 0; b < count; ++b) copy_example(*given, b, values_[id][b]);
        return values_[id];
      }
    }
    if (graph_.node(id).op->sums_batch)
      sum_batch(id);
    else
      for (std::int64_t b = 0; b < count; ++b) call(id, b, values_[id][b]);
    return values_[id];
  }

  std::vector<NodeValues> take() { return std::move(values_); }

 private:
  static void copy_example(const Tensor& from, std::int64_t b, Tensor& to) {
    const auto* source = static_cast<const std::byte*>(from.data());
    std::memcpy(to.data(), source + static_cast<std::size_t>(b) * to.bytes(), to.bytes());
  }

  View view(NodeId id, Tensor& t) const {
    return {t.data(), t.dtype(), graph_.type(id).batched, 1, sizes_[id], strides_[id]};
  }

  void call(NodeId id, std::int64_t example, Tensor& out) {
    std::vector<View> in;
    for (const NodeId i : graph_.inputs(id))
      in.push_back(view(i, values_[i][graph_.type(i).batched ? example : 0]));
    RunKey key = feed_.key;
    key.first_example += example;
    run_kernel(*graph_.node(id).op, {in, view(id, out), graph_.attributes(id), key});
  }

  // The sum over the batch adds to what is there: the operation's kernel, once for each example.
  void sum_batch(NodeId id) {
    for (std::int64_t b = 0; b < feed_.batch; ++b) call(id, b, values_[id][0]);
  }

  const Graph& graph_;
  const Feed& feed_;
  DType precision_;
  std::vector<NodeValues> values_;
  std::vector<Dims> sizes_, strides_;  ///< by node
};

}  // namespace

std::vector<NodeValues> interpret(const Graph& graph, const Feed& feed, DType precision,
                                  const std::function<bool(NodeId, const NodeValues&)>& on_value) {
  Interpreter interpreter(graph, feed, precision);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const NodeValues& v = interpreter.evaluate(id);
    if (on_value && !on_value(id, v)) break;
  }
  return interpreter.take();
}

std::map<Symbol, Tensor> interpret_outputs(const Graph& graph, const Feed& feed, DType precision) {
  const auto values = interpret(graph, feed, precision);
  std::map<Symbol, Tensor> out;
  for (const Output& o : graph.outputs) {
    const Type& type = graph.type(o.node);
    Dims dims = type.sizes();
    if (type.batched) dims.insert(dims.begin(), feed.batch);
    Tensor t(element_type(type, precision), dims);
    auto* to = static_cast<std::byte*>(t.data());
    for (const Tensor& example : values[o.node]) {
      std::memcpy(to, example.data(), example.bytes());
      to += example.bytes();
    }
    out.emplace(o.name, std::move(t));
  }
  return out;
}

}  // namespace unfold
