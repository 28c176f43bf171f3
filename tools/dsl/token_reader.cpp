#include "tools/dsl/token_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/dsl/lexer.h"

namespace unfold::syntax {
namespace {

bool opens(TokenKind kind) {
  return kind == TokenKind::open_parenthesis || kind == TokenKind::open_bracket;
}

bool closes(TokenKind kind) {
  return kind == TokenKind::close_parenthesis || kind == TokenKind::close_bracket;
}

/// What no bracket reaches over: only statements have braces.
bool bounds(TokenKind kind) {
  return kind == TokenKind::open_brace || kind == TokenKind::close_brace ||
         kind == TokenKind::end_of_file;
}

}  // namespace

TokenReader::TokenReader(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics,
                         std::string_view end_name)
    : sources_(sources),
      diagnostics_(diagnostics),
      end_name_(end_name),
      tokens_(tokenize(sources, source, diagnostics)),
      last_{source, 0, 0} {}

bool TokenReader::at_any(std::initializer_list<TokenKind> kinds) const {
  return std::ranges::find(kinds, peek().kind) != kinds.end();
}

bool TokenReader::at_name(std::string_view name) const {
  return at(TokenKind::name) && text(peek().span) == name;
}

TokenKind TokenReader::kind_after() const {
  std::size_t next = std::min(position_ + 1, tokens_.size() - 1);
  while (brackets_ > 0 && tokens_[next].kind == TokenKind::newline) ++next;
  return tokens_[next].kind;
}

TokenKind TokenReader::kind_past_newlines() const {
  std::size_t next = position_;
  while (tokens_[next].kind == TokenKind::newline) ++next;
  return tokens_[next].kind;
}

Token TokenReader::advance() {
  const Token taken = peek();
  last_ = taken.span;
  if (taken.kind != TokenKind::end_of_file) ++position_;
  if (brackets_ > 0) skip_newlines();
  return taken;
}

bool TokenReader::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

void TokenReader::skip_newlines() {
  while (at(TokenKind::newline)) ++position_;
}

void TokenReader::skip_separators() {
  while (at(TokenKind::newline) || at(TokenKind::semicolon)) ++position_;
}

Token TokenReader::expect(TokenKind kind, std::string_view what) {
  if (!at(kind)) fail_expected(what);
  return advance();
}

Identifier TokenReader::expect_name(std::string_view what) {
  if (!at(TokenKind::name) && word_kind(text(peek().span)) != TokenKind::name) {
    fail(peek().span, fmt::format("expected {}, found '{}', which is a word of the language", what,
                                  text(peek().span)));
  }
  const Token token = expect(TokenKind::name, what);
  return {std::string(text(token.span)), token.span};
}

Token TokenReader::open() {
  ++brackets_;
  return advance();
}

Token TokenReader::close(const Token& opening, bool in_list) {
  const TokenKind kind = opening.kind == TokenKind::open_parenthesis ? TokenKind::close_parenthesis
                                                                     : TokenKind::close_bracket;
  if (!at(kind)) {
    const std::string_view sign = text(opening.span);
    const std::string expected =
        fmt::format("{}'{}' to close the '{}'", in_list ? "',' or " : "", spelling(kind), sign);
    fail_expected(expected, {{fmt::format("the '{}' is here", sign), location(opening.span)}});
  }
  --brackets_;
  return advance();
}

std::string TokenReader::after_last() const {
  const std::string_view last = text(last_);
  constexpr std::size_t readable = 30;
  return last.empty() || last.size() > readable ? "" : fmt::format(" after '{}'", last);
}

std::string TokenReader::found() const {
  switch (peek().kind) {
    case TokenKind::end_of_file: return std::string(end_name_);
    case TokenKind::newline: return "the end of the line";
    case TokenKind::string: return "a string";
    default: return fmt::format("'{}'", text(peek().span));
  }
}

void TokenReader::report(Span where, std::string message, std::vector<Note> notes) {
  diagnostics_.add(Error(std::move(message), location(where), std::move(notes)));
}

void TokenReader::fail(Span where, std::string message, std::vector<Note> notes) {
  report(where, std::move(message), std::move(notes));
  throw Abandoned{};
}

void TokenReader::fail_expected(std::string_view what, std::vector<Note> notes) {
  if (at(TokenKind::bad)) throw Abandoned{};
  fail(peek().span, fmt::format("expected {}, found {}", what, found()), std::move(notes));
}

void TokenReader::enter() {
  if (depth_ == max_depth) {
    fail(peek().span, fmt::format("too deeply nested: at most {} levels are allowed", max_depth));
  }
  ++depth_;
}

Faulty TokenReader::bound_from(std::size_t position) const {
  Faulty bound;
  const bool definition = tokens_[position].kind == TokenKind::word_def;
  for (std::size_t i = position;; ++i) {
    const Token& token = tokens_[i];
    switch (token.kind) {
      case TokenKind::name:
        bound.names.push_back({std::string(text(token.span)), token.span});
        break;
      case TokenKind::open_bracket:
        if (!bound.names.empty() && i > position && tokens_[i - 1].kind == TokenKind::name) {
          bound.steps.push_back(std::move(bound.names.back()));
          bound.names.pop_back();
        }
        i = find_close(i + 1, 1);
        if (i-- == 0) return bound;
        break;
      case TokenKind::word_let:
      case TokenKind::word_def:
      case TokenKind::comma: break;
      case TokenKind::open_parenthesis: return definition ? bound : Faulty();
      default: return bound;
    }
  }
}

std::size_t TokenReader::find_close(std::size_t from, std::size_t depth) const {
  for (std::size_t i = from; !bounds(tokens_[i].kind); ++i) {
    if (opens(tokens_[i].kind)) ++depth;
    if (closes(tokens_[i].kind) && --depth == 0) return i + 1;
  }
  return 0;
}

void TokenReader::skip_statement() {
  const std::size_t open_brackets = std::exchange(brackets_, 0);
  if (open_brackets > 0) {
    const std::size_t after = find_close(position_, open_brackets);
    // An unclosed bracket swallowed the lines after it: what begins this line is a statement.
    if (after == 0 && tokens_[position_ - 1].kind == TokenKind::newline) return;
    if (after != 0) position_ = after;
  }
  while (!at(TokenKind::newline) && !at(TokenKind::semicolon) && !bounds(peek().kind)) {
    const std::size_t after = opens(peek().kind) ? find_close(position_ + 1, 1) : 0;
    position_ = after != 0 ? after : position_ + 1;
  }
}

void TokenReader::skip_block() {
  for (std::size_t depth = 1; depth > 0 && !at(TokenKind::end_of_file); ++position_) {
    if (at(TokenKind::open_brace)) ++depth;
    if (at(TokenKind::close_brace)) --depth;
  }
}

bool TokenReader::closes_from_here(std::size_t open_blocks) const {
  const auto rest = tokens_.begin() + static_cast<std::ptrdiff_t>(position_);
  const auto opening = std::count_if(
      rest, tokens_.end(), [](const Token& token) { return token.kind == TokenKind::open_brace; });
  const auto closing = std::count_if(
      rest, tokens_.end(), [](const Token& token) { return token.kind == TokenKind::close_brace; });
  return closing - opening == static_cast<std::ptrdiff_t>(open_blocks);
}

}  // namespace unfold::syntax
