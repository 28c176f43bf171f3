#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tools/dsl/ast.h"
#include "tools/dsl/diagnostic.h"
#include "tools/dsl/token.h"

namespace unfold::syntax {

/// Thrown inside the parser once an error has been reported; caught where the statement ends.
struct Abandoned {};

/// The parser's place in the tokens of one source: looking ahead, expecting, failing and finding
/// the end of a failed statement. Between brackets newlines do not count.
class TokenReader {
 public:
  /// Blocks, brackets and prefix operators may nest this deep, and so may an expression's tree.
  static constexpr std::uint32_t max_depth = 200;

  /// `end_name` is what messages call the end of the text.
  TokenReader(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics,
              std::string_view end_name);

  const Token& peek() const { return tokens_[position_]; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool at_any(std::initializer_list<TokenKind> kinds) const;
  /// Whether the next token is this name; for words that are special only in places.
  bool at_name(std::string_view text) const;
  /// The kind after the next token.
  TokenKind kind_after() const;
  /// The kind of the next token that is no newline.
  TokenKind kind_past_newlines() const;
  std::size_t position() const { return position_; }
  /// The names that the statement at a position binds, as far as its beginning tells.
  Faulty bound_from(std::size_t position) const;

  Token advance();
  bool accept(TokenKind kind);
  void skip_newlines();
  /// Skips newlines and semicolons.
  void skip_separators();
  /// Takes a token of this kind or fails with "expected {what}, found ...".
  Token expect(TokenKind kind, std::string_view what);
  /// Takes a name; `what` says of what, e.g. "a name after 'let'".
  Identifier expect_name(std::string_view what);

  /// Takes an opening bracket; newlines stop counting until `close`.
  Token open();
  /// Takes the bracket that closes `opening`; fails with a note that shows `opening`.
  Token close(const Token& opening, bool in_list);

  std::string_view text(Span span) const { return sources_.text(span); }
  Location location(Span span) const { return sources_.location(span); }
  /// From the beginning of `first` to the end of what was taken last.
  Span span_from(Span first) const { return join(first, last_); }
  /// " after '='" if that was taken last, empty at the beginning; for "expected a value{}".
  std::string after_last() const;
  /// The next token as a message names it.
  std::string found() const;

  void report(Span where, std::string message, std::vector<Note> notes = {});
  [[noreturn]] void fail(Span where, std::string message, std::vector<Note> notes = {});
  /// Fails at the next token; silently if the lexer has reported that token already.
  [[noreturn]] void fail_expected(std::string_view what, std::vector<Note> notes = {});

  /// Fails if nothing more may nest here.
  void enter();
  void leave() { --depth_; }

  /// After a failure: moves on to what ends the statement (newline, `;`, brace, end), without
  /// taking it. Brackets that do get closed are skipped whole.
  void skip_statement();
  /// Moves past the brace that closes an already taken `{`.
  void skip_block();
  /// Whether exactly `open_blocks` more braces close than open from here on.
  bool closes_from_here(std::size_t open_blocks) const;
  void skip_to_end() { position_ = tokens_.size() - 1; }
  bool full() const { return diagnostics_.full(); }

 private:
  /// Position after the bracket that brings `depth` to 0, or 0 if a brace or the end comes first.
  std::size_t find_close(std::size_t from, std::size_t depth) const;

  const Sources& sources_;
  Diagnostics& diagnostics_;
  std::string_view end_name_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  Span last_;
  std::size_t brackets_ = 0;
  std::uint32_t depth_ = 0;
};

/// One level of nesting for as long as it lives.
class Nesting {
 public:
  explicit Nesting(TokenReader& reader) : reader_(reader) { reader_.enter(); }
  ~Nesting() { reader_.leave(); }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  TokenReader& reader_;
};

}  // namespace unfold::syntax
