// The statements, one function each.
#include <fmt/format.h>

#include <utility>

#include "tools/dsl/expression_parser.h"
#include "tools/dsl/statement_parser.h"

namespace unfold::syntax {
namespace {

std::vector<const Identifier*> pointers(const auto& items, auto name_of) {
  std::vector<const Identifier*> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(&name_of(item));
  return names;
}

}  // namespace

template <class Node>
Node StatementParser::named_value() {
  const Span word = reader_.advance().span;
  Identifier name = reader_.expect_name(fmt::format("a name after '{}'", reader_.text(word)));
  reader_.expect(TokenKind::equal, fmt::format("'=' after '{}'", name.text));
  return {std::move(name), parse_expression(reader_)};
}

Let StatementParser::let() { return named_value<Let>(); }

Init StatementParser::init() {
  allow(loops_ > 0, reader_.peek().span,
        "belongs in a 'for': it says what a state is before the first step");
  return named_value<Init>();
}

Metric StatementParser::metric() {
  allow_in_model(reader_.peek().span);
  return named_value<Metric>();
}

Output StatementParser::output() {
  allow_in_model(reader_.peek().span);
  return named_value<Output>();
}

Sample StatementParser::sample() {
  allow_in_model(reader_.advance().span);
  Expression field = parse_expression(reader_);
  if (!reader_.at_name("from")) reader_.fail_expected("'from'" + reader_.after_last());
  reader_.advance();
  return {std::move(field), parse_expression(reader_)};
}

std::vector<Expression> StatementParser::expressions() {
  std::vector<Expression> values;
  do {
    values.push_back(parse_expression(reader_));
  } while (reader_.accept(TokenKind::comma));
  return values;
}

Return StatementParser::return_values() {
  const Span keyword = reader_.advance().span;
  allow(place_ == Place::def, keyword, "belongs in a def");
  allow(loops_ == 0, keyword, "cannot stand in a 'for': return the whole sequences after it");
  return {expressions()};
}

Assign StatementParser::assign() {
  std::vector<Target> targets;
  do {
    targets.push_back(target());
  } while (reader_.accept(TokenKind::comma));
  if (!reader_.at(TokenKind::equal)) fail_assign(targets.front().name);
  reader_.advance();
  check_distinct(reader_,
                 pointers(
                     targets, [](auto& item) -> auto& { return item.name; }),
                 "name");
  return {std::move(targets), parse_expression(reader_)};
}

void StatementParser::fail_assign(const Identifier& name) {
  if (reader_.at(TokenKind::open_parenthesis)) {
    reader_.fail(name.span, fmt::format("the result of '{}(...)' needs a name: name = {}(...)",
                                        name.text, name.text));
  }
  const std::string expected = "'='" + reader_.after_last();
  reader_.fail_expected(
      expected, suggestion(name.span, {"let", "return", "repeat", "if", "for", "param", "frozen",
                                       "layer", "init", "metric", "output", "sample", "def"}));
}

Target StatementParser::target() {
  Target result;
  result.name = reader_.expect_name("a name" + reader_.after_last());
  if (reader_.at(TokenKind::open_bracket)) {
    allow_indexed_target(result.name);
    const Token opening = reader_.open();
    result.index = std::make_unique<Expression>(parse_expression(reader_));
    reader_.close(opening, false);
  }
  result.span = reader_.span_from(result.name.span);
  return result;
}

Param StatementParser::param() {
  Param result;
  allow_in_graph(reader_.peek().span);
  if (reader_.at_name("frozen")) {
    reader_.advance();
    result.frozen = true;
    if (!reader_.at_name("param")) reader_.fail_expected("'param' after 'frozen'");
  }
  reader_.advance();
  do {
    result.names.push_back(reader_.expect_name("a name" + reader_.after_last()));
  } while (reader_.accept(TokenKind::comma));
  check_distinct(reader_,
                 pointers(
                     result.names, [](auto& name) -> auto& { return name; }),
                 "parameter");
  reader_.expect(TokenKind::colon, "':' and a shape" + reader_.after_last());
  param_shape(result);
  if (reader_.accept(TokenKind::equal)) result.initialiser = parse_expression(reader_);
  return result;
}

void StatementParser::param_shape(Param& result) {
  constexpr std::string_view expected = "a shape such as [units, 3]";
  if (!reader_.at(TokenKind::open_bracket)) reader_.fail_expected(expected);
  Expression shape = parse_expression(reader_);
  auto* list = std::get_if<List>(&shape.node);
  if (!list) reader_.fail(shape.span, fmt::format("expected {}, found an expression", expected));
  result.shape = std::move(list->items);
  result.shape_span = shape.span;
}

Layer StatementParser::layer() {
  allow_in_graph(reader_.peek().span);
  Layer result = named_value<Layer>();
  if (!std::holds_alternative<Call>(result.call.node)) {
    reader_.fail(result.call.span, "expected a call such as lstm(units = 64) after 'layer'");
  }
  return result;
}

Repeat StatementParser::repeat() {
  allow_in_graph(reader_.advance().span);
  Expression count = parse_expression(reader_);
  return {std::move(count), block()};
}

If StatementParser::if_else() {
  reader_.advance();
  If result;
  result.condition = parse_expression(reader_);
  result.then = block();
  if (reader_.kind_past_newlines() != TokenKind::word_else) return result;
  reader_.skip_newlines();
  reader_.advance();
  if (reader_.at(TokenKind::word_if)) {
    const Nesting nesting(reader_);
    result.otherwise.push_back(statement());
  } else {
    result.otherwise = block();
  }
  return result;
}

For StatementParser::for_each() {
  allow_in_graph(reader_.advance().span);
  For result;
  result.variable = reader_.expect_name("a name after 'for'");
  reader_.expect(TokenKind::word_in, fmt::format("'in' after '{}'", result.variable.text));
  result.over = expressions();
  ++loops_;
  result.body = block();
  --loops_;
  return result;
}

}  // namespace unfold::syntax
