#include "tests/ops/run_sample.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "graph/autodiff.h"
#include "graph/execute.h"
#include "graph/passes/drop_dead_nodes.h"

namespace unfold::check {

namespace {

// The number of steps on the axis that a source of lengths is about.
std::int64_t steps_on(const Graph& graph, const std::string& lengths) {
  for (NodeId id = 0; id < graph.size(); ++id)
    for (const Dim& d : graph.type(id).dims)
      if (d.is_time() && lengths == "length(" + d.axis.str() + ")") return d.size;
  return 1;
}

Tensor drawn(const Graph& graph, NodeId id, const Sample& sample, std::int64_t batch) {
  const Type& type = graph.type(id);
  const std::string& name = graph.attributes(id).text("name");
  std::mt19937 random(static_cast<unsigned>(std::hash<std::string>()(name) + 7919u));
  Dims dims = type.sizes();
  if (type.batched) dims.insert(dims.begin(), batch);
  Tensor t(element_type(type, DType::f64), dims);
  const bool lengths = graph.node(id).op == &length_op;
  const std::int64_t steps = lengths ? steps_on(graph, name) : 0;
  std::uniform_real_distribution<double> number(sample.low, sample.high);
  std::uniform_int_distribution<std::int64_t> symbol(-1, sample.ids - 1);
  for (std::int64_t i = 0; i < t.size(); ++i)
    t.set(i, lengths                    ? static_cast<double>(1 + (steps - 1 + i) % steps)
             : type.kind == Kind::index ? static_cast<double>(symbol(random))
                                        : number(random));
  return t;
}

Scheduler& scheduler(int threads) {
  static std::map<int, std::unique_ptr<Scheduler>> all;
  auto& found = all[threads];
  if (!found) found = std::make_unique<Scheduler>(threads);
  return *found;
}

}  // namespace

Feed Data::feed() const {
  Feed feed{.batch = batch, .tensors = {}, .key = {5, 3, first_example}};
  for (const auto& [name, tensor] : tensors) feed.tensors[name] = &tensor;
  return feed;
}

Data Data::to(DType precision) const {
  Data out = *this;
  for (auto& [name, tensor] : out.tensors)
    if (tensor.dtype() != DType::i32) tensor = tensor.to(precision);
  return out;
}

Data draw(const Graph& graph, const Sample& sample, std::int64_t batch) {
  Data data{batch, {}, 0};
  for (NodeId id = 0; id < graph.size(); ++id) {
    const OpDef& op = *graph.node(id).op;
    if (op.shape == nullptr && op.kernel == nullptr)
      data.tensors[graph.attributes(id).text("name")] = drawn(graph, id, sample, batch);
  }
  return data;
}

Symbol name_of(Value source) { return source.graph->attributes(source.id).text("name"); }

std::vector<Value> real_sources(Graph& graph) {
  std::vector<Value> out;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const OpDef* op = graph.node(id).op;
    if ((op == &input_op || op == &parameter_op) && graph.type(id).kind == Kind::real)
      out.push_back(graph.value(id));
  }
  return out;
}

Value weighted_total(Value v, Symbol weights) {
  const Value total = sum(v * input(*v.graph, weights, v.type()));
  return total.type().batched ? batch_sum(total) : total;  // masks make a shared value batched
}

Graph with_gradients(const Sample& sample, std::int64_t steps, bool second_order) {
  Graph g;
  const Value y = sample.build(g, steps);
  const std::vector<Value> sources = real_sources(g);
  const Value loss = weighted_total(y, "weights");
  g.outputs = {{"y", y.id}, {"loss", loss.id}};
  const auto first = gradients(loss, sources, core_ops());
  for (std::size_t i = 0; i < sources.size(); ++i)
    g.outputs.push_back({"grad:" + name_of(sources[i]).str(), first[i].id});
  if (second_order && !sources.empty()) {
    Value slope;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Value part = weighted_total(first[i], "direction:" + name_of(sources[i]).str());
      slope = slope ? slope + part : part;
    }
    g.outputs.push_back({"slope", slope.id});
    const auto second = gradients(slope, sources, core_ops());
    for (std::size_t i = 0; i < sources.size(); ++i)
      g.outputs.push_back({"slope:" + name_of(sources[i]).str(), second[i].id});
  }
  return drop_dead_nodes(g);
}

Results execute(const Graph& graph, const Data& data, DType precision, int shards, int threads) {
  const Plan plan = make_plan(graph, precision);
  Executor executor(plan, scheduler(threads), shards);
  const Data converted = data.to(precision);
  Results results;
  executor.run(converted.feed(), results);
  return results;
}

double distance(const Tensor& a, const Tensor& b) {
  if (a.dims() != b.dims() || a.dtype() != b.dtype())
    return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.at(i), y = b.at(i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double d = std::abs(x - y) / std::max({1.0, std::abs(x), std::abs(y)});
    worst = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(worst, d);
  }
  return worst;
}

void require_near(const Results& a, const Results& b, double tolerance, const std::string& what) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  for (const auto& [name, tensor] : a)
    BOOST_TEST(distance(tensor, b.at(name)) <= tolerance, what << ": " << name.str());
}

}  // namespace unfold::check
