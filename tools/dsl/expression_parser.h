#pragma once

#include <string_view>
#include <vector>

#include "tools/dsl/ast.h"
#include "tools/dsl/token_reader.h"

namespace unfold::syntax {

/// Reads one expression, as long as it goes on. On an error it is reported and Abandoned is thrown.
Expression parse_expression(TokenReader& reader);

/// Fails if two of the names are the same, with a note where the first is; `what` is e.g.
/// "argument".
void check_distinct(TokenReader& reader, const std::vector<const Identifier*>& names,
                    std::string_view what);

}  // namespace unfold::syntax
