#pragma once

#include <string>

#include "graph/feed.h"

namespace unfold {

/// Whether all numbers of a tensor (f32 or f64) are finite.
bool is_finite(const Tensor& tensor);

/// The first node whose value is not finite while its operands are, as an error that names the
/// quantity, its timestep and its line.
Error describe_not_finite(const std::string& what, const Graph& graph, const Feed& feed,
                          DType precision);

}  // namespace unfold
