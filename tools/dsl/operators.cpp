#include "tools/dsl/operators.h"

#include <algorithm>
#include <array>

namespace unfold::syntax {
namespace {

constexpr std::array operators = {
    Operator{BinaryOp::logical_or, TokenKind::word_or, precedence_or},
    Operator{BinaryOp::logical_and, TokenKind::word_and, precedence_and},
    Operator{BinaryOp::equal, TokenKind::equal_equal, precedence_comparison},
    Operator{BinaryOp::not_equal, TokenKind::not_equal, precedence_comparison},
    Operator{BinaryOp::less, TokenKind::less, precedence_comparison},
    Operator{BinaryOp::less_equal, TokenKind::less_equal, precedence_comparison},
    Operator{BinaryOp::greater, TokenKind::greater, precedence_comparison},
    Operator{BinaryOp::greater_equal, TokenKind::greater_equal, precedence_comparison},
    Operator{BinaryOp::add, TokenKind::plus, precedence_sum},
    Operator{BinaryOp::subtract, TokenKind::minus, precedence_sum},
    Operator{BinaryOp::multiply, TokenKind::star, precedence_product},
    Operator{BinaryOp::divide, TokenKind::slash, precedence_product},
    Operator{BinaryOp::floor_divide, TokenKind::slash_slash, precedence_product},
    Operator{BinaryOp::remainder, TokenKind::percent, precedence_product},
    Operator{BinaryOp::matmul, TokenKind::at, precedence_product},
    Operator{BinaryOp::power, TokenKind::star_star, precedence_power},
};

}  // namespace

const Operator* find_operator(TokenKind token) {
  const auto found = std::ranges::find(operators, token, &Operator::token);
  return found != operators.end() ? &*found : nullptr;
}

const Operator* find_operator(std::string_view spelled) {
  const auto found =
      std::ranges::find(operators, spelled, [](const Operator& op) { return spelling(op.token); });
  return found != operators.end() ? &*found : nullptr;
}

const Operator& operator_of(BinaryOp op) {
  return *std::ranges::find(operators, op, &Operator::op);
}

std::string_view spelling(BinaryOp op) { return spelling(operator_of(op).token); }

}  // namespace unfold::syntax
