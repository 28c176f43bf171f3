#pragma once

#include "graph/graph.h"

namespace unfold {

/// Multiplies a table instead of the rows looked up in it, where there are fewer rows in the table:
///
///     gather(E, ids) W = gather(E W, ids)
///     one_hot(ids) W = gather(W, ids)
///
/// E and W are shared matrices. A stretch of the rows, as a segment of steps multiplies, is the
/// lookup of a stretch of the ids, in both. The first is done if E has at most half as many rows as
/// would be multiplied: one for each id of the products with W, times `batch` examples where ids
/// are batched. A product with one-hot rows always becomes a lookup. A negative id gives a row of
/// zeros before and after.
Graph commute_gather(const Graph& graph, std::int64_t batch);

}  // namespace unfold
