#pragma once

#include <cstdint>
#include <span>

#include "graph/graph.h"

namespace unfold {

/// The few operations that the graph's own algorithms build with. They are handed in, so that this
/// folder names no operation; ops/core_ops.cpp fills them.
struct CoreOps {
  /// The sum of one or more values of equal shape (adjoints that met at one node).
  Value (*accumulate)(std::span<const Value> terms);
  /// Sums `v` down to the dimensions of `like`, undoing a broadcast.
  Value (*sum_to)(Value v, const Type& like);
  /// One shared value from batched ones of equal shape: their sum over all examples.
  Value (*batch_sum)(std::span<const Value> terms);
  /// A shared value of this type, every element `value`.
  Value (*fill)(Graph& graph, double value, Type type);
  /// Element `index` of the first dimension.
  Value (*at)(Value sequence, std::int64_t index);
  /// Values of equal shape as one with the new first dimension `dim`.
  Value (*stack)(std::span<const Value> steps, const Dim& dim);
  /// `a` where step `step` of `axis` is real in the example, `b` where its real steps end before.
  Value (*where_reached)(Dim axis, std::int64_t step, Value a, Value b);
  /// `init`, marked as what a carried value of the former piece may replace.
  Value (*state)(Value init, Symbol name, std::int64_t delay);
  /// `x`, which what is made of it may not read before `other` is computed.
  Value (*after)(Value x, Value other);
  /// A named input of the graph.
  Value (*input)(Graph& graph, Symbol name, Type type);
};

}  // namespace unfold
