#include "tools/dsl/labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/dsl/operators.h"

namespace unfold {

namespace {

// The precedence of the loosest operator in a label that stands outside of all brackets. It is read
// from the text, for a label that comes back from a shape is nothing else.
int loosest_operator(std::string_view label) {
  int depth = 0, loosest = syntax::precedence_power + 1;
  for (std::size_t i = 0; i < label.size(); ++i) {
    depth += label[i] == '(' ? 1 : label[i] == ')' ? -1 : 0;
    if (label[i] != ' ' || depth > 0) continue;
    const auto* op = syntax::find_operator(label.substr(i + 1, label.find(' ', i + 1) - i - 1));
    if (op != nullptr) loosest = std::min(loosest, op->precedence);
  }
  return loosest;
}

}  // namespace

Symbol joined_label(const Number& a, syntax::BinaryOp op, const Number& b) {
  if (a.label.empty() && b.label.empty()) return {};
  const auto label = [](const Number& n, int lowest) {
    std::string text = n.label.empty() ? fmt::format("{}", n.value) : n.label.str();
    return loosest_operator(text) < lowest ? "(" + text + ")" : text;
  };
  const int precedence = syntax::operator_of(op).precedence;
  const bool power = op == syntax::BinaryOp::power;
  const std::string text =
      fmt::format("{} {} {}", label(a, precedence + (power ? 1 : 0)), syntax::spelling(op),
                  label(b, precedence + (power ? 0 : 1)));
  return text.size() > 40 ? Symbol() : Symbol(text);
}

}  // namespace unfold
