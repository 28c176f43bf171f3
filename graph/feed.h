#pragma once

#include <map>

#include "graph/graph.h"

namespace unfold {

/// What a run reads: tensors for the graph's named sources (inputs, parameters, lengths), by the
/// attribute `name` of the source. A batched source has the batch as its first dimension. Tensors
/// are borrowed for the run; real ones must be in the precision of the run, ids and lengths i32.
/// Their shapes are checked, their numbers are not: lengths are from 0 to the axis' steps, and ids
/// outside of a table or of a row of logits read zeros and get no gradient.
/// What is in the padding of a sequence changes no result as long as the network is finite there
/// and has finite derivatives, which is certain where padding repeats a real step
/// (`repeat_last_step`) and not where it is, say, zero: 0 times an infinite slope is no number.
struct Feed {
  std::int64_t batch = 1;
  std::map<Symbol, const Tensor*> tensors = {};
  RunKey key = {};
  /// Not 0: whenever an executor runs with this number, the shared sources hold the same numbers,
  /// so that what depends on nothing else need not be computed again.
  std::uint64_t version = 0;
};

/// Fills the padding of a batched sequence [batch, steps, …] with each example's own last step;
/// `lengths` [batch], each from 1 to steps. Throws Error for others.
void repeat_last_step(Tensor& sequence, const Tensor& lengths);

/// The tensor a source is bound to, after checking its shape and type; throws Error naming the
/// source and both shapes. Null for a source that is filled by its own kernel (constants, random
/// numbers).
const Tensor* bound(const Graph& graph, NodeId source, const Feed& feed, DType precision);

}  // namespace unfold
