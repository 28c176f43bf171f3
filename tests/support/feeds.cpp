#include "tests/support/feeds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "graph/execute.h"
#include "ops/ops.h"

namespace unfold::support {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The name of the axis in `length(AXIS)`, and how many steps it has in this graph.
std::int64_t steps_of(const Graph& graph, const std::string& name) {
  std::int64_t steps = 1;
  for (NodeId id = 0; id < graph.size(); ++id)
    for (const Dim& d : graph.type(id).dims)
      if ("length(" + d.axis.str() + ")" == name) steps = std::max(steps, d.size);
  return steps;
}

std::uint32_t mix(const std::string& name, std::uint32_t seed) {
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 16777619u;
  return seed;
}

}  // namespace

Feeds::Feeds(const Graph& graph, std::int64_t batch, std::uint32_t seed, DType precision)
    : batch_(batch) {
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op->shape == nullptr && graph.node(id).op->kernel == nullptr)
      add(graph, id, seed, precision);
}

void Feeds::add(const Graph& graph, NodeId source, std::uint32_t seed, DType precision) {
  const std::string& name = graph.attributes(source).text("name");
  const Type& type = graph.type(source);
  Dims dims = type.sizes();
  if (type.batched) dims.insert(dims.begin(), batch_);
  const bool length = name.starts_with("length(");
  const std::int64_t steps = length ? steps_of(graph, name) : 0;
  Tensor t(element_type(type, precision), std::move(dims));
  std::mt19937 random(mix(name, seed));
  for (std::int64_t i = 0; i < t.size(); ++i) {
    const std::uint32_t draw = random();
    if (type.kind == Kind::real)
      t.set(i, draw * 0x1p-31 - 1.0);
    else
      t.set(i, length ? 1.0 + static_cast<double>(draw % steps) : draw % 4 - 1.0);
  }
  tensors_.insert_or_assign(name, std::move(t));
}

Feed Feeds::feed() const {
  Feed feed;
  feed.batch = batch_;
  for (const auto& [name, tensor] : tensors_) feed.tensors[name] = &tensor;
  return feed;
}

Results execute(const Plan& plan, const Feed& feed, int shards, int threads) {
  Scheduler scheduler(threads);
  Executor executor(plan, scheduler, shards);
  Results results;
  executor.run(feed, results);
  return results;
}

Results execute(const Graph& graph, const Feed& feed, int shards, int threads) {
  return execute(make_plan(graph, DType::f64), feed, shards, threads);
}

double distance(const Tensor& a, const Tensor& b) {
  if (a.dims() != b.dims() || a.dtype() != b.dtype()) return infinity;
  double worst = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.at(i), y = b.at(i);
    if (std::isnan(x) != std::isnan(y)) return infinity;
    if (x == y || std::isnan(x)) continue;
    worst = std::max(worst, std::abs(x - y) / std::max({1.0, std::abs(x), std::abs(y)}));
  }
  return worst;
}

double distance(const Results& a, const Results& b) {
  if (a.size() != b.size()) return infinity;
  double worst = 0;
  for (const auto& [name, tensor] : a) {
    const auto other = b.find(name);
    worst = std::max(worst, other == b.end() ? infinity : distance(tensor, other->second));
  }
  return worst;
}

Graph small_graph() {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2, "units")}, true));
  const Value w = parameter(g, "w", {plain(2)});
  g.outputs.push_back({"y", (x * w).id});
  return g;
}

}  // namespace unfold::support
