#pragma once

#include <functional>

#include "tools/dsl/ast.h"

namespace unfold::syntax {

/// Calls `visit` for every expression of a block, outer ones first, those of nested blocks
/// included.
void for_each_expression(const Block& block, const std::function<void(const Expression&)>& visit);
void for_each_expression(const Expression& e, const std::function<void(const Expression&)>& visit);

/// Calls `visit` for every name that the block binds, in blocks inside it as well.
void for_each_binding(const Block& block, const std::function<void(const Identifier&)>& visit);

}  // namespace unfold::syntax
