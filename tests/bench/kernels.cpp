// Matrix products in the shapes of the configurations of this folder, and elementwise kernels.

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <optional>

#include "graph/execute.h"
#include "ops/gemm.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"

using namespace unfold;

namespace {

Tensor numbers(Dims dims) {
  Tensor t(DType::f32, std::move(dims));
  for (std::int64_t i = 0; i < t.size(); ++i) t.set(i, static_cast<double>(i % 97) / 97);
  return t;
}

// One thread. `transposed`: 0 neither, 1 the right operand, 2 the left one.
void product(benchmark::State& state) {
  const std::int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  const std::int64_t transposed = state.range(3);
  const Tensor a = numbers({m, k}), b = numbers({k, n});
  Tensor c = numbers({m, n});
  for (auto _ : state) {
    gemm<float>(transposed == 2, transposed == 1, m, n, k,
                {a.as<float>().data(), transposed == 2 ? m : k},
                {b.as<float>().data(), transposed == 1 ? k : n}, {c.as<float>().data(), n}, false);
    benchmark::ClobberMemory();
  }
  state.counters["FLOP/s"] = benchmark::Counter(2.0 * static_cast<double>(m * n * k),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "n", "k", "transposed"});
  for (const auto& shape : std::initializer_list<std::vector<std::int64_t>>{
           {64, 2048, 512, 0},    // B, a step forward, all gates at once
           {64, 512, 2048, 1},    // B, a step backward
           {6400, 2048, 512, 0},  // B, all steps' inputs at once
           {512, 2048, 6400, 2},  // B, the gradient of the weights
           {50, 512, 128, 0},     // A
           {50, 128, 512, 1},
           {128, 512, 2500, 2},
           {20, 800, 200, 0},     // C
           {400, 10000, 200, 0},  // C, the logits
           {200, 10000, 400, 2},  // C, their weights' gradient
           {20, 256, 64, 0},      // D
           {1, 2048, 512, 1}})    // one example, one step
    b->Args(shape);
}
BENCHMARK(product)->Apply(shapes);

/// A graph of one input `x` and one output, run on one thread.
class Run {
 public:
  Run(Dims example, std::int64_t batch, const std::function<Value(Value x)>& of) {
    Graph graph;
    std::vector<Dim> dims;
    for (const std::int64_t size : example) dims.push_back(plain(size));
    graph.outputs.push_back({"y", of(input(graph, "x", real_type(dims, true))).id});
    plan_ = make_plan(optimise(std::move(graph)), DType::f32);
    example.insert(example.begin(), batch);
    x_ = numbers(example);
    feed_.batch = batch;
    feed_.tensors["x"] = &x_;
    executor_.emplace(plan_, scheduler_, 1);
  }
  void operator()() { executor_->run(feed_, results_); }

 private:
  Scheduler scheduler_{1};
  Plan plan_;
  Tensor x_;
  Feed feed_;
  std::optional<Executor> executor_;
  std::map<Symbol, Tensor> results_;
};

void repeat(benchmark::State& state, Run run, double elements) {
  for (auto _ : state) run();
  state.counters["elements/s"] =
      benchmark::Counter(elements, benchmark::Counter::kIsIterationInvariantRate);
}

// Sixteen applications one after another on [64, 512], so that what a run costs by itself counts
// little.
template <Value (*Function)(Value)>
void chain(benchmark::State& state) {
  constexpr std::int64_t batch = 64, units = 512, links = 16;
  repeat(state,
         Run({units}, batch,
             [](Value x) {
               for (std::int64_t i = 0; i < links; ++i) x = Function(x);
               return x;
             }),
         static_cast<double>(batch * units * links));
}

Value exp_of_minus(Value x) { return exp(-x); }  // stays between 0 and 1
BENCHMARK(chain<exp_of_minus>)->Name("exp(-x), 16 times");
BENCHMARK(chain<tanh>)->Name("tanh, 16 times");
BENCHMARK(chain<sigmoid>)->Name("sigmoid, 16 times");

void softmax_rows(benchmark::State& state) {
  constexpr std::int64_t rows = 400, classes = 10000;
  repeat(state, Run({classes}, rows, [](Value x) { return softmax(x); }),
         static_cast<double>(rows * classes));
}
BENCHMARK(softmax_rows);

}  // namespace
