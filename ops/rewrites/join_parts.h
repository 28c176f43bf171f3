#pragma once

#include "graph/graph.h"

namespace unfold {

/// Makes the same elementwise operation on all parts of a value one operation on the whole:
///
///     A[: k] + B[: k], A[k :] + B[k :]  ->  S = A + B, S[: k], S[k :]
///     A[: k] + u, A[k :] + v            ->  S = A + concat(u, v), S[: k], S[k :]
///
/// with u and v shared vectors that depend on parameters only, as biases do. Parts are along the
/// last dimension; they must be all of A and not overlap, so that nothing is computed that was not
/// before. What `join_products` cuts a joined product into is thus added up in one piece, and the
/// biases of all gates are one vector, whose gradient is one sum. Values do not change at all.
///
/// One run joins one operation; a chain of them takes as many runs. Needs equal nodes to be one
/// (`merge_duplicates`).
Graph join_parts(const Graph& graph);

}  // namespace unfold
