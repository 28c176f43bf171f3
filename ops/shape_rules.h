#pragma once

// Pieces that shape rules share. For the operations' own files.

#include "graph/error.h"
#include "graph/op_def.h"

namespace unfold::shapes {

/// The operands broadcast against each other as NumPy does, aligned at the last dimension. Where
/// one is unknown, what the known ones say, or unknown if there is none. Throws Error naming `op`.
Type broadcast(std::string_view op, const ShapeArgs& args);
/// The same for a comparison, whose result is real whatever it compares.
Type compared(std::string_view op, const ShapeArgs& args);
/// The single operand's type.
Type same(const ShapeArgs& args);

/// Position of dimension `dim` (negative: from the end) in a type. Throws Error naming `op`.
std::size_t dimension(std::string_view op, const Type& type, std::int64_t dim);
/// The dimension that an operation's attribute `dim` names, counted from the front so that equal
/// operations have equal attributes. Throws Error naming `op` when there is no such dimension.
std::size_t stored_dimension(std::string_view op, const Type& type, const Attributes& attributes);
/// Throws Error unless the operand holds real numbers (integers).
void require_real(std::string_view op, const Type& type);
void require_index(std::string_view op, const Type& type);
/// Throws Error unless sizes and time axes agree; `what` says which sizes, e.g. "inner sizes".
Dim matched(std::string_view op, const char* what, const Dim& a, const Dim& b, const Type& left,
            const Type& right);

/// Facts for an operation that treats every dimension of every operand by itself.
AxisFact pointwise(const ShapeArgs& args, int input, int dim);

}  // namespace unfold::shapes
