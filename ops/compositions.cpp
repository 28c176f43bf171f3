// Functions that are expressions of operations and need no record of their own.

#include <cmath>

#include "ops/ops.h"

namespace unfold {

Value gelu(Value x) { return x * 0.5 * (erf(x * std::sqrt(0.5)) + 1.0); }

Value layer_norm(Value x, Value scale, Value shift, double epsilon) {
  const auto centred = x - expand_trailing(mean(x, {-1}), 1);
  const Value variance = expand_trailing(mean(centred * centred, {-1}), 1);
  return centred / sqrt(variance + epsilon) * scale + shift;
}

Value dropout(Value x, double rate, Symbol call) {
  if (!x.type().known) return x;
  Graph& g = *x.graph;
  const Value kept =
      greater_equal(random_uniform(g, call, x.type().dims), fill(g, rate, real_type({})));
  return x * (kept * (1.0 / (1.0 - rate)));
}

}  // namespace unfold
