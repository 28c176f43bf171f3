#include "tools/dsl/statement_parser.h"

#include <fmt/format.h>

#include <utility>

#include "tools/dsl/expression_parser.h"

namespace unfold::syntax {
namespace {

std::vector<const Identifier*> pointers(const auto& items, auto name_of) {
  std::vector<const Identifier*> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(&name_of(item));
  return names;
}

}  // namespace

// Blocks, and going on after an error.

Block StatementParser::block(Place place) {
  const Place outer = std::exchange(place_, place);
  Block statements = block();
  place_ = outer;
  return statements;
}

Block StatementParser::block() {
  if (reader_.kind_past_newlines() == TokenKind::open_brace) reader_.skip_newlines();
  const std::string expected = "'{'" + reader_.after_last();
  const Token opening = reader_.expect(TokenKind::open_brace, expected);
  if (open_blocks_.size() == TokenReader::max_depth) {
    reader_.skip_block();
    reader_.fail(opening.span, fmt::format("too deeply nested: at most {} blocks are allowed",
                                           TokenReader::max_depth));
  }
  open_blocks_.push_back(opening.span);
  Block statements;
  while (!at_block_end()) {
    attempt([&] { statements.push_back(statement()); });
  }
  open_blocks_.pop_back();
  return statements;
}

/// Skips what separates statements, takes the closing brace if it is next, reports its lack.
bool StatementParser::at_block_end() {
  reader_.skip_separators();
  if (reader_.accept(TokenKind::close_brace)) return true;
  const bool top_level = at_top_level_block() && !reader_.closes_from_here(open_blocks_.size());
  if (!top_level && !reader_.at(TokenKind::end_of_file)) return false;
  if (reader_.position() != unclosed_) {
    unclosed_ = reader_.position();
    reader_.report(reader_.peek().span, fmt::format("expected '}}', found {}", reader_.found()),
                   {{"this '{' is not closed", reader_.location(open_blocks_.back())}});
  }
  return true;
}

bool StatementParser::at_top_level_block() const {
  const bool section =
      reader_.at_name("data") || reader_.at_name("model") || reader_.at_name("train");
  return (section && reader_.kind_after() == TokenKind::open_brace) ||
         reader_.at(TokenKind::word_def);
}

void StatementParser::attempt(const std::function<void()>& parse) {
  const Place place = place_;
  const std::size_t loops = loops_;
  try {
    parse();
    end_of_statement();
    return;
  } catch (const Abandoned&) {
    place_ = place;
    loops_ = loops;
  }
  if (reader_.full()) reader_.skip_to_end();
  reader_.skip_statement();
  while (reader_.at(TokenKind::open_brace)) {
    // The block of a header in error, or what looks like one, is read for the errors in it.
    try {
      block(Place::unknown);
    } catch (const Abandoned&) {
      place_ = place;
    }
    reader_.skip_statement();
  }
}

void StatementParser::end_of_statement() {
  if (reader_.position() == unclosed_) return;
  if (!reader_.at_any({TokenKind::newline, TokenKind::semicolon, TokenKind::close_brace,
                       TokenKind::end_of_file})) {
    reader_.fail_expected("the end of the statement");
  }
}

bool StatementParser::opens_statement() const {
  const TokenKind after = reader_.kind_after();
  return after != TokenKind::equal && after != TokenKind::comma && after != TokenKind::open_bracket;
}

std::vector<Note> StatementParser::suggestion(Span word,
                                              const std::vector<std::string>& words) const {
  const auto near = nearest(reader_.text(word), words);
  if (!near) return {};
  return {{fmt::format("did you mean '{}'?", *near), {}}};
}

// Which statement, and whether it may stand here.

Statement StatementParser::statement() {
  const Span begin = reader_.peek().span;
  auto node = statement_node();
  return {std::move(node), reader_.span_from(begin)};
}

decltype(Statement::node) StatementParser::statement_node() {
  switch (reader_.peek().kind) {
    case TokenKind::word_let: return let();
    case TokenKind::word_return: return return_values();
    case TokenKind::word_repeat: return repeat();
    case TokenKind::word_if: return if_else();
    case TokenKind::word_for: return for_each();
    case TokenKind::name: break;
    default: fail_statement();
  }
  if (!opens_statement()) return assign();
  if (reader_.at_name("param") || reader_.at_name("frozen")) return param();
  if (reader_.at_name("layer")) return layer();
  if (reader_.at_name("init")) return init();
  if (reader_.at_name("metric")) return metric();
  if (reader_.at_name("output")) return output();
  if (reader_.at_name("sample")) return sample();
  if (at_top_level_block() || reader_.at_name("use")) fail_statement();
  return assign();
}

void StatementParser::fail_statement() {
  const Span word = reader_.peek().span;
  if (reader_.at(TokenKind::word_else)) reader_.fail(word, "'else' has no 'if' before it");
  if (!at_top_level_block() && !reader_.at_name("use")) reader_.fail_expected("a statement");
  reader_.fail(
      word,
      fmt::format("'{}' belongs at the top of a file, outside all blocks", reader_.text(word)),
      {{"this '{' is still open", reader_.location(open_blocks_.back())}});
}

/// Reports a statement that may not stand here; it is read on all the same.
void StatementParser::allow(bool allowed, Span keyword, std::string_view why) {
  if (allowed || place_ == Place::unknown) return;
  reader_.report(keyword, fmt::format("'{}' {}", reader_.text(keyword), why));
}

void StatementParser::allow_in_graph(Span keyword) {
  allow(place_ == Place::model || place_ == Place::def, keyword,
        "belongs in model { } or in a def: in data { } and train { } stand only let, if and "
        "name = value");
}

void StatementParser::allow_in_model(Span keyword) {
  allow(place_ == Place::model, keyword, "belongs in model { }");
  allow(loops_ == 0, keyword, "cannot stand in a 'for': it is about whole sequences, not one step");
}

void StatementParser::allow_indexed_target(const Identifier& name) {
  if (loops_ > 0 || place_ == Place::unknown) return;
  reader_.report(name.span, fmt::format("'{}[...] =' belongs in a 'for': it says what '{}' is at "
                                        "each step",
                                        name.text, name.text));
}

// One function a statement.

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
