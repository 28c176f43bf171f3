#include "tools/dsl/statement_parser.h"

#include <fmt/format.h>

#include <utility>

#include "tools/dsl/walk.h"

namespace unfold::syntax {

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
    const Span begin = reader_.peek().span;
    if (auto faulty = attempt([&] { statements.push_back(statement()); }))
      statements.push_back({std::move(*faulty), begin});
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

std::optional<Faulty> StatementParser::attempt(const std::function<void()>& parse) {
  const std::size_t begin = reader_.position();
  const Place place = place_;
  const std::size_t loops = loops_;
  try {
    parse();
    end_of_statement();
    return std::nullopt;
  } catch (const Abandoned&) {
    place_ = place;
    loops_ = loops;
  }
  Faulty faulty = reader_.bound_from(begin);
  if (reader_.full()) reader_.skip_to_end();
  reader_.skip_statement();
  while (reader_.at(TokenKind::open_brace)) {
    // The block of a header in error, or what looks like one, is read for the errors in it.
    try {
      const Block inside = block(Place::unknown);
      if (!open_blocks_.empty())
        for_each_binding(inside, [&](const Identifier& name) { faulty.names.push_back(name); });
    } catch (const Abandoned&) {
      place_ = place;
    }
    reader_.skip_statement();
  }
  return faulty;
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

}  // namespace unfold::syntax
