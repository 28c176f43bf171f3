#include "tools/dsl/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tools/dsl/lexer.h"
#include "tools/dsl/operators.h"

namespace unfold::syntax {
namespace {

Child boxed(Expression expression) { return std::make_unique<Expression>(std::move(expression)); }

std::uint32_t height_of(const Child& child) { return child ? child->height : 0; }

std::uint32_t height_of(const std::vector<Expression>& items) {
  std::uint32_t height = 0;
  for (const Expression& item : items) height = std::max(height, item.height);
  return height;
}

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenReader& reader) : reader_(reader) {}

  /// An expression of operators that bind at least as tight as `lowest`.
  Expression binary(int lowest) {
    Expression left = prefix(lowest);
    while (const Operator* sign = find_operator(reader_.peek().kind)) {
      if (sign->precedence < lowest) break;
      left = combine(std::move(left), *sign);
      if (sign->precedence == precedence_comparison) check_unchained();
    }
    return left;
  }

 private:
  /// Every node is made here, so that no tree grows higher than walks may recurse.
  template <class Node>
  Expression make(Node&& node, Span span, std::uint32_t height_below) {
    if (height_below >= TokenReader::max_depth) {
      reader_.fail(span,
                   fmt::format("this expression is nested more than {} levels deep; give parts "
                               "of it names of their own",
                               TokenReader::max_depth));
    }
    return {std::forward<Node>(node), span, height_below + 1};
  }

  Expression combine(Expression left, const Operator& sign) {
    const Token token = reader_.advance();
    Expression right =
        sign.precedence == precedence_power ? power_operand() : binary(sign.precedence + 1);
    const Span span = join(left.span, right.span);
    const std::uint32_t height = std::max(left.height, right.height);
    Binary node;
    node.op = sign.op;
    node.op_span = token.span;
    node.left = boxed(std::move(left));
    node.right = boxed(std::move(right));
    return make(std::move(node), span, height);
  }

  Expression power_operand() {
    const Nesting nesting(reader_);
    return binary(precedence_power);
  }

  void check_unchained() {
    const Operator* next = find_operator(reader_.peek().kind);
    if (next && next->precedence == precedence_comparison) {
      reader_.fail(reader_.peek().span, "comparisons do not chain: write a < b and b < c");
    }
  }

  Expression prefix(int lowest) {
    if (reader_.at(TokenKind::minus)) return unary(UnaryOp::negate, precedence_negate);
    if (!reader_.at(TokenKind::word_not)) return postfix();
    if (lowest > precedence_not) {
      reader_.fail(reader_.peek().span, "'not' after an operator needs parentheses: (not ...)");
    }
    return unary(UnaryOp::logical_not, precedence_not);
  }

  Expression unary(UnaryOp op, int lowest) {
    const Nesting nesting(reader_);
    const Token sign = reader_.advance();
    Expression operand = binary(lowest);
    const std::uint32_t height = operand.height;
    Unary node;
    node.op = op;
    node.operand = boxed(std::move(operand));
    return make(std::move(node), reader_.span_from(sign.span), height);
  }

  Expression postfix() {
    const bool literal = !reader_.at_any({TokenKind::name, TokenKind::open_parenthesis});
    Expression base = primary();
    while (!literal && reader_.at(TokenKind::open_bracket)) base = index(std::move(base));
    if (reader_.at(TokenKind::open_parenthesis)) {
      reader_.fail(reader_.peek().span, "only a name can be called");
    }
    return base;
  }

  Expression primary() {
    const Token token = reader_.peek();
    const std::string_view text = reader_.text(token.span);
    switch (token.kind) {
      case TokenKind::name: return name_or_call();
      case TokenKind::open_parenthesis: return parenthesized();
      case TokenKind::open_bracket: return list();
      case TokenKind::number: return literal(Number{number_value(text)});
      case TokenKind::string: return literal(String{string_value(text)});
      case TokenKind::word_true: return literal(Bool{true});
      case TokenKind::word_false: return literal(Bool{false});
      default: reader_.fail_expected(fmt::format("a value{}", reader_.after_last()));
    }
  }

  template <class Node>
  Expression literal(Node node) {
    return make(std::move(node), reader_.advance().span, 0);
  }

