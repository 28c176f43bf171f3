// What is done once for each number of steps: building the graph of an LSTM, differentiating,
// optimising and planning it.

#include <benchmark/benchmark.h>

#include "graph/autodiff.h"
#include "graph/plan.h"
#include "models/losses.h"
#include "models/lstm.h"
#include "ops/rewrites/pipeline.h"

using namespace unfold;

namespace {

ModelBuilder built(std::int64_t steps) {
  constexpr std::int64_t units = 64;
  ModelBuilder m;
  const Dim time{steps, "time(x)", false, 0, {}};
  const Value x = input(m.graph, "x", real_type({time, plain(units)}, true));
  const Value h = lstm(m, x, plain(units)).h;
  const Value target = input(m.graph, "target", real_type({time, plain(units)}, true));
  m.graph.outputs.push_back({"loss", mean_squared_error(h, target).id});
  return m;
}

Graph differentiated(Graph graph) {
  std::vector<NodeId> wanted;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) wanted.push_back(id);
  return differentiate(std::move(graph), "loss", wanted, core_ops());
}

void count(benchmark::State& state, const Graph& graph) {
  state.counters["nodes"] = static_cast<double>(graph.size());
  state.counters["nodes/s"] = benchmark::Counter(static_cast<double>(graph.size()),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void building(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(built(state.range(0)).graph.size());
  count(state, built(state.range(0)).graph);
}

void rewriting(benchmark::State& state) {
  const Graph graph = built(state.range(0)).graph;
  for (auto _ : state) benchmark::DoNotOptimize(optimise_forward(graph).size());
  count(state, optimise_forward(graph));
}

void differentiating(benchmark::State& state) {
  const Graph graph = optimise_forward(built(state.range(0)).graph);
  for (auto _ : state) benchmark::DoNotOptimize(differentiated(graph).size());
  count(state, differentiated(graph));
}

void optimising(benchmark::State& state) {
  const Graph graph = differentiated(optimise_forward(built(state.range(0)).graph));
  for (auto _ : state) benchmark::DoNotOptimize(optimise(graph).size());
  count(state, optimise(graph));
}

void planning(benchmark::State& state) {
  const Graph graph = optimise(differentiated(optimise_forward(built(state.range(0)).graph)));
  for (auto _ : state) benchmark::DoNotOptimize(make_plan(graph, DType::f32).phases.size());
  count(state, graph);
}

void lengths(benchmark::internal::Benchmark* b) {
  b->ArgName("steps")->Unit(benchmark::kMillisecond);
  for (const std::int64_t steps : {100, 1000, 10000}) b->Arg(steps);
}
BENCHMARK(building)->Apply(lengths);
BENCHMARK(rewriting)->Apply(lengths);
BENCHMARK(differentiating)->Apply(lengths);
BENCHMARK(optimising)->Apply(lengths);
BENCHMARK(planning)->Apply(lengths);

}  // namespace
