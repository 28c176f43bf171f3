#pragma once

#include <string>

#include "tools/dsl/ast.h"

namespace unfold::syntax {

/// The expression as source text on one line, with no more parentheses than needed: `units + n`.
std::string print_expression(const Expression& expression);

}  // namespace unfold::syntax