  Expression name_or_call() {
    const Token token = reader_.advance();
    std::string name(reader_.text(token.span));
    if (!reader_.at(TokenKind::open_parenthesis)) {
      return make(Name{std::move(name)}, token.span, 0);
    }
    const Nesting nesting(reader_);
    const Token opening = reader_.open();
    Call call{{std::move(name), token.span}, {}};
    while (!reader_.at(TokenKind::close_parenthesis)) {
      call.arguments.push_back(argument());
      if (!reader_.accept(TokenKind::comma)) break;
    }
    reader_.close(opening, true);
    check_arguments(call);
    std::uint32_t height = 0;
    for (const Argument& item : call.arguments) {
      height = std::max({height, height_of(item.key), height_of(item.value)});
    }
    return make(std::move(call), reader_.span_from(token.span), height);
  }

  Argument argument() {
    Argument result;
    const Span begin = reader_.peek().span;
    if (reader_.at(TokenKind::name) && reader_.kind_after() == TokenKind::equal) {
      result.kind = Argument::Kind::named;
      result.name = reader_.expect_name("a name");
      reader_.advance();
    }
    result.value = boxed(binary(precedence_or));
    if (result.kind == Argument::Kind::positional && reader_.accept(TokenKind::colon)) {
      result.kind = Argument::Kind::pair;
      result.key = std::exchange(result.value, boxed(binary(precedence_or)));
    }
    result.span = reader_.span_from(begin);
    return result;
  }

  void check_arguments(const Call& call) {
    std::vector<const Identifier*> names;
    for (const Argument& item : call.arguments) {
      if (item.kind == Argument::Kind::named) names.push_back(&item.name);
      if (item.kind == Argument::Kind::positional && !names.empty()) {
        reader_.fail(item.span, fmt::format("an argument without a name cannot follow '{} = ...'",
                                            names.back()->text));
      }
    }
    check_distinct(reader_, names, "argument");
  }

  Expression parenthesized() {
    const Nesting nesting(reader_);
    const Token opening = reader_.open();
    Expression first = binary(precedence_or);
    if (!reader_.at(TokenKind::comma)) {
      reader_.close(opening, true);
      first.span = reader_.span_from(opening.span);
      return first;
    }
    std::vector<Expression> items;
    items.push_back(std::move(first));
    while (reader_.accept(TokenKind::comma) && !reader_.at(TokenKind::close_parenthesis)) {
      items.push_back(binary(precedence_or));
    }
    reader_.close(opening, true);
    const std::uint32_t height = height_of(items);
    return make(Tuple{std::move(items)}, reader_.span_from(opening.span), height);
  }

  Expression list() {
    const Nesting nesting(reader_);
    const Token opening = reader_.open();
    std::vector<Expression> items;
    while (!reader_.at(TokenKind::close_bracket)) {
      items.push_back(binary(precedence_or));
      if (!reader_.accept(TokenKind::comma)) break;
    }
    reader_.close(opening, true);
    const std::uint32_t height = height_of(items);
    return make(List{std::move(items)}, reader_.span_from(opening.span), height);
  }

  Expression index(Expression base) {
    const Nesting nesting(reader_);
    const Token opening = reader_.open();
    std::vector<IndexItem> items;
    do items.push_back(index_item());
    while (reader_.accept(TokenKind::comma));
    reader_.close(opening, true);
    const Span span = reader_.span_from(base.span);
    std::uint32_t height = base.height;
    for (const IndexItem& item : items) {
      height = std::max({height, height_of(item.begin), height_of(item.end)});
    }
    Index node;
    node.base = boxed(std::move(base));
    node.items = std::move(items);
    return make(std::move(node), span, height);
  }

  IndexItem index_item() {
    IndexItem item;
    const Span begin = reader_.peek().span;
    if (reader_.accept(TokenKind::dot_dot)) {
      item.kind = IndexItem::Kind::rest;
    } else {
      if (!reader_.at(TokenKind::colon)) item.begin = boxed(binary(precedence_or));
      if (reader_.accept(TokenKind::colon)) {
        item.kind = IndexItem::Kind::slice;
        const bool open = reader_.at_any({TokenKind::comma, TokenKind::close_bracket});
        if (!open) item.end = boxed(binary(precedence_or));
      }
    }
    item.span = reader_.span_from(begin);
    return item;
  }

  TokenReader& reader_;
};

}  // namespace

Expression parse_expression(TokenReader& reader) {
  return ExpressionParser(reader).binary(precedence_or);
}

void check_distinct(TokenReader& reader, const std::vector<const Identifier*>& names,
                    std::string_view what) {
  std::map<std::string_view, Span> seen;
  for (const Identifier* name : names) {
    const auto [first, is_new] = seen.emplace(name->text, name->span);
    if (is_new) continue;
    reader.fail(name->span, fmt::format("the {} '{}' is given twice", what, name->text),
                {{"the first is here", reader.location(first->second)}});
  }
}

}  // namespace unfold::syntax
