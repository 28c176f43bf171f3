#pragma once

#include <span>
#include <vector>

#include "graph/core_ops.h"

namespace unfold {

/// Reverse-mode differentiation as a walk from graph to graph: adds to `loss`'s graph the nodes
/// that compute dLoss/dw for each w of `wanted`, made of ordinary operations, so that they can be
/// printed, optimised and differentiated again. `loss` must hold one number, shared by the whole
/// batch. The adjoint of a shared value is summed over the batch. A value that the loss does not
/// depend on gets zeros. An adjoint that is the same for all examples may be shared. Throws Error
/// when `loss` is not a single shared number.
std::vector<Value> gradients(Value loss, std::span<const Value> wanted, const CoreOps& ops);

/// Adds the gradient of the output `loss` for every parameter-like node of `wanted` as outputs
/// named `grad:NAME`, NAME being the node's attribute `name`.
Graph differentiate(Graph graph, Symbol loss, std::span<const NodeId> wanted, const CoreOps& ops);

}  // namespace unfold
