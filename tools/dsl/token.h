#pragma once

#include <cstdint>
#include <string_view>

#include "tools/dsl/source.h"

namespace unfold::syntax {

/// Words that are never names have a kind each. Words such as `data`, `metric` or `init` are Name
/// tokens: they open a statement only where the parser finds them at its start.
enum class TokenKind : std::uint8_t {
  end_of_file,
  newline,
  bad,  ///< already reported by the lexer
  name,
  number,
  string,
  // words
  word_and,
  word_def,
  word_else,
  word_false,
  word_for,
  word_if,
  word_in,
  word_let,
  word_not,
  word_or,
  word_repeat,
  word_return,
  word_true,
  // signs
  plus,
  minus,
  star,
  star_star,
  slash,
  slash_slash,
  percent,
  at,
  equal,
  equal_equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  comma,
  colon,
  semicolon,
  dot_dot,
  open_parenthesis,
  close_parenthesis,
  open_bracket,
  close_bracket,
  open_brace,
  close_brace,
};

/// A piece of the text. The value of a name, number or string is read from the text itself.
struct Token {
  TokenKind kind = TokenKind::end_of_file;
  Span span;
};

/// How a word or a sign is written; empty for the kinds that stand for many texts.
std::string_view spelling(TokenKind kind);

/// The kind of a word of the language, `name` for any other word.
TokenKind word_kind(std::string_view text);

/// The kind of the longest sign that `text` begins with, `bad` if it begins with none.
TokenKind sign_kind(std::string_view text);

}  // namespace unfold::syntax
