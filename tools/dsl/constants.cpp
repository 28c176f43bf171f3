#include "tools/dsl/constants.h"

#include <cmath>

#include <fmt/format.h>

namespace unfold {

namespace {

using syntax::BinaryOp;

std::optional<double> fold_number(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::add: return a + b;
    case BinaryOp::subtract: return a - b;
    case BinaryOp::multiply: return a * b;
    case BinaryOp::divide: return b == 0 ? std::nullopt : std::optional(a / b);
    case BinaryOp::floor_divide: return b == 0 ? std::nullopt : std::optional(std::floor(a / b));
    case BinaryOp::remainder:
      return b == 0 ? std::nullopt : std::optional(a - b * std::floor(a / b));
    case BinaryOp::power: return std::pow(a, b);
    default: return std::nullopt;
  }
}

std::optional<bool> fold_comparison(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::equal: return a == b;
    case BinaryOp::not_equal: return a != b;
    case BinaryOp::less: return a < b;
    case BinaryOp::less_equal: return a <= b;
    case BinaryOp::greater: return a > b;
    case BinaryOp::greater_equal: return a >= b;
    default: return std::nullopt;
  }
}

class ConstantEvaluator {
 public:
  ConstantEvaluator(const Constants& known, const Sources& sources)
      : known_(known), sources_(sources) {}

  Constant evaluate(const syntax::Expression& e) const {
    if (const auto* n = std::get_if<syntax::Number>(&e.node)) return n->value;
    if (const auto* s = std::get_if<syntax::String>(&e.node)) return s->value;
    if (const auto* b = std::get_if<syntax::Bool>(&e.node)) return b->value;
    if (const auto* n = std::get_if<syntax::Name>(&e.node)) return name(n->text, e.span);
    if (const auto* u = std::get_if<syntax::Unary>(&e.node)) return unary(*u, e.span);
    if (const auto* b = std::get_if<syntax::Binary>(&e.node)) return binary(*b, e.span);
    fail(e.span, "expected a number, a string or a boolean that is known before the data is read");
  }

 private:
  [[noreturn]] void fail(Span span, const std::string& message) const {
    throw Error(message, sources_.location(span));
  }

  Constant name(const std::string& text, Span span) const {
    if (const auto found = known_.find(text); found != known_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [key, value] : known_) names.push_back(key);
    const auto near = nearest(text, names);
    fail(span, fmt::format("there is no `let {}`{}", text,
                           near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }

  Constant unary(const syntax::Unary& u, Span span) const {
    const Constant v = evaluate(*u.operand);
    if (u.op == syntax::UnaryOp::negate && std::holds_alternative<double>(v))
      return -std::get<double>(v);
    if (u.op == syntax::UnaryOp::logical_not && std::holds_alternative<bool>(v))
      return !std::get<bool>(v);
    fail(span, u.op == syntax::UnaryOp::negate ? "only a number has a negative"
                                               : "only true and false have an opposite");
  }

  Constant binary(const syntax::Binary& b, Span span) const {
    const Constant left = evaluate(*b.left), right = evaluate(*b.right);
    if (left.index() != right.index()) fail(span, "these are of different kinds");
    if (const auto* a = std::get_if<double>(&left)) {
      const auto result = fold(b.op, *a, std::get<double>(right));
      if (!result) fail(span, "numbers cannot be combined like this");
      return *result;
    }
    if (b.op == BinaryOp::equal) return left == right;
    if (b.op == BinaryOp::not_equal) return left != right;
    const auto *p = std::get_if<bool>(&left), *q = std::get_if<bool>(&right);
    if (p != nullptr && b.op == BinaryOp::logical_and) return *p && *q;
    if (p != nullptr && b.op == BinaryOp::logical_or) return *p || *q;
    const auto *s = std::get_if<std::string>(&left), *t = std::get_if<std::string>(&right);
    if (s != nullptr && b.op == BinaryOp::add) return *s + *t;
    fail(span, "these cannot be combined like this");
  }

  const Constants& known_;
  const Sources& sources_;
};

}  // namespace

std::optional<Constant> fold(BinaryOp op, double a, double b) {
  if (const auto truth = fold_comparison(op, a, b)) return *truth;
  if (const auto number = fold_number(op, a, b)) return *number;
  return std::nullopt;
}

Constant evaluate_constant(const syntax::Expression& e, const Constants& known,
                           const Sources& sources) {
  return ConstantEvaluator(known, sources).evaluate(e);
}

}  // namespace unfold
