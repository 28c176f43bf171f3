#pragma once

#include <cstdint>
#include <map>

#include "graph/feed.h"
#include "graph/plan.h"

namespace unfold::support {

using Results = std::map<Symbol, Tensor>;

/// Tensors for all sources of a graph, drawn from a seed: reals in [-1, 1), ids from -1 to 2,
/// lengths from 1 to the size of their axis. The same name, shape and seed give the same numbers.
class Feeds {
 public:
  Feeds(const Graph& graph, std::int64_t batch, std::uint32_t seed = 1,
        DType precision = DType::f64);

  Feed feed() const;
  Tensor& operator[](Symbol name) { return tensors_.at(name); }
  void set(Symbol name, Tensor tensor) { tensors_[name] = std::move(tensor); }

 private:
  void add(const Graph& graph, NodeId source, std::uint32_t seed, DType precision);

  std::int64_t batch_;
  std::map<Symbol, Tensor> tensors_;
};

/// Runs a new executor once.
Results execute(const Plan& plan, const Feed& feed, int shards = 1, int threads = 1);
/// Plans the graph in double precision and runs it.
Results execute(const Graph& graph, const Feed& feed, int shards = 1, int threads = 1);

/// Largest |a - b| / max(1, |a|, |b|) over all elements; infinite when shapes or types differ, or
/// when one is not a number where the other is.
double distance(const Tensor& a, const Tensor& b);
/// The largest over outputs of equal names; infinite when names differ.
double distance(const Results& a, const Results& b);

/// The error's message, "" when f throws none.
template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.message;
  }
  return "";
}

/// y = x * w, with an input x [2] and a parameter w [2].
Graph small_graph();

}  // namespace unfold::support
