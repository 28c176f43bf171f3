#pragma once

#include "tools/dsl/thing.h"

namespace unfold {

/// What messages call a number that is computed from two others: `(units + 2) * n`. Nothing where
/// none of them has a name or it would be long.
Symbol joined_label(const Number& a, syntax::BinaryOp op, const Number& b);

}  // namespace unfold
