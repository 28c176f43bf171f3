#pragma once

#include <initializer_list>
#include <span>

#include "graph/op_def.h"

namespace unfold {

/// Applies an operation; what every public function in ops.h ends in. Where an operand has a ragged
/// time axis that the operation reduces or contracts, padding is first replaced by the operation's
/// neutral value. An operation that reorders a ragged axis is refused with an Error, and so is one
/// that needs a whole axis of which the graph has only a piece (`Graph::pieces_of`). Nodes made
/// while differentiating get no masks: adjoints of padding are zero already.
Value build(const OpDef& op, std::initializer_list<Value> in, Attributes attributes = {});
Value build(const OpDef& op, std::span<const Value> in, Attributes attributes = {});

/// Throws Error if `dim` is the axis of which the graph has only a piece. `build` asks this by
/// itself; a builder does that knows more of its operation's way with time than the axis rule says.
void require_whole(const Graph& graph, const OpDef& op, const Dim& dim);

}  // namespace unfold
