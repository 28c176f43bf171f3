#pragma once

#include "graph/graph.h"

namespace unfold {

/// Makes the products of the single steps of a sequence with one matrix a product of all:
///
///     S[t] W, for many t  ->  P = S W,  S[t] W = P[t]
///
/// and the same for rows of one table and for one-hot vectors: gather(E, ids[t]) = gather(E,
/// ids)[t]. S is complete before its first step is read, so nothing can depend on itself. It pays
/// when at least half of the steps are used. A step that is padding in an example gives padding, as
/// before. If `segment` is not 0, so many steps at a time are joined:
///
///     P_k = S[k n : k n + n] W,  S[k n + i] W = P_k[i]
///
/// Needs equal nodes to be one (`merge_duplicates`), and the steps of a sequence that is a stack to
/// be taken by `at` still (`read_parts` runs later).
Graph join_steps(const Graph& graph, std::int64_t segment = 0);

}  // namespace unfold
