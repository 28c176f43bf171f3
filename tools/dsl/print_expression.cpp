#include "tools/dsl/print_expression.h"

#include <fmt/format.h>

#include "tools/dsl/operators.h"

namespace unfold::syntax {
namespace {

std::string print(const Expression& expression, int lowest);

std::string print_all(const std::vector<Expression>& items) {
  std::string text;
  for (const Expression& item : items) {
    if (!text.empty()) text += ", ";
    text += print(item, precedence_or);
  }
  return text;
}

std::string quote(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    switch (c) {
      case '\n': text += "\\n"; break;
      case '\t': text += "\\t"; break;
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      default: text += c;
    }
  }
  return text + '"';
}

std::string print_optional(const Child& child) { return child ? print(*child, precedence_or) : ""; }

std::string parenthesize_if(bool needed, std::string text) {
  return needed ? '(' + std::move(text) + ')' : std::move(text);
}

/// One overload a node; `lowest` is the precedence that may stand here without parentheses.
struct Printer {
  int lowest;

  std::string operator()(const Number& node) const { return fmt::format("{}", node.value); }
  std::string operator()(const String& node) const { return quote(node.value); }
  std::string operator()(const Bool& node) const { return node.value ? "true" : "false"; }
  std::string operator()(const Name& node) const { return node.text; }
  std::string operator()(const List& node) const { return '[' + print_all(node.items) + ']'; }

  std::string operator()(const Tuple& node) const {
    return '(' + print_all(node.items) + (node.items.size() == 1 ? ",)" : ")");
  }

  std::string operator()(const Unary& node) const {
    const bool negate = node.op == UnaryOp::negate;
    const int precedence = negate ? precedence_negate : precedence_not;
    return parenthesize_if(precedence < lowest,
                           (negate ? "-" : "not ") + print(*node.operand, precedence));
  }

  std::string operator()(const Binary& node) const {
    const int precedence = operator_of(node.op).precedence;
    const bool power = precedence == precedence_power;
    const bool chains = !power && precedence != precedence_comparison;
    const std::string left = print(*node.left, chains ? precedence : precedence + 1);
    const std::string right = print(*node.right, power ? precedence_negate : precedence + 1);
    return parenthesize_if(precedence < lowest,
                           fmt::format("{} {} {}", left, spelling(node.op), right));
  }

  std::string operator()(const Call& node) const {
    std::string text;
    for (const Argument& item : node.arguments) {
      if (!text.empty()) text += ", ";
      if (item.kind == Argument::Kind::named) text += item.name.text + " = ";
      if (item.kind == Argument::Kind::pair) text += print(*item.key, precedence_or) + ": ";
      text += print(*item.value, precedence_or);
    }
    return fmt::format("{}({})", node.callee.text, text);
  }

  std::string operator()(const Index& node) const {
    std::string text;
    for (const IndexItem& item : node.items) {
      if (!text.empty()) text += ", ";
      switch (item.kind) {
        case IndexItem::Kind::at: text += print(*item.begin, precedence_or); break;
        case IndexItem::Kind::rest: text += ".."; break;
        case IndexItem::Kind::slice:
          text += print_optional(item.begin) + ':' + print_optional(item.end);
          break;
      }
    }
    return fmt::format("{}[{}]", print(*node.base, precedence_power + 1), text);
  }
};

std::string print(const Expression& expression, int lowest) {
  return std::visit(Printer{lowest}, expression.node);
}

}  // namespace

std::string print_expression(const Expression& expression) {
  return print(expression, precedence_or);
}

}  // namespace unfold::syntax
