#pragma once

#include "graph/graph.h"

namespace unfold {

/// What a backward step reads of its forward step is kept until then. Of what both steps only use
/// inside of fused kernels, this computes again in the backward step each value that one
/// elementwise operation makes of values kept anyway:
///
///     y = f(x);  forward: g(y);  backward: a(x), b(y)   becomes   b(f(x))
///
/// An LSTM need not keep tanh(c) beside c, nor a GRU 1 - z beside z. The numbers are the same to
/// the last bit. Runs last, since `merge_duplicates` would undo it.
Graph keep_less(const Graph& graph);

}  // namespace unfold
