#pragma once

#include "graph/graph.h"

namespace unfold {

/// Makes products of one value with several weights one product:
///
///     a U, a V  ->  p = a concat(U, V),  a U = p[: u],  a V = p[u :]
///
/// The joined weights are one node for all steps that use the same set. They follow each other as
/// the parameters do that they are parts of, so that the parts of U and V that meet h[t-1] and
/// those that meet x[t] are joined in one order, and their products can be added in one piece. It
/// pays when they are used more than once (concat(U, V) is made in every run): in several products,
/// as in a recurrence, or for all rows of a sequence.
///
/// Weights are shared matrices. One that is computed later than the first product it joins is moved
/// before it, which is possible if no value of the batch goes into it. Needs equal nodes to be one
/// (`merge_duplicates`).
///
/// With `each_layer`, products of different layers stay apart: those that read one sequence in two
/// directions need a step of it at different times.
Graph join_products(const Graph& graph, bool each_layer = false);

}  // namespace unfold
