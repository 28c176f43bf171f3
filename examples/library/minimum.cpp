// The library without the language: a recurrence of three steps, its gradient as a graph, and
// gradient descent on both.

#include <cstdio>
#include <map>

#include "graph/autodiff.h"
#include "graph/execute.h"
#include "graph/text.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"

using namespace unfold;

int main() {
  // h <- tanh(w h + 1), three times from 0; which w makes the last h 0.9?
  Graph graph;
  const Value w = parameter(graph, "w", {});
  Value h = fill(graph, 0, w.type());
  for (int t = 0; t < 3; ++t) h = tanh(w * h + 1);
  const Value error = h - 0.9;
  const Value loss = error * error;
  const Value slope = gradients(loss, {&w, 1}, core_ops())[0];
  graph.outputs = {{"loss", loss.id}, {"slope", slope.id}};
  std::printf("%s\n", print(graph).c_str());

  const Plan plan = make_plan(optimise(std::move(graph)), DType::f64);
  Scheduler scheduler;
  Executor executor(plan, scheduler, /*shards=*/1);

  Tensor weight = Tensor::of<double>({}, {0.0});
  Feed feed;
  feed.tensors["w"] = &weight;
  std::map<Symbol, Tensor> results;
  for (int update = 0; update < 300; ++update) {
    executor.run(feed, results);
    weight.set(0, weight.at(0) - 0.5 * results.at("slope").at(0));
  }
  const double left = results.at("loss").at(0);
  std::printf("w = %.6f, loss = %.1e\n", weight.at(0), left);
  return left < 1e-9 ? 0 : 1;
}
