#include "tools/dsl/constants.h"

#include <fmt/format.h>

#include <cmath>

#include "tools/dsl/operators.h"

namespace unfold {

namespace {

using syntax::BinaryOp;

double nonzero(double divisor) {
  if (divisor == 0) throw Error("division by zero");
  return divisor;
}

// An operand that is not a number is a size that is not known yet, and so is what comes of it.
Constant combine_numbers(BinaryOp op, double a, double b) {
  const auto checked = [&](double result) {
    if (std::isnan(result) && !std::isnan(a) && !std::isnan(b))
      throw Error("the result is no number");
    return result;
  };
  switch (op) {
    case BinaryOp::add: return checked(a + b);
    case BinaryOp::subtract: return checked(a - b);
    case BinaryOp::multiply: return checked(a * b);
    case BinaryOp::divide: return checked(a / nonzero(b));
    case BinaryOp::floor_divide: return checked(std::floor(a / nonzero(b)));
    case BinaryOp::remainder: return checked(a - b * std::floor(a / nonzero(b)));
    case BinaryOp::power: return checked(std::pow(a, b));
    case BinaryOp::equal: return a == b;
    case BinaryOp::not_equal: return a != b;
    case BinaryOp::less: return a < b;
    case BinaryOp::less_equal: return a <= b;
    case BinaryOp::greater: return a > b;
    case BinaryOp::greater_equal: return a >= b;
    case BinaryOp::matmul: throw Error("`@` multiplies matrices, these are plain numbers");
    case BinaryOp::logical_and:
    case BinaryOp::logical_or: break;
  }
  throw Error(fmt::format("`{}` takes true and false, these are numbers", syntax::spelling(op)));
}

const char* kind_of(const Constant& c) {
  if (std::holds_alternative<double>(c)) return "a number";
  return std::holds_alternative<bool>(c) ? "true or false" : "a string";
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
    try {
      return combine(b.op, evaluate(*b.left), evaluate(*b.right));
    } catch (const Error& e) {
      if (e.where.known()) throw;
      fail(span, e.message);
    }
  }

  const Constants& known_;
  const Sources& sources_;
};

}  // namespace

Constant combine(BinaryOp op, const Constant& left, const Constant& right) {
  if (left.index() != right.index())
    throw Error(
        fmt::format("{} and {} cannot be combined or compared", kind_of(left), kind_of(right)));
  if (const auto* a = std::get_if<double>(&left))
    return combine_numbers(op, *a, std::get<double>(right));
  if (op == BinaryOp::equal) return left == right;
  if (op == BinaryOp::not_equal) return left != right;
  if (const auto* p = std::get_if<bool>(&left)) {
    const bool q = std::get<bool>(right);
    if (op == BinaryOp::logical_and) return *p && q;
    if (op == BinaryOp::logical_or) return *p || q;
  } else if (op == BinaryOp::add) {
    std::string joined = std::get<std::string>(left) + std::get<std::string>(right);
    if (joined.size() > 10'000) throw Error("the joined string is longer than 10000 characters");
    return joined;
  }
  throw Error(fmt::format("`{}` does not combine {} with {}", syntax::spelling(op), kind_of(left),
                          kind_of(right)));
}

Constant evaluate_constant(const syntax::Expression& e, const Constants& known,
                           const Sources& sources) {
  return ConstantEvaluator(known, sources).evaluate(e);
}

void bind_let(Constants& known, const syntax::Let& let, const Sources& sources) {
  try {
    known[let.name.text] = evaluate_constant(let.value, known, sources);
  } catch (const Error&) {
    known.try_emplace(let.name.text, 1.0);
    throw;
  }
}

void bind_faulty(Constants& known, const syntax::Faulty& faulty) {
  for (const syntax::Identifier& id : faulty.names) known.try_emplace(id.text, 1.0);
}

}  // namespace unfold
