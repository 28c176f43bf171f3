#pragma once

// How the checker runs graphs. For tests/ops only.

#include <map>
#include <string>
#include <vector>

#include "graph/feed.h"
#include "tests/ops/check_op.h"

namespace unfold::check {

/// Tensors for the sources of a graph, in double precision, the batch first where batched.
struct Data {
  std::int64_t batch = 1;
  std::map<Symbol, Tensor> tensors;
  std::int64_t first_example = 0;  ///< place in the whole batch, which random numbers depend on

  Feed feed() const;
  Data to(DType precision) const;
};

using Results = std::map<Symbol, Tensor>;

/// Numbers for all sources of the graph, drawn as the sample says; the same for the same arguments.
Data draw(const Graph& graph, const Sample& sample, std::int64_t batch);
/// Sources that hold real numbers, in the order of the graph.
std::vector<Value> real_sources(Graph& graph);
Symbol name_of(Value source);

/// The sum over everything of v times fixed weights, fed under `weights`: one shared number.
Value weighted_total(Value v, Symbol weights);
/// The result of the sample's operation, its weighted total `loss`, the gradient `grad:X` of each
/// real source X and, when asked, the total `slope` of all gradients, weighted, and its gradients
/// `slope:X`.
Graph with_gradients(const Sample& sample, std::int64_t steps, bool second_order);

Results execute(const Graph& graph, const Data& data, DType precision, int shards, int threads);

/// Largest |a - b| / max(1, |a|, |b|) over all elements; infinite when shapes differ.
double distance(const Tensor& a, const Tensor& b);
/// Fails unless both hold the same results up to `tolerance`.
void require_near(const Results& a, const Results& b, double tolerance, const std::string& what);

void check_values(const Sample& sample);
void check_gradients(const Sample& sample);
void check_padding(const Sample& sample);

inline constexpr std::int64_t sample_steps = 4;

}  // namespace unfold::check
