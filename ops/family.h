#pragma once

#include <algorithm>
#include <span>

#include "ops/build.h"

namespace unfold {

/// Applies the operation called `name()` of a family: operations that differ by a formula and are
/// rows of one `table()`. The row is looked up once, because long graphs are made of these.
template <auto table, auto name, class... Operands>
Value apply(Operands... in) {
  static const OpDef& op = *std::ranges::find(table(), name(), &OpDef::name);
  return build(op, {in...});
}

}  // namespace unfold
