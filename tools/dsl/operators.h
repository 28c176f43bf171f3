#pragma once

#include <string_view>

#include "tools/dsl/ast.h"
#include "tools/dsl/token.h"

namespace unfold::syntax {

/// A row of the one table of binary operators. Higher `precedence` binds tighter.
struct Operator {
  BinaryOp op;
  TokenKind token;
  int precedence;
};

constexpr int precedence_or = 1;
constexpr int precedence_and = 2;
constexpr int precedence_not = 3;
constexpr int precedence_comparison = 4;  ///< does not chain
constexpr int precedence_sum = 5;
constexpr int precedence_product = 6;
constexpr int precedence_negate = 7;
constexpr int precedence_power = 8;  ///< groups from the right; all others from the left

/// The binary operator that a token writes, null if none.
const Operator* find_operator(TokenKind token);

/// The operator that is written so (`//`), null if there is none.
const Operator* find_operator(std::string_view spelled);

/// The row of a binary operator.
const Operator& operator_of(BinaryOp op);

/// How a binary operator is written, e.g. `//`.
std::string_view spelling(BinaryOp op);

}  // namespace unfold::syntax
