#pragma once

#include "graph/graph.h"

namespace unfold {

/// Cuts products of a concatenation with shared weights:
///
///     concat(a, b) W = a W_a + b W_b,   W_a, W_b the rows of W that meet a and b
///
/// A part gets a product of its own when that product need not be made anew in each step: the part
/// is a step of a sequence of several (its products with all steps then become one, `join_steps`),
/// or it meets the same rows of the same weights in several products (it stays the same over time).
/// A part of zeros disappears. Parts between those stay together, for one product costs less than
/// two; where no part is of those kinds, the product stays whole.
///
/// Needs equal nodes to be one (`merge_duplicates`). Sums of the parts' products are rounded
/// differently from the whole ones.
Graph split_products(const Graph& graph);

}  // namespace unfold
