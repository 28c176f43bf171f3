#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "tools/dsl/ast.h"
#include "tools/dsl/diagnostic.h"

namespace unfold {

/// What a `let` holds.
using Constant = std::variant<double, bool, std::string>;
using Constants = std::map<std::string, Constant>;

/// `a op b` for plain numbers; comparisons give a bool. Nothing for an operator that numbers do not
/// have (`@`, `and`), or a division by zero.
std::optional<Constant> fold(syntax::BinaryOp op, double a, double b);

/// The value of an expression of numbers, strings, booleans and names of `known`. Throws Error with
/// its place when it is not such an expression.
Constant evaluate_constant(const syntax::Expression& e, const Constants& known,
                           const Sources& sources);

}  // namespace unfold
