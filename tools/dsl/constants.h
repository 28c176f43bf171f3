#pragma once

#include <map>
#include <string>
#include <variant>

#include "tools/dsl/ast.h"
#include "tools/dsl/diagnostic.h"

namespace unfold {

/// What a `let` holds.
using Constant = std::variant<double, bool, std::string>;
using Constants = std::map<std::string, Constant>;

/// `left op right`; comparisons give a bool. Throws Error, without a place, where the operator does
/// not take such operands, and for a division by zero.
Constant combine(syntax::BinaryOp op, const Constant& left, const Constant& right);

/// The value of an expression of numbers, strings, booleans and names of `known`. Throws Error with
/// its place when it is not such an expression.
Constant evaluate_constant(const syntax::Expression& e, const Constants& known,
                           const Sources& sources);

/// Adds what a `let` inside a block names. Throws Error as above; the name then stands for some
/// number, so that uses of it are no errors of their own. So do names that could not be read.
void bind_let(Constants& known, const syntax::Let& let, const Sources& sources);
void bind_faulty(Constants& known, const syntax::Faulty& faulty);

}  // namespace unfold
